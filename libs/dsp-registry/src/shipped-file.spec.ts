import { join } from 'node:path';
import { canonicalSlug, distributionRow, dspEventTypes, hyphenSlug, loadRegistry, supplyChainRow, underscoreSlug } from './index';

const path = join(__dirname, '../../../../deploy/dsps.yaml');
const sandbox = { TONEGRID_ENV: 'sandbox', INTERNAL_TOKEN: 'x'.repeat(32) };

describe('deploy/dsps.yaml', () => {
  const registry = loadRegistry(path, sandbox, { deliver: true });

  it('has the 24 DSPs that the reference counts', () => {
    expect(registry.summary()).toEqual({ total_active: 24, direct_ddex_sftp: 18, direct_ddex_rest: 4, partner_routed: 2 });
  });

  it('begins GET /supply-chain/dsps with the three rows of the reference', () => {
    expect(JSON.stringify(registry.all.slice(0, 3).map(supplyChainRow))).toBe(
      JSON.stringify([
        {
          slug: 'spotify',
          name: 'Spotify',
          delivery_method: 'ddex_sftp_direct',
          ddex_ern_version: '4.3',
          certification_level: 'preferred_provider_platinum',
          supports_atmos: true,
          supports_video: false,
          territory_set: 'global',
        },
        {
          slug: 'applemusic',
          name: 'Apple Music',
          delivery_method: 'ddex_sftp_direct',
          ddex_ern_version: '4.3',
          certification_level: 'certified',
          supports_atmos: true,
          supports_video: true,
          territory_set: 'global',
        },
        {
          slug: 'youtubemusic',
          name: 'YouTube Music',
          delivery_method: 'ddex_rest_direct',
          ddex_ern_version: '4.3',
          certification_level: 'certified',
          supports_atmos: false,
          supports_video: true,
          territory_set: 'global',
        },
      ]),
    );
  });

  it('begins GET /distribution/dsps with the five rows of the reference', () => {
    expect(JSON.stringify(registry.byId.slice(0, 5).map(distributionRow))).toBe(
      JSON.stringify([
        { id: 1, name: 'Spotify', slug: 'spotify', delivery_method: 'ddex_ern', avg_delivery_days: 1 },
        { id: 2, name: 'Apple Music', slug: 'apple_music', delivery_method: 'ddex_ern', avg_delivery_days: 3 },
        { id: 3, name: 'Boomplay', slug: 'boomplay', delivery_method: 'ddex_ern', avg_delivery_days: 2 },
        { id: 4, name: 'Audiomack', slug: 'audiomack', delivery_method: 'direct_api', avg_delivery_days: 1 },
        { id: 5, name: 'YouTube Music', slug: 'youtube_music', delivery_method: 'ddex_ern', avg_delivery_days: 5 },
      ]),
    );
  });

  it('finds a DSP by every spelling of its slug', () => {
    for (const spelling of ['apple_music', 'apple-music', 'applemusic', 'AppleMusic', 'Apple Music'])
      expect(registry.get(spelling)?.id).toBe(2);
    for (const spelling of ['', 'apple/music', 'apple.music', 'constructor', 'applemusi\u212a'])
      expect(registry.get(spelling)).toBeUndefined();
    for (const dsp of registry.all) {
      expect(canonicalSlug(underscoreSlug(dsp))).toBe(dsp.slug);
      expect(canonicalSlug(hyphenSlug(dsp))).toBe(dsp.slug);
    }
    expect(hyphenSlug(registry.get('youtubemusic')!)).toBe('youtube-music');
  });

  it('names the events of a DSP with its canonical slug', () => {
    expect(dspEventTypes(registry.get('youtube-music')!)).toContain('release.dsp.youtubemusic.live');
  });

  it('takes no purge at Spotify and purges at Audius', () => {
    expect(registry.get('spotify')).toMatchObject({ accepts_purge: false, takedown_strategy: 'end_deals', dpid: 'PADPIDA2011072101T' });
    expect(registry.get('audius')).toMatchObject({ accepts_purge: true, takedown_strategy: 'purge' });
  });

  it('lets the sandbox stand in for a DPID that is not filled in, and only the sandbox', () => {
    expect(registry.recipientDpid(registry.get('spotify')!)).toBe('PADPIDA2011072101T');
    expect(registry.recipientDpid(registry.get('tidal')!)).toMatch(/^PADPIDASANDBOX/);
    const production = loadRegistry(path, { TONEGRID_ENV: 'production' });
    expect(() => production.recipientDpid(production.get('tidal')!)).toThrow('DSP "tidal": dpid is not filled in');
  });

  it('points at the simulator in the sandbox, wherever that is, and never at a real DSP', () => {
    const spotify = loadRegistry(path, { ...sandbox, SIMULATOR_SFTP_PORT: '2222', DSP_SPOTIFY_SFTP_HOST: 'sftp.example.com' }).get(
      'spotify',
    )!;
    expect(spotify.endpoint).toMatchObject({ kind: 'sftp', host: '127.0.0.1', port: 2222, username: 'spotify' });
    const youtube = loadRegistry(path, { ...sandbox, SIMULATOR_HOST: 'simulator' }).get('youtubemusic')!;
    expect(youtube.endpoint).toMatchObject({ kind: 'rest', url: 'http://simulator:50061/youtubemusic' });
    expect(registry.get('qqmusic')).toMatchObject({ partner: { slug: 'chinafeed' }, endpoint: { kind: 'sftp', username: 'chinafeed' } });
  });

  it('gives both ends of the sandbox the same secrets, different for each DSP and each token', () => {
    const again = loadRegistry(path, sandbox);
    const password = (of: typeof registry, slug: string) => of.sftpCredentials(of.get(slug)!).password;
    expect(password(registry, 'spotify')).toHaveLength(43);
    expect(password(again, 'spotify')).toBe(password(registry, 'spotify'));
    expect(password(registry, 'deezer')).not.toBe(password(registry, 'spotify'));
    const other = loadRegistry(path, { ...sandbox, INTERNAL_TOKEN: 'y'.repeat(32) });
    expect(password(other, 'spotify')).not.toBe(password(registry, 'spotify'));
    expect(registry.restToken(registry.get('tiktok')!)).not.toBe(registry.acknowledgementKey(registry.get('tiktok')!));
  });

  it('lets a service that does not deliver start in production, and refuses the one that does until all is set', () => {
    const production = loadRegistry(path, { TONEGRID_ENV: 'production' });
    expect(production.get('spotify')!.endpoint).toBeNull();
    expect(() => loadRegistry(path, { TONEGRID_ENV: 'production' }, { deliver: true })).toThrow(
      /spotify: sftp\.host: DSP_SPOTIFY_SFTP_HOST is not set.*applemusic: dpid: is null/s,
    );
  });

  it('operates everywhere or in named territories', () => {
    expect(registry.territoriesOf(registry.get('spotify')!)).toBe('worldwide');
    expect(registry.territoriesOf(registry.get('awa')!)).toEqual(['JP']);
  });

  it('knows what every DSP asks of a delivery, and who says so', () => {
    const asked = (slug: string) => registry.acceptanceRules(registry.get(slug)!);
    for (const dsp of registry.all) expect(registry.acceptanceRules(dsp)!.source[0]).toMatch(/./);
    expect(asked('spotify')).toMatchObject({
      artwork: { min_px: 640, asked_px: 3000, square: true },
      titles: { casing: 'mixed', featured_artists: false },
    });
    expect(asked('applemusic')).toMatchObject({ artwork: { min_px: 3000, formats: ['JPEG', 'PNG'] } });
    expect(asked('tidal')!.titles!.marketing_words).toContain('exclusive');
  });
});
