import { pause, waitFor } from '@tonegrid/testing';
import { Api, startPlatform, startReceiver, takeTrip, type Platform, type Receiver, type ServiceName } from '../src';

let platform: Platform;
let receiver: Receiver;
let api: Api;

beforeAll(async () => {
  platform = await startPlatform();
  receiver = await startReceiver();
  api = new Api(platform.url, platform.key);
  receiver.secret = (await api.post('/webhooks', { name: 'suite', url: receiver.url, events: ['*'] })).body.data.secret;
}, 120_000);

afterAll(async () => {
  await receiver?.stop();
  await platform?.stop();
});

/** Kills a service at the given steps of the trip, a different moment after each begins, and starts it again at once. */
function killer(name: ServiceName, steps: Record<string, number>) {
  // One after the other: a service that is still starting cannot be started twice.
  let restarts = Promise.resolve();
  return {
    onStep(step: string): void {
      const delay = steps[step];
      if (delay === undefined) return;
      const due = pause(delay);
      restarts = restarts.then(async () => {
        await due;
        await platform.kill9(name);
        await platform.start(name);
      });
      // Told to whoever waits for `settled`.
      restarts.catch(() => undefined);
    },
    settled: () => restarts,
  };
}

// Milliseconds after the beginning of a step at which the service is killed: in the middle of what it does there.
const plans: [ServiceName, Record<string, number>][] = [
  ['gateway', { ingest: 5, 'audio-2': 10, deliver: 5 }],
  ['identity', { ingest: 0, artwork: 5, deliver: 0 }],
  ['ingestion', { ingest: 12, 'audio-1': 30 }],
  ['catalog', { ingest: 15, 'audio-2': 20, processing: 5 }],
  ['ddex', { deliver: 5, live: 40 }],
  ['delivery', { deliver: 8, live: 60 }],
  ['dsp-simulator', { live: 80 }],
  ['webhooks', { ingest: 40, live: 30 }],
];

describe.each(plans)('%s is killed with -9 in the middle of the trip', (name, steps) => {
  test('one release, one delivery and one event per stage come of it', async () => {
    const killing = killer(name, steps);
    const title = `Killed ${name}`;
    const release = await takeTrip(api, { title, dsps: ['spotify', 'youtubemusic'], keys: `crash.${name}`, onStep: killing.onStep });
    await killing.settled();

    const found = await api.get(`/releases?q=${encodeURIComponent(title)}`, { persistent: true });
    expect(found.body.data.map(({ uuid }: { uuid: string }) => uuid)).toEqual([release]);

    const about = () => receiver.receipts.filter(({ body }) => body.data['release_uuid'] === release);
    const distinct = (event: string) =>
      new Set(
        about()
          .filter((receipt) => receipt.event === event)
          .map(({ eventId }) => eventId),
      ).size;
    const stages = [
      'release.created',
      'ingestion.accepted',
      'release.submitted',
      'release.approved',
      ...['spotify', 'youtubemusic'].flatMap((dsp) => ['submitted', 'accepted', 'live'].map((stage) => `release.dsp.${dsp}.${stage}`)),
    ];
    await waitFor(() => stages.every((stage) => distinct(stage) > 0), {
      timeout: 60_000,
      what: `webhooks of ${stages.filter((stage) => distinct(stage) === 0).join()}`,
    });
    expect(Object.fromEntries(stages.map((stage) => [stage, distinct(stage)]))).toEqual(
      Object.fromEntries(stages.map((stage) => [stage, 1])),
    );
    expect(distinct('track.audio.processed')).toBe(2);
    expect(about().every(({ signed }) => signed)).toBe(true);

    const { body } = await api.get(`/releases/${release}/ddex/deliveries`, { persistent: true });
    for (const delivery of body.data.deliveries as { uuid: string; dsp: string }[]) {
      const messages = (await api.get(`/releases/${release}/ddex/deliveries/${delivery.uuid}/messages`, { persistent: true })).body
        .data as { direction: string; message_id: string }[];
      const sent = messages.filter(({ direction }) => direction === 'sent');
      expect([delivery.dsp, sent.length]).toEqual([delivery.dsp, 1]);
      expect([delivery.dsp, await receivedByDsp(sent[0]!.message_id)]).toEqual([delivery.dsp, 1]);
    }
  }, 180_000);
});

/** How many times the simulator took in a message. */
async function receivedByDsp(messageId: string): Promise<number> {
  const answer = await fetch(`${platform.simulatorUrl}/simulator/deliveries`, {
    headers: { authorization: `Bearer ${platform.internalToken}` },
  });
  const { deliveries } = (await answer.json()) as { deliveries: { message_id: string; times_taken?: number }[] };
  return deliveries.filter(({ message_id }) => message_id === messageId).reduce((sum, { times_taken: times }) => sum + (times ?? 1), 0);
}
