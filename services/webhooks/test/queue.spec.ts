import { openData, runMigrations, type Data } from '@tonegrid/data';
import { startPostgres, type RunningPostgres } from '@tonegrid/testing';
import { v4 as uuidv4, v7 as uuidv7 } from 'uuid';
import type { WebhooksConfig } from '../src/config';
import { SweepDeliveries } from '../src/deliveries/sweep-deliveries';
import { migrations } from '../src/migrations';
import { AttemptStore } from '../src/sending/attempt.store';

// The queue by itself: what the service does with it is proven by the other suites.
const config = {
  WEBHOOK_TIMEOUT_MS: 10_000,
  WEBHOOK_LEASE_MARGIN_MS: 20_000,
  WEBHOOK_RETRY_SECONDS: [60, 300],
  WEBHOOK_RETENTION_DAYS: 30,
};
let postgres: RunningPostgres;
let data: Data;
let store: AttemptStore;
beforeAll(async () => {
  postgres = await startPostgres();
  const database = await postgres.createDatabase('webhooks');
  await runMigrations({ url: database.migrationUrl, appRole: database.appRole, migrations });
  data = await openData({ url: database.url });
});
beforeEach(async () => {
  store = newStore();
  await all('delete from deliveries');
});
afterAll(async () => {
  await data?.close();
  await postgres?.stop();
});

const newStore = () => new AttemptStore(data, config as WebhooksConfig);

const all = (sql: string, params: unknown[] = []): Promise<any[]> => data.system((tx) => tx.query(sql, params));

const tenant = uuidv4();
async function newWebhook(changes: { active?: boolean; deleted?: string } = {}): Promise<string> {
  const { active = true, deleted } = changes;
  const uuid = uuidv7();
  await all(
    `insert into webhooks (uuid, tenant_uuid, name, url, events, is_active, secret_prefix, secret, deleted_at)
     values ($1, $2, 'suite', 'http://example.com/', '{*}', $3, 'tgwhsec_', $4, now() - $5::interval)`,
    [uuid, tenant, active && !deleted, deleted ? null : Buffer.from('sealed'), deleted ?? null],
  );
  return uuid;
}

/** Queues `count` deliveries of one event each; of one subject when it is given. */
async function queue(webhook: string, count = 1, subject?: string): Promise<string[]> {
  const uuids = Array.from({ length: count }, () => uuidv7());
  await all(
    `with event as (select uuid, gen_random_uuid() as id from unnest($1::uuid[]) as uuid), message as (
       insert into messages (event_id, tenant_uuid, event, body) select id, $2, 'release.created', '{}' from event
     )
     insert into deliveries (uuid, tenant_uuid, webhook_uuid, event_id, event, subject)
     select uuid, $2, $3, id, 'release.created', coalesce($4, id::text) from event order by uuid`,
    [uuids, tenant, webhook, subject ?? null],
  );
  return uuids;
}
const uuidsOf = (rows: { uuid: string }[]) => rows.map(({ uuid }) => uuid);
const countBy = (rows: { webhook_uuid: string }[], webhooks: string[]) =>
  webhooks.map((webhook) => rows.filter((row) => row.webhook_uuid === webhook).length);

test('a long queue of one webhook does not stand in the way of the others', async () => {
  const [long, ...short] = [await newWebhook(), await newWebhook(), await newWebhook()];
  await queue(long, 3_000);
  for (const webhook of short) await queue(webhook, 1);
  expect(countBy(await store.takeDue(64, 2, []), [long, ...short])).toEqual([2, 1, 1]);
  expect(countBy(await store.takeDue(64, 2, [{ webhook: long, room: 5 }]), [long, ...short])).toEqual([5, 0, 0]);
  expect(countBy(await store.takeDue(64, 2, [{ webhook: long, room: 0 }]), [long, ...short])).toEqual([0, 0, 0]);
});

test('where there is little room the webhooks take turns', async () => {
  const webhooks = (await Promise.all(Array.from({ length: 5 }, () => newWebhook()))).sort();
  for (const webhook of webhooks) await queue(webhook, 4);
  const served: number[] = webhooks.map(() => 0);
  for (let look = 0; look < 5; look += 1) countBy(await store.takeDue(2, 1, []), webhooks).forEach((count, n) => (served[n]! += count));
  expect(served).toEqual([2, 2, 2, 2, 2]);
});

test('two senders never take the same, each subject is one at a time, and nothing is left', async () => {
  const webhook = await newWebhook();
  const subjects = Array.from({ length: 20 }, () => uuidv4());
  for (const subject of subjects) await queue(webhook, 5, subject);
  const stores = [newStore(), newStore(), newStore()];
  const order = new Map<string, string[]>();
  const underWay = new Set<string>();
  await Promise.all(
    stores.map(async (each) => {
      for (let idle = 0; idle < 20;) {
        const taken = await each.takeDue(6, 6, []);
        idle = taken.length === 0 ? idle + 1 : 0;
        const rows = await all('select uuid, subject from deliveries where uuid = any($1)', [uuidsOf(taken)]);
        const subjectOf = new Map(rows.map(({ uuid, subject }) => [uuid as string, subject as string]));
        for (const { uuid } of taken) {
          const subject = subjectOf.get(uuid)!;
          expect(underWay.has(subject)).toBe(false);
          underWay.add(subject);
          order.set(subject, [...(order.get(subject) ?? []), uuid]);
        }
        for (const subject of subjectOf.values()) underWay.delete(subject);
        await each.end(taken.map(({ uuid }) => ({ uuid, status: 'succeeded', code: 200, durationMs: 1 })));
      }
    }),
  );
  expect(order.size).toBe(20);
  // Ids of version 7 grow in the order of queueing.
  for (const uuids of order.values()) expect(uuids).toEqual([...uuids].sort());
  expect([...order.values()].flat()).toHaveLength(100);
});

test('what is offered is taken once, in turn, and only while its webhook is active', async () => {
  const [webhook, asleep] = [await newWebhook(), await newWebhook({ active: false })];
  const subject = uuidv4();
  const [first, second] = await queue(webhook, 2, subject);
  const [sleeping] = await queue(asleep);
  expect(uuidsOf(await store.takeThese([second!, sleeping!]))).toEqual([]);
  expect(uuidsOf(await store.takeThese([first!, second!, sleeping!]))).toEqual([first]);
  expect(uuidsOf(await store.takeThese([first!, second!]))).toEqual([]);
  // Failed: what follows does not wait for its retry.
  await store.end([{ uuid: first!, status: 'failed', error: 'x', durationMs: 1, next: { inSeconds: 0, retryCount: 1 } }]);
  expect(uuidsOf(await store.takeThese([second!]))).toEqual([second]);
});

test('an attempt whose sender has died comes again at once and first, the second time by the schedule, and is dead in the end', async () => {
  const webhook = await newWebhook();
  const subject = uuidv4();
  await queue(webhook, 2, subject);
  const scheduled = (await all('select min(scheduled_at) as at from deliveries'))[0].at;
  const attempts: [status: string, retry_count: number, error_message: string | null][] = [];
  for (let n = 0; n < 6; n += 1) {
    const [taken] = await store.takeDue(1, 1, []);
    expect(await store.endInterrupted()).toBe(0);
    await all(`update deliveries set leased_until = now() - interval '1 second' where uuid = $1`, [taken!.uuid]);
    expect(await newStore().endInterrupted()).toBe(1);
    const [row] = await all('select status, retry_count, error_message from deliveries where uuid = $1', [taken!.uuid]);
    attempts.push(row);
    const [next] = await all(`select * from deliveries where event_id = $1 and status = 'queued'`, [taken!.event_id]);
    if (n === 0) expect([next.scheduled_at, next.retry_count]).toEqual([scheduled, 0]);
    // The rest of the subject waits meanwhile, and is put aside so that this one is taken again.
    await all(
      `update deliveries set scheduled_at = now() + case when event_id = $1 then interval '0' else interval '1 hour' end where status = 'queued'`,
      [taken!.event_id],
    );
  }
  const interrupted = 'The sender was interrupted before it knew the outcome.';
  const row = (status: string, retry_count: number) => ({ status, retry_count, error_message: interrupted });
  expect(attempts).toEqual([row('failed', 0), row('failed', 0), row('failed', 1), row('failed', 1), row('failed', 2), row('dead', 2)]);
});

test('an outcome that comes after its attempt was given up changes nothing', async () => {
  const webhook = await newWebhook();
  const [uuid] = await queue(webhook);
  await store.takeThese([uuid!]);
  await all(`update deliveries set leased_until = now() - interval '1 second' where uuid = $1`, [uuid]);
  await newStore().endInterrupted();
  await store.end([{ uuid: uuid!, status: 'succeeded', code: 200, durationMs: 1 }]);
  const rows = await all('select status, response_code from deliveries order by uuid');
  expect(rows).toEqual([
    { status: 'failed', response_code: null },
    { status: 'queued', response_code: null },
  ]);
});

test('the depth of the queue counts what is due and can be sent', async () => {
  const before = await store.countDue();
  const [webhook, asleep] = [await newWebhook(), await newWebhook({ active: false })];
  await queue(webhook, 3);
  await queue(asleep, 5);
  const [later] = await queue(webhook);
  await all(`update deliveries set scheduled_at = now() + interval '1 hour' where uuid = $1`, [later]);
  expect((await store.countDue()) - before).toBe(3);
});

describe('the sweep', () => {
  const sweep = () => new SweepDeliveries(data, config as WebhooksConfig).sweep();
  const age = (uuids: string[], days: number) =>
    all(
      `with old as (update deliveries set created_at = now() - $2 * interval '1 day' where uuid = any($1) returning event_id)
         update messages m set wanted_at = now() - $2 * interval '1 day' from old where m.event_id = old.event_id`,
      [uuids, days],
    );
  const left = async (uuids: string[]) => uuidsOf(await all('select uuid from deliveries where uuid = any($1) order by uuid', [uuids]));
  const bodies = async (uuids: string[]) =>
    (await all('select count(*)::int as n from messages m join unnest($1::uuid[]) d on true where m.event_id = d', [uuids]))[0].n;
  const eventsOf = async (uuids: string[]) =>
    (await all('select event_id from deliveries where uuid = any($1)', [uuids])).map(({ event_id }) => event_id as string);

  test('removes what is older than the log is kept, but not what is being sent', async () => {
    const webhook = await newWebhook();
    const [old, sending, young] = await queue(webhook, 3);
    const events = await eventsOf([old!, sending!, young!]);
    await store.takeThese([sending!]);
    await age([old!, sending!], 32);
    await age([young!], 29);
    await sweep();
    expect(await left([old!, sending!, young!])).toEqual([sending, young]);
    expect(await bodies(events)).toBe(1);
  });

  test('keeps a body as long as an attempt of it is shown, however late that was made', async () => {
    const webhook = await newWebhook();
    const [first] = await queue(webhook);
    const events = await eventsOf([first!]);
    await age([first!], 29);
    await store.takeThese([first!]);
    await store.end([{ uuid: first!, status: 'failed', error: 'x', durationMs: 1, next: { inSeconds: 0, retryCount: 1 } }]);
    // Ten days later.
    await all(`update deliveries set created_at = created_at - interval '10 days'`);
    await all(`update messages set wanted_at = wanted_at - interval '10 days' where event_id = any($1)`, [events]);
    await sweep();
    expect(await left([first!])).toEqual([]);
    expect(
      (await all('select retry_count from deliveries where event_id = any($1)', [events])).map(({ retry_count }) => retry_count),
    ).toEqual([1]);
    expect(await bodies(events)).toBe(1);
  });

  test('removes the log of a deleted webhook at once, and the webhook an hour later', async () => {
    const [fresh, gone, kept] = [await newWebhook({ deleted: '1 minute' }), await newWebhook({ deleted: '2 hours' }), await newWebhook()];
    const uuids = [...(await queue(fresh)), ...(await queue(gone)), ...(await queue(kept))];
    await sweep();
    expect(await left(uuids)).toEqual([uuids[2]]);
    expect(uuidsOf(await all('select uuid from webhooks where uuid = any($1)', [[fresh, gone, kept]])).sort()).toEqual(
      [fresh, kept].sort(),
    );
  });
});
