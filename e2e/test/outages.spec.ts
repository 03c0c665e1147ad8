import { pause, waitFor } from '@tonegrid/testing';
import { Api, draft, startPlatform, startReceiver, type Platform, type Receiver } from '../src';

let platform: Platform;
let receiver: Receiver;
let api: Api;

beforeAll(async () => {
  platform = await startPlatform();
  receiver = await startReceiver();
  api = new Api(platform.url, platform.key);
  receiver.secret = (
    await api.post('/webhooks', { name: 'suite', url: receiver.url, events: ['release.created', 'ingestion.*'] })
  ).body.data.secret;
}, 120_000);

afterAll(async () => {
  await receiver?.stop();
  await platform?.stop();
});

/** Four integrators that push releases, each as fast as it is answered, while something happens to the platform. */
async function underLoad(prefix: string, happening: () => Promise<void>): Promise<{ releases: string[]; jobs: string[] }> {
  const releases: string[] = [];
  const jobs: string[] = [];
  let over = false;
  const push = async (who: number) => {
    for (let n = 0; !over; n += 1) {
      const answer = await api.post('/ingestion/json', draft(`${prefix} ${who}-${n}`), {
        idempotencyKey: `${prefix}.${who}.${n}`,
        persistent: true,
      });
      if (answer.status !== 201) throw new Error(`HTTP ${answer.status} ${answer.text}`);
      releases.push(answer.body.data.release.uuid);
      jobs.push(answer.body.data.ingestion_job_id);
    }
  };
  const pushing = Promise.all([0, 1, 2, 3].map(push));
  await pause(1000);
  await happening();
  await pause(1500);
  over = true;
  await pushing;
  return { releases, jobs };
}

const told = (event: string, field: string, wanted: string[]) => {
  const seen = new Map<string, Set<string>>();
  for (const receipt of receiver.receipts) {
    if (receipt.event !== event) continue;
    const about = String(receipt.body.data[field]);
    seen.set(about, (seen.get(about) ?? new Set()).add(receipt.eventId));
  }
  return wanted.map((uuid) => seen.get(uuid)?.size ?? 0);
};
const ones = (wanted: string[]) => wanted.map(() => 1);

test.each([
  [
    'NATS is killed with -9 and comes back',
    async () => {
      await platform.nats.kill9();
      await pause(2000);
      await platform.nats.restart();
    },
  ],
  [
    'PostgreSQL is killed with -9 and comes back',
    async () => {
      await platform.postgres.kill9();
      await pause(1000);
      await platform.postgres.restart();
    },
  ],
] as [string, () => Promise<void>][])(
  '%s under load: every committed event arrives, each once',
  async (name, happening) => {
    const { releases, jobs } = await underLoad(name.split(' ')[0]!, happening);
    expect(releases.length).toBeGreaterThan(8);
    expect(new Set(releases).size).toBe(releases.length);
    await waitFor(
      () =>
        told('release.created', 'release_uuid', releases).every(Boolean) &&
        told('ingestion.accepted', 'ingestion_job_uuid', jobs).every(Boolean),
      {
        timeout: 60_000,
        what: 'all webhooks',
      },
    );
    expect(told('release.created', 'release_uuid', releases)).toEqual(ones(releases));
    expect(told('ingestion.accepted', 'ingestion_job_uuid', jobs)).toEqual(ones(jobs));
    expect(receiver.receipts.every(({ signed }) => signed)).toBe(true);
  },
  180_000,
);

test('while the database is away, callers are told 503 and when to come again', async () => {
  await platform.postgres.kill9();
  const answer = await api.get('/releases');
  expect([answer.status, answer.body.error]).toEqual([503, 'Service temporarily unavailable.']);
  await platform.postgres.restart();
  await waitFor(async () => (await api.get('/releases')).status === 200, { timeout: 30_000 });
}, 60_000);
