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
  // One kill meets deliveries of every age: just noticed, being checked, waiting for the first report (150 ms) or the second (450 ms), done.
  for (const last of [0, 15]) {
    const to = await enter();
    const bundles = [];
    for (const wait of [120, 90, 70, 50, 40, 30, 20, last]) {
      const bundle = makeBundle(simulator.registry, 'spotify');
      bundles.push(bundle);
      await upload(to, bundle);
      await pause(wait);
    }
    await simulator.restart();
    for (const bundle of bundles)
      expect(await simulator.reached(bundle.messageId, 'live')).toMatchObject({ kind: 'new', duplicates: 0, fault: null });
    const back = await enter();
    for (const bundle of bundles) {
      const acks = await acknowledgements(back, bundle);
      expect(acks.map(({ verdict }) => verdict)).toEqual(['accepted', 'live']);
    }
  }
  expect(readdirSync(join(simulator.dataDir, 'journal', 'spotify')).every((name) => name.endsWith('.json'))).toBe(true);
});

it('a callback that could not be delivered before kill -9 is delivered after it, under the same id, and half an upload is cleared away', async () => {
  platform.answer = () => 503;
  const bundle = makeBundle(simulator.registry, 'audiomack');
  expect((await postBundle(simulator, bundle)).status).toBe(202);
  await waitFor(async () => ((await simulator.delivery(bundle.messageId))?.reports[0]?.attempts ?? 0) > 0, { what: 'a first attempt' });
  const half = join(simulator.dataDir, 'rest', 'audiomack', '.arriving-0011');
  mkdirSync(half);
  await simulator.restart();
  expect(existsSync(half)).toBe(false);
  platform.answer = () => 200;
  await simulator.reached(bundle.messageId, 'live');
  expect(platform.told.filter(({ body }) => body.message_id === bundle.messageId).map(({ body }) => body.event_id)).toEqual([
    `${bundle.messageId}-accepted`,
    `${bundle.messageId}-live`,
  ]);
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
