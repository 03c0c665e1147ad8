import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { dpidCheckCharacter, dpidProblem, loadRegistry, RegistryInvalid } from './index';
import { fillVariables } from './variables';

const folder = mkdtempSync(join(tmpdir(), 'dsps-'));
afterAll(() => rmSync(folder, { recursive: true }));

const spotify = () => ({
  id: 1,
  slug: 'spotify',
  slug_parts: ['spotify'],
  name: 'Spotify',
  dpid: 'PADPIDA2011072101T' as string | null,
  sandbox_dpid: 'PADPIDASANDBOX001N',
  ern_version: '4.3',
  avs_version: 3,
  delivery_method: 'ddex_sftp_direct',
  distribution_method: 'ddex_ern',
  ingestion_protocol: 'sftp',
  certification_level: null,
  supports_atmos: true,
  supports_video: false,
  territory_set: 'global',
  avg_delivery_days: 1,
  takedown_strategy: 'end_deals',
  accepts_purge: false,
  choreography: 'release_by_release',
  priority: 'N',
  sftp: {
    host: '${DSP_HOST:-127.0.0.1}',
    port: 22,
    username: 'us',
    password_env: 'DSP_PASSWORD',
    host_key_env: 'DSP_HOST_KEY',
    upload_folder: '/in',
  },
  acknowledgement: { by: 'folder', folder: '/ack', key_env: 'DSP_ACK' },
});
const load = (dsps: unknown[], more: object = {}, env: NodeJS.ProcessEnv = { TONEGRID_ENV: 'sandbox' }, deliver = false) => {
  const path = join(folder, 'dsps.yaml');
  writeFileSync(path, stringify({ territory_sets: { global: 'worldwide' }, dsps, ...more }));
  return loadRegistry(path, env, { deliver });
};
const problems = (dsps: unknown[], more?: object, env?: NodeJS.ProcessEnv, deliver?: boolean) => {
  try {
    load(dsps, more, env, deliver);
  } catch (error) {
    if (error instanceof RegistryInvalid) return error.problems.map((p) => `${p.dsp}: ${p.field}: ${p.message}`);
    throw error;
  }
  return [];
};

describe('loading the DSP registry', () => {
  it('accepts a file that is right', () => {
    expect(load([spotify()]).all).toHaveLength(1);
  });

  it.each<[string, object, string]>([
    [
      'a DPID with a wrong check character',
      { dpid: 'PADPIDA2011072101A' },
      'spotify: dpid: "PADPIDA2011072101A" has a wrong check character (T expected)',
    ],
    ['a DPID with hyphens', { dpid: 'PA-DPIDA-2011072101-T' }, 'spotify: dpid: "PA-DPIDA-2011072101-T" is not a DPID'],
    ['a sandbox DPID that could be real', { sandbox_dpid: 'PADPIDA2011072101T' }, 'spotify: sandbox_dpid: must begin with PADPIDASANDBOX'],
    ['an unknown ERN version', { ern_version: '4.4' }, 'spotify: ern_version: Invalid option'],
    ['a slug with separators', { slug: 'spot_ify' }, 'spot_ify: slug: must be lower-case letters and digits only'],
    ['slug parts that spell something else', { slug_parts: ['spot', 'fy'] }, 'spotify: slug_parts: do not spell "spotify"'],
    ['a misspelt field', { support_atmos: true }, 'spotify: support_atmos: Unrecognized key'],
    ['a territory set that is not there', { territory_set: 'mars' }, 'spotify: territory_set: "mars" is not one of territory_sets'],
    ['an acceptance set that is not there', { acceptance: 'lenient' }, 'spotify: acceptance: "lenient" is not one of acceptance_sets'],
    ['an SFTP DSP without an SFTP endpoint', { sftp: undefined }, 'spotify: sftp: is required for ddex_sftp_direct'],
    ['an endpoint of the other kind', { rest: { url: 'http://x', token_env: 'T' } }, 'spotify: rest: has no place in ddex_sftp_direct'],
    [
      'a partner that is not there',
      { delivery_method: 'partner_routed', sftp: undefined, partner: 'who' },
      'spotify: partner: "who" is not one of partners',
    ],
    [
      'a folder that climbs',
      { acknowledgement: { by: 'folder', folder: '/ack/../..', key_env: 'K' } },
      'spotify: acknowledgement.folder: must not climb up',
    ],
    ['purging where no purge is taken', { takedown_strategy: 'purge' }, 'spotify: takedown_strategy: is purge, which accepts_purge denies'],
    [
      'a secret in the place of its name',
      { sftp: { ...spotify().sftp, password_env: 'hunter2' } },
      'spotify: sftp.password_env: is not the name of an environment variable',
    ],
    [
      'a variable without a value or default',
      { sftp: { ...spotify().sftp, host: '${NOWHERE}' } },
      'spotify: sftp.host: NOWHERE is not set',
    ],
    [
      'a reference that is not closed',
      { sftp: { ...spotify().sftp, host: '${NOWHERE' } },
      'spotify: sftp.host: "${NOWHERE" has a reference that is not closed',
    ],
    ['a port that is none', { sftp: { ...spotify().sftp, port: '70000' } }, 'spotify: sftp.port: "70000" is not a port'],
  ])('refuses %s, naming the DSP and the field', (_, change, expected) => {
    expect(problems([{ ...spotify(), ...change }])).toEqual(expect.arrayContaining([expect.stringContaining(expected)]));
  });

  it('refuses two DSPs with one slug or one id', () => {
    expect(problems([spotify(), spotify()])).toEqual(["spotify: slug: spotify is also spotify's", "spotify: id: 1 is also spotify's"]);
  });

  it('refuses a territory set with a code that is not assigned', () => {
    expect(problems([spotify()], { territory_sets: { global: 'worldwide', odd: ['US', 'UK'] } })).toEqual([
      'file: territory_sets.odd: not ISO 3166-1: UK',
    ]);
  });

  it('refuses acceptance rules that are none, or contradict themselves', () => {
    const set = (rules: object) => problems([spotify()], { acceptance_sets: { common: { source: ['us'], ...rules } } });
    expect(set({ artwork: { min_px: 3000, max_px: 1400 } })).toEqual([
      'file: acceptance_sets.common.artwork.min_px: is more than max_px, 1400',
    ]);
    expect(set({ artwork: { min_px: 3000, asked_px: 1400 } })).toEqual([
      'file: acceptance_sets.common.artwork.asked_px: is less than min_px, 3000',
    ]);
    expect(set({ like: 'whom' })).toEqual(['file: acceptance_sets.common.like: "whom" is not one of acceptance_sets']);
    expect(set({ like: 'common' })).toEqual(['file: acceptance_sets.common.like: "common" is itself like another set']);
    expect(set({ titles: { marketing: ['new'] } })[0]).toMatch(/acceptance_sets\.common\.titles: Unrecognized key/);
    expect(set({ artwork: { formats: ['BMP'] } })[0]).toMatch(/acceptance_sets\.common\.artwork\.formats\.0: Invalid option/);
    expect(set({ source: [] })[0]).toMatch(/acceptance_sets\.common\.source/);
  });

  it('completes acceptance rules by those of the set that they are like', () => {
    const registry = load([{ ...spotify(), acceptance: 'strict' }], {
      acceptance_sets: {
        common: { source: ['us'], artwork: { min_px: 1400, square: true }, audio: { min_bit_depth: 16 } },
        strict: { like: 'common', source: ['them'], artwork: { min_px: 3000 } },
      },
    });
    expect(registry.acceptanceRules(registry.get('spotify')!)).toEqual({
      source: ['them'],
      artwork: { min_px: 3000, square: true },
      audio: { min_bit_depth: 16 },
    });
    expect(load([spotify()]).acceptanceRules(load([spotify()]).get('spotify')!)).toBeNull();
  });

  it('refuses plain http to a DSP in production', () => {
    const { sftp: _, ...row } = spotify();
    const rest = {
      ...row,
      delivery_method: 'ddex_rest_direct',
      ingestion_protocol: 'https',
      acknowledgement: { by: 'callback', key_env: 'DSP_ACK' },
      rest: { url: '${DSP_URL}', token_env: 'DSP_TOKEN' },
    };
    expect(problems([rest], {}, { TONEGRID_ENV: 'production', DSP_URL: 'http://dsp.example' })).toEqual([
      'spotify: rest.url: must be https in production',
    ]);
    expect(problems([rest], {}, { TONEGRID_ENV: 'production', DSP_URL: 'ftp://dsp.example' })).toEqual([
      'spotify: rest.url: "ftp://dsp.example" is not an http(s) address',
    ]);
  });

  it('tells all that production lacks in one go, and starts when it is given', () => {
    const complete = { TONEGRID_ENV: 'production', DSP_HOST: 'sftp.dsp.example', DSP_PASSWORD: 'p', DSP_HOST_KEY: 'SHA256:k' };
    expect(problems([{ ...spotify(), dpid: null }], {}, { TONEGRID_ENV: 'production' }, true)).toEqual([
      'spotify: sftp.host: DSP_HOST is not set',
      'spotify: dpid: is null; fill it in, or set active: false',
      'spotify: sftp.password_env: neither DSP_PASSWORD nor a private key is set',
      'spotify: sftp.host_key_env: DSP_HOST_KEY is not set',
    ]);
    const registry = load([spotify()], {}, complete, true);
    expect(registry.sftpCredentials(registry.get('spotify')!)).toEqual({
      username: 'us',
      password: 'p',
      private_key: undefined,
      host_key: 'SHA256:k',
    });
    expect(problems([{ ...spotify(), dpid: null, active: false }], {}, { TONEGRID_ENV: 'production' }, true)).toEqual([]);
  });

  it('leaves an inactive DSP out of everything', () => {
    const registry = load([spotify(), { ...spotify(), id: 2, slug: 'tidal', slug_parts: ['tidal'], active: false }]);
    expect(registry.get('tidal')).toBeUndefined();
    expect(registry.summary().total_active).toBe(1);
  });

  it('refuses a file that is missing, no YAML, or empty of DSPs', () => {
    expect(() => loadRegistry(join(folder, 'none.yaml'), { TONEGRID_ENV: 'sandbox' })).toThrow(RegistryInvalid);
    writeFileSync(join(folder, 'bad.yaml'), 'dsps: [');
    expect(() => loadRegistry(join(folder, 'bad.yaml'), { TONEGRID_ENV: 'sandbox' })).toThrow(RegistryInvalid);
    expect(() => load([])).toThrow('file: dsps');
    expect(() => loadRegistry(join(folder, 'dsps.yaml'), {})).toThrow('TONEGRID_ENV must be sandbox or production');
  });
});

describe('DPIDs', () => {
  it('carry a check character that every published one satisfies', () => {
    for (const dpid of ['PADPIDA2011072101T', 'PADPIDA2013020802I', 'PADPIDA2007050901U', 'PADPIDA202401120D9'])
      expect(dpidProblem(dpid)).toBeNull();
    expect(dpidCheckCharacter('PADPIDA2011072101')).toBe('T');
  });
});

describe('variables', () => {
  it('take a default that holds a reference itself', () => {
    expect(fillVariables('a ${X:-${Y:-b}} c', {}, true)).toEqual({ text: 'a b c' });
    expect(fillVariables('a ${X:-${Y:-b}} c', { Y: 'y' }, true)).toEqual({ text: 'a y c' });
    expect(fillVariables('${X}${Z:-1}', {}, false)).toEqual({ missing: ['X', 'Z'] });
  });

  it('are not filled a second time from a value', () => {
    expect(fillVariables('${X}', { X: '${SECRET}', SECRET: 's' }, true)).toEqual({ text: '${SECRET}' });
  });
});
