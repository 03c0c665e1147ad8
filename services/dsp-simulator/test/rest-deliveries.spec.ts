import { createHmac } from 'node:crypto';
import { get } from 'node:http';
import { waitFor } from '@tonegrid/testing';
import { makeBundle, type Bundle, type Wanted } from './bundle';
import { postBundle, type Change } from './rest-client';
import { internalToken, startPlatform, startSimulator, type Platform, type RunningSimulator } from './sandbox';

let platform: Platform;
let simulator: RunningSimulator;

beforeAll(async () => {
  platform = await startPlatform();
  simulator = await startSimulator({ PUBLIC_URL: platform.url });
});
afterAll(async () => {
  await simulator?.close();
  await platform?.close();
});

const post = (bundle: Bundle, change?: Change) => postBundle(simulator, bundle, change);
const make = (slug: string, wanted?: Wanted, change?: (bundle: Bundle) => void): Bundle =>
  makeBundle(simulator.registry, slug, wanted, change);
const toldOf = (bundle: Bundle) => platform.told.filter(({ body }) => body.message_id === bundle.messageId);

describe('a delivery over REST', () => {
  it('is received, and its acceptance and its going live are called back, signed', async () => {
    const bundle = make('audiomack');
    expect(await post(bundle)).toEqual({ status: 202, body: { status: 'received', message_id: bundle.messageId } });
    const delivery = await simulator.reached(bundle.messageId, 'live');
    const told = toldOf(bundle);
    expect(told.map(({ slug, body }) => [slug, body.status])).toEqual([
      ['audiomack', 'accepted'],
      ['audiomack', 'live'],
    ]);
    expect(told[1]!.body.live_url).toBe(`https://audiomack.com/album/${told[1]!.body.dsp_release_id}`);
    expect(delivery.dsp_release_id).toBe(told[1]!.body.dsp_release_id);
    expect(new Set(told.map(({ body }) => body.event_id)).size).toBe(2);
    for (const { raw, signature } of told) {
      const [, time, given] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature)!;
      expect(given).toBe(createHmac('sha256', simulator.registry.acknowledgementKey(bundle.dsp)).update(`${time}.${raw}`).digest('hex'));
      expect(Math.abs(Date.now() / 1000 - Number(time))).toBeLessThan(60);
    }
  });

  it('that is posted again is answered alike and ingested once', async () => {
    const bundle = make('tiktok');
    const answers = await Promise.all([post(bundle), post(bundle)]);
    answers.push(await post(bundle));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    const delivery = await simulator.reached(bundle.messageId, 'live');
    expect(delivery.duplicates).toBe(2);
    expect(new Set(toldOf(bundle).map(({ body }) => body.event_id)).size).toBe(2);
  });

  it('whose message is wrong is received, then rejected by a callback with the reason', async () => {
    const bundle = make('audius', { recipient: 'PADPIDASANDBOX002L' });
    expect((await post(bundle)).status).toBe(202);
    await simulator.reached(bundle.messageId, 'rejected');
    expect(toldOf(bundle)).toHaveLength(1);
    expect(toldOf(bundle)[0]!.body).toMatchObject({
      status: 'rejected',
      reason: expect.stringContaining('is for PADPIDASANDBOX002L') as string,
    });
  });

  it('that lacks a file of its message is rejected as ResourceMissing', async () => {
    const bundle = make('audius', {}, ({ files }) => void files.delete([...files.keys()][0]!));
    expect((await post(bundle)).status).toBe(202);
    expect((await simulator.reached(bundle.messageId, 'rejected')).fault).toMatchObject({ status: 'ResourceMissing' });
  });

  it('of a purge takes the release down', async () => {
    const bundle = make('audius', { purge: true });
    expect((await post(bundle, ({ manifest }) => void (manifest.message_type = 'PurgeReleaseMessage'))).status).toBe(202);
    await simulator.reached(bundle.messageId, 'taken_down');
    expect(toldOf(bundle).map(({ body }) => body.status)).toEqual(['accepted', 'taken_down']);
  });

  const bad: [string, number, RegExp, Change][] = [
    ['with a wrong token', 401, /token/, ({ headers }) => void (headers.authorization = 'Bearer wrong')],
    [
      'with a wrong signature',
      401,
      /does not fit/,
      ({ headers }) => void (headers['x-tonegrid-signature'] = `t=${Math.floor(Date.now() / 1000)},v1=${'0'.repeat(64)}`),
    ],
    ['with an old signature', 401, /300 s/, ({ headers }) => void (headers['x-tonegrid-signature'] = `t=1700000000,v1=${'0'.repeat(64)}`)],
    ['whose Idempotency-Key is another message’s', 422, /Idempotency-Key/, ({ headers }) => void (headers['idempotency-key'] = 'TG-other')],
    [
      'with a path that climbs',
      422,
      /files\.1\.path/,
      ({ manifest }) => void ((manifest.files as { path: string }[])[1]!.path = '../../x'),
    ],
    ['with fewer parts than listed', 422, /is missing/, ({ form }) => void form.pop()],
    ['with more parts than listed', 422, /more parts/, ({ form }) => void form.push(['resource', 'x', 'x'])],
    [
      'with a size that is wrong',
      422,
      /bytes, the manifest says 7/,
      ({ manifest }) => void ((manifest.files as { size: number }[])[1]!.size = 7),
    ],
    [
      'with an MD5 that is wrong',
      422,
      /has the MD5/,
      ({ manifest }) => void ((manifest.files as { md5: string }[])[1]!.md5 = '0'.repeat(32)),
    ],
    [
      'without a message id',
      422,
      /message_id/,
      ({ manifest, headers }) => void (delete manifest.message_id, delete headers['idempotency-key']),
    ],
  ];
  it.each(bad)('%s is refused and leaves nothing', async (_name, status, says, change) => {
    const bundle = make('audiomack');
    const answer = await post(bundle, change);
    expect(answer.status).toBe(status);
    expect(answer.body.error).toMatch(says);
    expect(await simulator.delivery(bundle.messageId)).toBeNull();
  });

  it('is answered 503 as often as its title asks, then taken', async () => {
    const bundle = make('audiomack', { title: 'Lagos [fail-upload:1]' });
    expect((await post(bundle)).status).toBe(503);
    expect((await post(bundle)).status).toBe(202);
    await simulator.reached(bundle.messageId, 'live');
  });

  it('to a DSP without REST is 404; what is no form is 415 or 400', async () => {
    const url = (slug: string) => `${simulator.restUrl}/${slug}/releases`;
    expect((await fetch(url('spotify'), { method: 'POST', body: new FormData() })).status).toBe(404);
    const dsp = simulator.registry.get('audiomack')!;
    const headers = { authorization: `Bearer ${simulator.registry.restToken(dsp)}` };
    expect(
      (await fetch(url('audiomack'), { method: 'POST', body: '{}', headers: { ...headers, 'content-type': 'application/json' } })).status,
    ).toBe(415);
    const garbage = await fetch(url('audiomack'), {
      method: 'POST',
      body: 'garbage',
      headers: { ...headers, 'content-type': 'multipart/form-data; boundary=x' },
    });
    expect([400, 422]).toContain(garbage.status);
  });
});

describe('callbacks', () => {
  it('are tried again until the platform takes them, in order', async () => {
    const bundle = make('youtubemusic');
    let refused = 0;
    platform.answer = ({ body }) => (body.message_id === bundle.messageId && refused++ < 3 ? [503, 404, 429][refused - 1]! : 200);
    await post(bundle);
    await simulator.reached(bundle.messageId, 'live');
    platform.answer = () => 200;
    expect(toldOf(bundle).map(({ body }) => body.status)).toEqual(['accepted', 'live']);
    expect((await simulator.delivery(bundle.messageId))!.reports[0]).toMatchObject({ attempts: 4 });
  });

  it('that the platform refuses for good are let go, with the reason', async () => {
    const bundle = make('youtubemusic');
    platform.answer = ({ body }) => (body.message_id === bundle.messageId ? 422 : 200);
    await post(bundle);
    await waitFor(
      async () => (await simulator.delivery(bundle.messageId))?.reports.every(({ gave_up: reason }) => reason?.includes('422')),
      { what: 'giving up' },
    );
    platform.answer = () => 200;
  });
});

describe('the pages about what was received', () => {
  it('list deliveries and show one with its XML', async () => {
    const bundle = make('audiomack');
    await post(bundle);
    await simulator.reached(bundle.messageId, 'live');
    const list = (await (await fetch(`${simulator.restUrl}/simulator/deliveries?dsp=audiomack&state=live`)).json()) as {
      deliveries: { message_id: string }[];
    };
    expect(list.deliveries[0]!.message_id).toBe(bundle.messageId);
    const xml = await fetch(`${simulator.restUrl}/simulator/deliveries/${bundle.messageId}/message.xml`);
    expect(xml.headers.get('content-type')).toContain('application/xml');
    expect(await xml.text()).toBe(bundle.xml);
    expect((await fetch(`${simulator.restUrl}/simulator/deliveries/TG-none`)).status).toBe(404);
  });

  it('refuse a wrong token, and a browser that came by another name', async () => {
    const ask = (headers: Record<string, string>) => simulatorGet(simulator.restUrl, '/simulator/deliveries', headers);
    expect(await ask({ authorization: 'Bearer wrong' })).toBe(401);
    expect(await ask({ host: 'evil.example' })).toBe(401);
    expect(await ask({ host: 'evil.example', authorization: `Bearer ${internalToken}` })).toBe(200);
  });
});

// By node:http, since fetch does not let the Host be chosen.
function simulatorGet(url: string, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    get(`${url}${path}`, { headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode!);
    }).once('error', reject);
  });
}
