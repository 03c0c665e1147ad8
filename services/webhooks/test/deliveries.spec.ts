import { createHmac, timingSafeEqual } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { FieldMaskSchema, timestampDate } from '@bufbuild/protobuf/wkt';
import { waitFor } from '@tonegrid/testing';
import { Webhook } from 'standardwebhooks';
import { v4 as uuidv4 } from 'uuid';
import { newCaller, refusal, Sandbox } from './sandbox';
import { answer, answerAfter, type Receipt } from './subscriber';

let sandbox: Sandbox;
beforeAll(async () => {
  // Longer than any test, so that what waits for a silent subscriber does not go on by itself.
  sandbox = await Sandbox.start({ env: { WEBHOOK_TIMEOUT_MS: '60000' } });
});
afterAll(() => sandbox?.stop());

const supplied = (...paths: string[]) => create(FieldMaskSchema, { paths });

/** As the reference tells integrators to: any v1 that fits, compared in constant time, not older than five minutes. */
function isSigned({ headers, raw }: Receipt, secret: string): boolean {
  const parts = String(headers['x-tonegrid-signature']).split(',');
  const t = parts.find((part) => part.startsWith('t='))!.slice(2);
  const right = createHmac('sha256', secret).update(`${t}.${raw}`).digest();
  const fits = parts.filter((part) => part.startsWith('v1=')).some((part) => timingSafeEqual(Buffer.from(part.slice(3), 'hex'), right));
  return fits && Math.abs(Date.now() / 1000 - Number(t)) < 300;
}

/** As the public library of Standard Webhooks does, with the secret from `whsec_` on. */
function isStandard({ headers, raw }: Receipt, secret: string): boolean {
  try {
    return Boolean(new Webhook(secret.replace(/^tg/, '')).verify(raw, headers as Record<string, string>));
  } catch {
    return false;
  }
}

test('an event arrives once: documented headers and body, both signatures right, nothing else verifies', async () => {
  const caller = newCaller();
  const subscriber = await sandbox.subscriber(answer(200, {}, 'thank you'));
  const { uuid, secret } = await sandbox.subscribe(caller, subscriber.url, ['release.*']);
  const release = uuidv4();
  const data = { release_uuid: release, title: 'Midnight in Lagos', status: 'draft', type: 'album', track_count: 12, source: 'rest_json' };
  const time = new Date('2026-01-02T03:04:05.678Z');
  const eventId = await sandbox.tell(caller, { type: 'release.created', subject: release, data, time });
  const [receipt] = await subscriber.received(1);
  expect(receipt).toMatchObject({ method: 'POST', path: '/hooks?of=tonegrid', event: 'release.created' });
  // What is unknown is null, never left out.
  expect(receipt!.body).toEqual({
    event_id: eventId,
    event: 'release.created',
    created_at: '2026-01-02T03:04:05.678Z',
    tenant_uuid: caller.tenantUuid,
    data: { ...data, upc: null, ingestion_job_uuid: null },
  });
  expect(receipt!.headers).toMatchObject({
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(receipt!.raw)),
    'user-agent': 'ToneGrid-Webhooks/1.0',
    'webhook-id': eventId,
  });
  expect(receipt!.headers['x-tonegrid-signature']).toMatch(/^t=\d{10},v1=[0-9a-f]{64}$/);
  expect([isSigned(receipt!, secret), isStandard(receipt!, secret)]).toEqual([true, true]);
  const other = secret.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
  expect([isSigned(receipt!, other), isStandard(receipt!, other)]).toEqual([false, false]);
  const forged = { ...receipt!, raw: receipt!.raw.replace('album', 'single') };
  expect([isSigned(forged, secret), isStandard(forged, secret)]).toEqual([false, false]);

  const log = await sandbox.settled(caller, uuid);
  expect(log).toEqual([
    expect.objectContaining({
      id: receipt!.deliveryId,
      eventId,
      event: 'release.created',
      status: 'succeeded',
      responseCode: 200,
      retryCount: 0,
    }),
  ]);
  expect([log[0]!.responseBody, log[0]!.errorMessage]).toEqual(['thank you', undefined]);
  expect(log[0]!.durationMs).toBeGreaterThanOrEqual(0);
  expect(timestampDate(log[0]!.attemptedAt!).getTime()).toBeGreaterThanOrEqual(timestampDate(log[0]!.scheduledAt!).getTime());
  expect(subscriber.receipts).toHaveLength(1);
});

test('each webhook gets what its patterns take, of its own tenant alone', async () => {
  const [caller, stranger] = [newCaller(), newCaller()];
  const subscribers = await Promise.all(Array.from({ length: 6 }, () => sandbox.subscriber()));
  const [all, live, spotify, exact, ingestion, foreign] = subscribers;
  const patterns = [
    ['*'],
    ['release.dsp.*.live'],
    ['release.dsp.spotify.*'],
    ['release.created', 'royalty_statement.ready'],
    ['ingestion.*'],
  ];
  for (const [n, events] of patterns.entries()) await sandbox.subscribe(caller, subscribers[n]!.url, events);
  await sandbox.subscribe(stranger, foreign!.url);
  const types = [
    'release.created',
    'release.dsp.spotify.live',
    'release.dsp.applemusic.live',
    'release.dsp.spotify.accepted',
    'ingestion.accepted',
  ];
  await sandbox.tellAll(
    caller,
    types.map((type) => ({ type })),
  );
  const last = await sandbox.tell(caller, { type: 'royalty_statement.ready' });
  await waitFor(() => [all, exact].every((each) => each!.events().includes(last)), { timeout: 30_000, what: 'the last event' });
  await waitFor(() => all!.receipts.length === 6 && live!.receipts.length === 2 && spotify!.receipts.length === 2, { what: 'the others' });
  await ingestion!.received(1);
  const heard = (n: number) => subscribers[n]!.receipts.map(({ event }) => event).sort();
  expect(heard(0)).toEqual([...types, 'royalty_statement.ready'].sort());
  expect(heard(1)).toEqual(['release.dsp.applemusic.live', 'release.dsp.spotify.live']);
  expect(heard(2)).toEqual(['release.dsp.spotify.accepted', 'release.dsp.spotify.live']);
  expect(heard(3)).toEqual(['release.created', 'royalty_statement.ready']);
  expect(heard(4)).toEqual(['ingestion.accepted']);
  expect(heard(5)).toEqual([]);
  // One event, many webhooks: the same event id, a delivery id for each.
  const livePosts = [all, live, spotify].map((each) => each!.receipts.find(({ event }) => event === 'release.dsp.spotify.live')!);
  expect([new Set(livePosts.map(({ eventId }) => eventId)).size, new Set(livePosts.map(({ deliveryId }) => deliveryId)).size]).toEqual([
    1, 3,
  ]);
});

test('events of one release arrive in the order in which they happened, although answers take their time', async () => {
  const caller = newCaller();
  const subscriber = await sandbox.subscriber((response, _, n) =>
    answerAfter([80, 5, 40, 0, 20][n % 5]!)(response, _, n, undefined as never),
  );
  await sandbox.subscribe(caller, subscriber.url);
  const releases = [uuidv4(), uuidv4(), uuidv4()];
  const stages = [
    'release.created',
    'release.updated',
    'release.submitted',
    'release.approved',
    'release.dsp.spotify.submitted',
    'release.dsp.spotify.live',
  ];
  // In one transaction for each release, so that all of them are queued at once.
  const told = await Promise.all(
    releases.map((subject) =>
      sandbox.tellAll(
        caller,
        stages.map((type) => ({ type, subject })),
      ),
    ),
  );
  await subscriber.received(18);
  for (const ids of told) expect(subscriber.receipts.map(({ eventId }) => eventId).filter((id) => ids.includes(id))).toEqual(ids);
});

test('a rotated secret signs at once and the old one no more; previous_secret overlaps until it is cleared', async () => {
  const caller = newCaller();
  const subscriber = await sandbox.subscriber();
  const { uuid, secret: old } = await sandbox.subscribe(caller, subscriber.url);
  const next = async () => {
    const eventId = await sandbox.tell(caller);
    return waitFor(() => subscriber.receipts.find((each) => each.eventId === eventId), { timeout: 30_000, what: 'the event' });
  };
  const signedBy = (receipt: Receipt, ...secrets: string[]) =>
    secrets.map((secret) => [isSigned(receipt, secret), isStandard(receipt, secret)]);

  const rotated = await sandbox.client.rotateWebhookSecret(caller, { uuid });
  const current = rotated.data!.secret!;
  expect(rotated.data).toMatchObject({ uuid, secretPrefix: current.slice(0, 15), hasPreviousSecret: false });
  expect(signedBy(await next(), current, old)).toEqual([[true, true], [false, false]]); // prettier-ignore

  await sandbox.client.updateWebhook(caller, { uuid, updateMask: supplied('previous_secret'), previousSecret: old });
  const { data: shown } = await sandbox.client.getWebhook(caller, { uuid });
  expect([shown!.hasPreviousSecret, shown!.secret]).toEqual([true, undefined]);
  const overlapping = await next();
  expect(signedBy(overlapping, current, old)).toEqual([[true, true], [true, true]]); // prettier-ignore
  expect(overlapping.headers['x-tonegrid-signature']).toMatch(/^t=\d+,v1=[0-9a-f]{64},v1=[0-9a-f]{64}$/);

  const { data: cleared } = await sandbox.client.updateWebhook(caller, { uuid, updateMask: supplied('previous_secret') });
  expect(cleared!.hasPreviousSecret).toBe(false);
  expect(signedBy(await next(), current, old)).toEqual([[true, true], [false, false]]); // prettier-ignore
});

test('a test goes to the webhook that asked alone, if its events take it', async () => {
  const caller = newCaller();
  const [asking, other] = [await sandbox.subscriber(), await sandbox.subscriber()];
  const { uuid, secret } = await sandbox.subscribe(caller, asking.url, ['webhook.test']);
  await sandbox.subscribe(caller, other.url);
  const tested = await sandbox.client.testWebhook(caller, { uuid });
  expect(tested.message).toBe('Test event queued.');
  const [receipt] = await asking.received(1);
  expect(receipt).toMatchObject({ event: 'webhook.test', deliveryId: tested.data!.deliveryId, eventId: tested.data!.eventId });
  expect(receipt!.body).toMatchObject({ tenant_uuid: caller.tenantUuid, data: { webhook_uuid: uuid } });
  expect(isSigned(receipt!, secret)).toBe(true);
  // Told after the test, so the test would have come before it.
  await sandbox.tell(caller);
  await other.received(1);
  expect(other.receipts.map(({ event }) => event)).toEqual(['release.created']);
  expect(asking.receipts).toHaveLength(1);

  const deaf = await sandbox.subscribe(caller, asking.url, ['release.*']);
  expect(await refusal(sandbox.client.testWebhook(caller, { uuid: deaf.uuid }))).toEqual([
    422,
    'webhook.test_not_subscribed',
    'Add webhook.test (or *) to the events of this webhook to receive tests.',
    undefined,
  ]);
});

test('a delivery can be sent again: the same event and bytes under a new delivery id', async () => {
  const caller = newCaller();
  const subscriber = await sandbox.subscriber();
  const { uuid } = await sandbox.subscribe(caller, subscriber.url);
  const eventId = await sandbox.tell(caller);
  const [first] = await subscriber.received(1);
  const { message, data: queued } = await sandbox.client.redeliverWebhook(caller, { uuid, id: first!.deliveryId });
  expect(message).toBe('Redelivery queued.');
  expect(queued).toMatchObject({ eventId, event: 'release.created', status: 'queued', retryCount: 0 });
  const [, second] = await subscriber.received(2);
  expect(second).toMatchObject({ eventId, raw: first!.raw, deliveryId: queued!.id });
  expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
  expect(second!.deliveryId).not.toBe(first!.deliveryId);
  const log = await sandbox.settled(caller, uuid);
  expect(log.map(({ id, status }) => [id, status])).toEqual([first, second].map((each) => [each!.deliveryId, 'succeeded']));
});

test('the log pages by cursor and by number, newest first, and by status', async () => {
  const caller = newCaller();
  const subscriber = await sandbox.subscriber(
    (response, { event }) => void response.writeHead(event === 'release.rejected' ? 400 : 204).end(),
  );
  const { uuid } = await sandbox.subscribe(caller, subscriber.url);
  await sandbox.tellAll(caller, [...Array.from({ length: 6 }, () => ({})), { type: 'release.rejected' }]);
  // Six that succeed, and one that is tried nine times. All are there before the end of what is there is waited for.
  const begun = async () => (await sandbox.log(caller, uuid)).filter(({ retryCount }) => retryCount === 0).length;
  await waitFor(async () => (await begun()) === 7, { what: 'a first attempt of each' });
  const log = (await sandbox.settled(caller, uuid)).reverse();
  expect(log).toHaveLength(15);
  const { client } = sandbox;
  const seen: string[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const page: Awaited<ReturnType<typeof client.listWebhookDeliveries>> = await client.listWebhookDeliveries(caller, {
      uuid,
      perPage: 4,
      cursor,
    });
    seen.push(...page.data.map(({ id }) => id));
    cursor = page.meta!.nextCursor;
  }
  expect(seen).toEqual(log.map(({ id }) => id));
  const second = await client.listWebhookDeliveries(caller, { uuid, page: 2, perPage: 10 });
  expect(second.data.map(({ id }) => id)).toEqual(seen.slice(10));
  expect(second.meta).toMatchObject({ mode: 'offset', total: 15n, currentPage: 2, lastPage: 2, hasMore: false });
  const counts = async (status: string) => (await client.listWebhookDeliveries(caller, { uuid, status })).meta!.total;
  expect([await counts('succeeded'), await counts('failed'), await counts('dead'), await counts('queued')]).toEqual([6n, 8n, 1n, 0n]);
  expect((await refusal(client.listWebhookDeliveries(caller, { uuid, status: 'lost' })))[3]).toEqual({
    status: ['The status must be one of: queued, sending, succeeded, failed, dead.'],
  });
  expect((await refusal(client.listWebhookDeliveries(caller, { uuid, perPage: 0 })))[3]).toEqual({
    per_page: ['The per_page must be at least 1.'],
  });
});

test('while a webhook is inactive nothing is sent or queued; what waited goes out when it is active again', async () => {
  const caller = newCaller();
  const subscriber = await sandbox.subscriber(answer(503));
  const { uuid } = await sandbox.subscribe(caller, subscriber.url);
  const waiting = await sandbox.tell(caller);
  await subscriber.received(1);
  await sandbox.client.updateWebhook(caller, { uuid, updateMask: supplied('is_active'), isActive: false });
  // An attempt may have been under way; its outcome is in the log before the next look.
  await waitFor(async () => (await sandbox.log(caller, uuid)).every(({ status }) => status !== 'sending'), {
    what: 'no attempt under way',
  });
  const until = subscriber.receipts.length;
  subscriber.behaviour = answer(200);
  const missed = await sandbox.tell(caller);
  const witness = await sandbox.subscriber();
  await sandbox.subscribe(caller, witness.url);
  await sandbox.tell(caller);
  await witness.received(1);
  expect(subscriber.receipts).toHaveLength(until);
  expect((await sandbox.client.testWebhook(caller, { uuid })).message).toBe('Test event queued. It is sent once the webhook is active.');

  await sandbox.client.updateWebhook(caller, { uuid, updateMask: supplied('is_active'), isActive: true });
  const log = await sandbox.settled(caller, uuid);
  const succeeded = log.filter(({ status }) => status === 'succeeded');
  expect(succeeded.map(({ event }) => event).sort()).toEqual(['release.created', 'webhook.test']);
  expect(log.filter(({ eventId }) => eventId === waiting).at(-1)!.status).toBe('succeeded');
  expect(subscriber.events()).not.toContain(missed);
});

test('what is still to be sent to a removed webhook is not sent', async () => {
  const caller = newCaller();
  const subscriber = await sandbox.subscriber(answer(500));
  const { uuid } = await sandbox.subscribe(caller, subscriber.url);
  await sandbox.tell(caller);
  await subscriber.received(1);
  await sandbox.client.deleteWebhook(caller, { uuid });
  const left = await sandbox.data.system((tx) =>
    tx.query('select secret, previous_secret, is_active from webhooks where uuid = $1', [uuid]),
  );
  expect(left).toEqual([{ secret: null, previous_secret: null, is_active: false }]);
  await waitFor(
    async () => {
      const [row] = await sandbox.data.system((tx) =>
        tx.query(`select count(*)::int as n from deliveries where webhook_uuid = $1 and status = 'sending'`, [uuid]),
      );
      return row.n === 0;
    },
    { what: 'no attempt under way' },
  );
  const until = subscriber.receipts.length;
  // Longer than the retry would have waited.
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  expect(subscriber.receipts).toHaveLength(until);
});

test('subscribers that never answer do not delay another, however much waits for them', async () => {
  const caller = newCaller();
  const [silent, quick] = [await sandbox.subscriber(() => undefined), await sandbox.subscriber()];
  const silenced = await Promise.all(Array.from({ length: 12 }, () => sandbox.subscribe(caller, silent.url, ['release.updated'])));
  await sandbox.subscribe(caller, quick.url, ['release.created']);
  // 240 deliveries that never end, where 64 may be under way at once.
  await sandbox.tellAll(
    caller,
    Array.from({ length: 20 }, () => ({ type: 'release.updated' })),
  );
  await silent.received(12);
  const told = [];
  for (let n = 0; n < 10; n += 1) told.push(await sandbox.tell(caller));
  await quick.received(10);
  expect(quick.events().sort()).toEqual(told.sort());
  const statuses = await sandbox.data.system((tx) =>
    tx.query<{ status: string }>(`select distinct status from deliveries where tenant_uuid = $1 and event = 'release.updated' order by 1`, [
      caller.tenantUuid,
    ]),
  );
  expect(statuses.map(({ status }) => status)).toEqual(['queued', 'sending']);
  await Promise.all(silenced.map(({ uuid }) => sandbox.client.deleteWebhook(caller, { uuid })));
  await silent.close();
});

test('the metrics tell of attempts and of the queue', async () => {
  const text = await sandbox.services[0]!.metrics();
  const value = (line: string) =>
    Number(
      text
        .split('\n')
        .find((each) => each.startsWith(line))
        ?.split(' ')
        .at(-1),
    );
  expect(value('webhook_attempts_total{outcome="succeeded"}')).toBeGreaterThan(20);
  expect(value('webhook_attempts_total{outcome="dead"}')).toBeGreaterThan(0);
  expect(value('webhook_attempt_duration_seconds_count')).toBeGreaterThan(20);
  expect(text).toContain('webhook_queue_depth');
});
