import { pause, startProcess, waitFor } from '@tonegrid/testing';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeBundle } from './bundle';
import { postBundle } from './rest-client';
import { dspsFile, startPlatform, startSimulator, type Platform, type RunningSimulator } from './sandbox';
import { acknowledgements, connect, upload, type Connected } from './sftp-client';

let simulator: RunningSimulator;
let platform: Platform;
let client: Connected | undefined;

beforeAll(async () => {
  platform = await startPlatform();
  simulator = await startSimulator({ PUBLIC_URL: platform.url, SIMULATOR_ACCEPT_DELAY_MS: '150', SIMULATOR_LIVE_DELAY_MS: '300' });
});
afterAll(async () => {
  client?.end();
  await simulator?.close();
  await platform?.close();
});

const enter = async (): Promise<Connected> => (client = await connect(simulator, 'spotify'));

it('kill -9 in the middle of an upload: the sender goes on in the same folder', async () => {
  const bundle = makeBundle(simulator.registry, 'spotify');
  const first = await enter();
  await first.mkdir(`/upload/${bundle.folder}`);
  await first.mkdir(`/upload/${bundle.folder}/resources`);
  const [[path, bytes]] = [...bundle.files] as [[string, Buffer]];
  await first.write(`/upload/${bundle.folder}/${path}.part`, bytes.subarray(0, 1000));
  await simulator.restart();
  const second = await enter();
  expect((await second.call<{ size: number }>('stat', `/upload/${bundle.folder}/${path}.part`)).size).toBe(1000);
  for (const [name, content] of bundle.files) {
    await second.write(`/upload/${bundle.folder}/${name}.part`, content);
    await second.rename(`/upload/${bundle.folder}/${name}.part`, `/upload/${bundle.folder}/${name}`);
  }
  await second.write(`/upload/${bundle.folder}/${bundle.messageName}`, bundle.xml);
  await second.write(`/upload/${bundle.folder}/${bundle.manifestName}`, bundle.manifest);
  await simulator.reached(bundle.messageId, 'live');
});

it('kill -9 at any moment after the manifest: each acknowledgement is there once in the end', async () => {
  // From before the manifest is noticed to after the last report, in steps: accepted at about 150 ms, live at about 450 ms.
  for (const wait of [0, 20, 150, 320]) {
    const bundle = makeBundle(simulator.registry, 'spotify');
    await upload(await enter(), bundle);
    await pause(wait);
    await simulator.restart();
    const delivery = await simulator.reached(bundle.messageId, 'live');
    expect(delivery).toMatchObject({ kind: 'new', duplicates: 0, fault: null });
    const acks = await acknowledgements(await enter(), bundle);
    expect(acks.map(({ verdict }) => verdict)).toEqual(['accepted', 'live']);
  }
  const journal = join(simulator.dataDir, 'journal', 'spotify');
  expect(readdirSync(journal).every((name) => name.endsWith('.json'))).toBe(true);
});

it('a callback that could not be delivered before kill -9 is delivered after it, under the same id', async () => {
  platform.answer = () => 503;
  const bundle = makeBundle(simulator.registry, 'audiomack');
  expect((await postBundle(simulator, bundle)).status).toBe(202);
  await waitFor(async () => ((await simulator.delivery(bundle.messageId))?.reports[0]?.attempts ?? 0) > 0, { what: 'a first attempt' });
  await simulator.restart();
  platform.answer = () => 200;
  await simulator.reached(bundle.messageId, 'live');
  expect(platform.told.filter(({ body }) => body.message_id === bundle.messageId).map(({ body }) => body.event_id)).toEqual([
    `${bundle.messageId}-accepted`,
    `${bundle.messageId}-live`,
  ]);
});

it('what a killed upload over REST left behind is cleared away', async () => {
  const folder = join(simulator.dataDir, 'rest', 'audiomack');
  mkdirSync(join(folder, '.arriving-0011'));
  await simulator.restart();
  expect(existsSync(join(folder, '.arriving-0011'))).toBe(false);
});

it('SIGTERM ends it with 0, in order, and a second process is kept out of the folder', async () => {
  const second = await startProcess({
    name: 'dsp-simulator-second',
    command: [process.execPath, join(__dirname, '..', 'src', 'main.js')],
    env: {
      TONEGRID_ENV: 'sandbox',
      INTERNAL_TOKEN: 'x'.repeat(32),
      DSPS_FILE: dspsFile,
      SIMULATOR_DATA_DIR: simulator.dataDir,
    },
  });
  expect(await second.exited).toBe(1);
  expect(second.logs()).toContain('is in use by process');
  expect(await simulator.process.stop()).toBe(0);
});
