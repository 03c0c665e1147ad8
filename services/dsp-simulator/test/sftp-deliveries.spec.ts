import { createValidator, type Validator } from '@tonegrid/ddex';
import { pause, waitFor } from '@tonegrid/testing';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeBundle, newIcpn, platform, type Bundle, type Wanted } from './bundle';
import { schemasDir, startSimulator, type RunningSimulator } from './sandbox';
import { acknowledgements, connect, upload, type Connected } from './sftp-client';

let simulator: RunningSimulator;
const connected = new Map<string, Connected>();

const as = async (user: string): Promise<Connected> => {
  const there = connected.get(user);
  if (there) return there;
  const client = await connect(simulator, user);
  connected.set(user, client);
  return client;
};
const userOf = (bundle: Bundle): string => (bundle.dsp.endpoint as { username: string }).username;

/** Makes and uploads a bundle; `change` spoils it. */
async function deliver(slug: string, wanted: Wanted = {}, change?: (bundle: Bundle) => void): Promise<Bundle> {
  const bundle = makeBundle(simulator.registry, slug, wanted, change);
  await upload(await as(userOf(bundle)), bundle);
  return bundle;
}
const acksOf = async (bundle: Bundle) => acknowledgements(await as(userOf(bundle)), bundle);

beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(async () => {
  for (const client of connected.values()) client.end();
  await simulator?.close();
});

describe('a delivery over SFTP', () => {
  it('is checked, accepted, and later live under the DSP’s own id', async () => {
    const bundle = await deliver('spotify');
    const delivery = await simulator.reached(bundle.messageId, 'live');
    expect(delivery).toMatchObject({ dsp: 'spotify', kind: 'new', icpn: bundle.icpn, duplicates: 0, fault: null });
    expect(delivery.files.map(({ path }) => path).sort()).toEqual([...bundle.files.keys()].sort());
    expect(delivery.schema).toBe(schemasDir ? 'checked' : 'not installed');
    expect(delivery.xml).toBe(bundle.xml);
    const [accepted, live, ...rest] = await acksOf(bundle);
    expect(rest).toEqual([]);
    expect(accepted).toMatchObject({ status: 'FileOK', verdict: 'accepted', releaseId: bundle.icpn });
    expect(accepted!.senderDpid).toBe(simulator.registry.recipientDpid(bundle.dsp));
    expect(live).toMatchObject({ status: 'ReleaseMadeAvailableToConsumers', verdict: 'live' });
    const [id] = live!.affected[0]!.proprietaryIds;
    expect(delivery.dsp_release_id).toBe(`spotify:album:${id!.value}`);
    expect(id!.namespace).toBe(simulator.registry.recipientDpid(bundle.dsp));
  });

  it('in a batch for a partner’s DSP is answered in that DSP’s folder', async () => {
    const bundle = await deliver('neteasecloudmusic');
    await simulator.reached(bundle.messageId, 'live');
    expect((await acksOf(bundle)).map(({ verdict, releaseId }) => [verdict, releaseId])).toEqual([
      ['accepted', bundle.icpn],
      ['live', bundle.icpn],
    ]);
    expect(await (await as('chinafeed')).list('/ack/qqmusic')).toEqual([]);
  });

  it('waits for its manifest, and a half-written one is none', async () => {
    const bundle = makeBundle(simulator.registry, 'deezer');
    const client = await as('deezer');
    await upload(client, bundle, { withManifest: false });
    await client.write(`/upload/${bundle.folder}/${bundle.manifestName}.part`, bundle.manifest);
    await pause(200);
    expect(await simulator.delivery(bundle.messageId)).toBeNull();
    await client.rename(`/upload/${bundle.folder}/${bundle.manifestName}.part`, `/upload/${bundle.folder}/${bundle.manifestName}`);
    await simulator.reached(bundle.messageId, 'live');
  });

  it('of the same release is an update, may leave the files out, and keeps the id', async () => {
    const icpn = newIcpn();
    const first = await simulator.reached((await deliver('tidal', { icpn })).messageId, 'live');
    const update = await simulator.reached((await deliver('tidal', { icpn, message: { includesFiles: false } })).messageId, 'live');
    expect(update).toMatchObject({ kind: 'update', dsp_release_id: first.dsp_release_id, files: [] });
  });

  it('without files of a release never seen is rejected', async () => {
    const bundle = await deliver('tidal', { message: { includesFiles: false } });
    expect((await simulator.reached(bundle.messageId, 'rejected')).fault).toMatchObject({ status: 'ResourceMissing' });
  });

  it('whose deals have ended takes the release down', async () => {
    const icpn = newIcpn();
    await simulator.reached((await deliver('qobuz', { icpn })).messageId, 'live');
    const at = new Date(Date.now() - 1000).toISOString();
    const bundle = await deliver('qobuz', { icpn, message: { includesFiles: false, takedown: { strategy: 'end_deals', at } } });
    expect(await simulator.reached(bundle.messageId, 'taken_down')).toMatchObject({ kind: 'takedown' });
    expect((await acksOf(bundle)).map(({ verdict }) => verdict)).toEqual(['accepted', 'taken_down']);
    const again = await deliver('qobuz', { icpn });
    expect(await simulator.reached(again.messageId, 'live')).toMatchObject({ kind: 'new' });
  });

  it('that purges takes down where purges are taken, and is refused where they are not', async () => {
    const taken = await deliver('qobuz', { purge: true });
    expect(await simulator.reached(taken.messageId, 'taken_down')).toMatchObject({ kind: 'takedown' });
    const refused = await deliver('spotify', { purge: true });
    expect((await simulator.reached(refused.messageId, 'rejected')).fault!.text).toContain('PurgeReleaseMessage');
  });

  it('that is a test is acknowledged and never live', async () => {
    const bundle = await deliver('spotify', { isTest: true });
    await simulator.reached(bundle.messageId, 'accepted');
    await pause(200);
    expect((await acksOf(bundle)).map(({ verdict }) => verdict)).toEqual(['accepted']);
  });

  it('that comes twice is counted and nothing is done twice', async () => {
    const bundle = await deliver('amazonmusic');
    await simulator.reached(bundle.messageId, 'live');
    const before = await acksOf(bundle);
    const again = { ...bundle, folder: bundle.folder.replace(/\d{3}$/, '999'), messageFolder: bundle.folder.replace(/\d{3}$/, '999') };
    again.manifestName = `BatchComplete_${again.folder.slice(2)}.xml`;
    await upload(await as('amazonmusic'), again);
    await waitFor(async () => (await simulator.delivery(bundle.messageId))?.duplicates === 1, { what: 'the duplicate being counted' });
    await pause(150);
    expect(await acksOf(bundle)).toEqual(before);
    expect(readdirSync(join(simulator.dataDir, 'journal', 'amazonmusic'))).toHaveLength(1);
  });
});

describe('a faulty delivery is rejected', () => {
  const cases: [name: string, status: string, says: RegExp, wanted: Wanted, change: (bundle: Bundle) => void][] = [
    ['whose file is missing', 'ResourceMissing', /_01_002\.wav|resources\//, {}, ({ files }) => void files.delete([...files.keys()][1]!)],
    [
      'whose file differs from its MD5',
      'SignatureOrHashSumWrongOrMissing',
      /has the MD5/,
      {},
      ({ files }) => void files.set([...files.keys()][0]!, Buffer.from([...files.values()][0]!).fill(1, 100, 200)),
    ],
    ['whose file is empty', 'ResourceCorrupt', /empty/, {}, ({ files }) => void files.set([...files.keys()][0]!, Buffer.alloc(0))],
    [
      'with a file that the message does not name',
      'NewReleaseMessageInvalid',
      /stray\.wav/,
      {},
      ({ files }) => void files.set('resources/stray.wav', Buffer.from('x')),
    ],
    ['for another DSP', 'NewReleaseMessageInvalid', /is for PADPIDASANDBOX002L/, { recipient: 'PADPIDASANDBOX002L' }, () => undefined],
    [
      'with a dangling reference',
      'NewReleaseMessageInvalid',
      /line \d+/,
      {},
      (bundle) => void (bundle.xml = bundle.xml.replace(/<ReleaseResourceReference>[^<]*/, '<ReleaseResourceReference>A404')),
    ],
    [
      'of another ERN version',
      'NewReleaseMessageInvalid',
      /ERN 4\.2/,
      {},
      (bundle) => void (bundle.xml = bundle.xml.replace('xml/ern/43', 'xml/ern/42')),
    ],
    ['that is not XML', 'NewReleaseMessageInvalid', /cannot be read/, {}, (bundle) => void (bundle.xml = 'PK\u0003\u0004 not xml')],
    [
      'with a DOCTYPE',
      'NewReleaseMessageInvalid',
      /DOCTYPE/,
      {},
      (bundle) => void (bundle.xml = bundle.xml.replace('?>', '?><!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>')),
    ],
    [
      'whose message has another id than the manifest says',
      'NewReleaseMessageInvalid',
      /calls itself TG-other/,
      {},
      (bundle) => void (bundle.xml = bundle.xml.replace(/<MessageId>[^<]*/, '<MessageId>TG-other')),
    ],
    [
      'whose title asks for it',
      'NoDealForTrackRelease',
      /asks for a rejection/,
      { title: 'Lagos [reject:NoDealForTrackRelease]' },
      () => undefined,
    ],
  ];
  it.each(cases)('%s', async (_name, status, says, wanted, change) => {
    const bundle = await deliver('spotify', wanted, change);
    const delivery = await simulator.reached(bundle.messageId, 'rejected');
    expect(delivery.fault).toMatchObject({ status });
    expect(delivery.fault!.text).toMatch(says);
    const acks = await acksOf(bundle);
    expect(acks).toHaveLength(1);
    expect(acks[0]).toMatchObject({ status, verdict: 'rejected', errorText: delivery.fault!.text });
  });

  it('and names the recording of a missing file', async () => {
    const bundle = await deliver('spotify', {}, ({ files }) => void files.delete([...files.keys()].find((path) => path.endsWith('.wav'))!));
    await simulator.reached(bundle.messageId, 'rejected');
    expect((await acksOf(bundle))[0]!.affected).toEqual([{ isrc: 'NGTON2600001', proprietaryIds: [] }]);
  });

  it('when its manifest gives a wrong MD5 of the message, or a place outside its folder', async () => {
    const wrong = await deliver('spotify', {}, (bundle) => {
      const { manifest } = makeBundle(simulator.registry, 'spotify', { icpn: bundle.icpn, message: { id: bundle.messageId } });
      bundle.manifest = manifest
        .replace(/\/upload\/[^<]*/, `/upload/${bundle.folder}`)
        .replace(/TG_spotify[^<]*/, bundle.messageName)
        .replace(/[0-9a-f]{32}(?=<\/HashSum>)/, '0'.repeat(32));
    });
    expect((await simulator.reached(wrong.messageId, 'rejected')).fault).toMatchObject({ status: 'SignatureOrHashSumWrongOrMissing' });
    const outside = await deliver('spotify', {}, (bundle) => {
      const { manifest } = makeBundle(simulator.registry, 'spotify', { icpn: bundle.icpn, message: { id: bundle.messageId } });
      bundle.manifest = manifest.replace(/<URL>[^<]*/, '<URL>../../../../etc/passwd');
    });
    expect((await simulator.reached(outside.messageId, 'rejected')).fault).toMatchObject({ status: 'ErnMissing' });
  });

  it('when its manifest is broken, as long as the message tells its id', async () => {
    const bundle = await deliver('spotify', {}, (spoiled) => void (spoiled.manifest = '<broken'));
    expect((await simulator.reached(bundle.messageId, 'rejected')).fault!.text).toContain('manifest');
  });
});

describe('magic words', () => {
  it('[fail-upload:2] lets the message fail twice', async () => {
    const bundle = makeBundle(simulator.registry, 'kkbox', { title: 'Lagos [fail-upload:2]' });
    const client = await as('kkbox');
    await expect(upload(client, bundle)).rejects.toThrow('fail-upload');
    const path = `/upload/${bundle.folder}/${bundle.messageName}`;
    await expect(client.rename(`${path}.part`, path)).rejects.toThrow('fail-upload');
    await client.rename(`${path}.part`, path);
    await client.write(`/upload/${bundle.folder}/${bundle.manifestName}`, bundle.manifest);
    await simulator.reached(bundle.messageId, 'live');
  });

  it('[late-reject] is accepted, then contradicted', async () => {
    const bundle = await deliver('kkbox', { title: 'Lagos [late-reject]' });
    await simulator.reached(bundle.messageId, 'rejected');
    expect((await acksOf(bundle)).map(({ status }) => status)).toEqual(['FileOK', 'RightsConflict']);
  });

  it('[never-live] stays accepted, [silent] is never answered', async () => {
    const never = await deliver('kkbox', { title: 'Lagos [never-live]' });
    const silent = await deliver('kkbox', { title: 'Lagos [silent]' });
    await simulator.reached(never.messageId, 'accepted');
    await simulator.reached(silent.messageId, 'checked');
    await pause(200);
    expect((await acksOf(never)).map(({ verdict }) => verdict)).toEqual(['accepted']);
    expect(await acksOf(silent)).toEqual([]);
  });
});

(schemasDir ? it : it.skip)('every acknowledgement is valid by the choreography’s schema', async () => {
  const validator: Validator = createValidator({ schemasDir });
  try {
    const client = await as('spotify');
    const names = await client.list('/ack');
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) {
      const xml = await client.read(`/ack/${name}`);
      expect(xml.toString()).toContain(platform.dpid);
      expect(await validator.validate(xml)).toMatchObject({ valid: true, schema_checked: true });
    }
  } finally {
    await validator.close();
  }
});
