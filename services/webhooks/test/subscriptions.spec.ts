import { create } from '@bufbuild/protobuf';
import { FieldMaskSchema } from '@bufbuild/protobuf/wkt';
import type { UpdateWebhookRequest } from '@tonegrid/contracts';
import type { AuditActionData } from '@tonegrid/events';
import { waitFor } from '@tonegrid/testing';
import { v4 as uuidv4 } from 'uuid';
import { newCaller, refusal, Sandbox, withKey } from './sandbox';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await Sandbox.start();
});
afterAll(() => sandbox?.stop());

const hook = { name: 'Production hook', url: 'https://example.com/tonegrid/webhook', events: ['release.dsp.*.live', 'ingestion.*'] };
const supplied = (...paths: string[]) => create(FieldMaskSchema, { paths });

test('the event types are those of the contract, for each DSP, with the wildcards of the reference', async () => {
  const { data } = await sandbox.client.listEventTypes(newCaller(), {});
  for (const event of [
    'release.created',
    'release.submitted',
    'release.dsp.spotify.submitted',
    'release.dsp.spotify.accepted',
    'release.dsp.spotify.live',
    'release.dsp.applemusic.live',
    'release.dsp.youtubemusic.live',
    'ingestion.received',
    'ingestion.accepted',
    'ingestion.rejected',
    'royalty_statement.ready',
    'webhook.test',
  ])
    expect(data!.events).toContain(event);
  expect(data!.events.filter((event) => /^release\.dsp\.\w+\.taken_down$/.test(event))).toHaveLength(24);
  expect(new Set(data!.events).size).toBe(data!.events.length);
  expect(data!.wildcards).toEqual({
    '*': 'Subscribe to every event.',
    'release.dsp.*.live': 'Every DSP go-live event.',
    'release.dsp.spotify.*': 'Every Spotify lifecycle event.',
    'ingestion.*': 'Every inbound ingestion event.',
  });
});

test('a webhook is made, shown, changed and removed', async () => {
  const caller = newCaller();
  const made = await sandbox.client.createWebhook(caller, { ...hook, description: 'Notify our backend' });
  expect(made.message).toBe('Webhook created. Store the secret now — it will not be shown again.');
  const { secret, ...shown } = made.data!;
  expect(secret).toMatch(/^tgwhsec_[0-9A-Za-z]{48}$/);
  expect(shown).toMatchObject({ ...hook, description: 'Notify our backend', isActive: true, hasPreviousSecret: false });
  expect(shown.secretPrefix).toBe(secret!.slice(0, 15));
  const { uuid } = shown;
  expect((await sandbox.client.getWebhook(caller, { uuid })).data).toEqual({ ...shown, secret: undefined });
  expect((await sandbox.client.listWebhooks(caller, {})).data).toEqual([{ ...shown, secret: undefined }]);

  const { data: changed } = await sandbox.client.updateWebhook(caller, {
    uuid,
    updateMask: supplied('name', 'events', 'description', 'is_active'),
    name: 'Renamed',
    events: ['release.dsp.apple_music.live', 'release.dsp.applemusic.live'],
    isActive: false,
  });
  // A slug in another spelling is the same pattern; a description that is null is cleared; the URL was not supplied and stays.
  expect(changed).toMatchObject({ name: 'Renamed', url: hook.url, events: ['release.dsp.applemusic.live'], isActive: false });
  expect(changed!.description).toBeUndefined();

  await sandbox.client.deleteWebhook(caller, { uuid });
  const gone = [404, 'webhook.not_found', 'Webhook not found.', undefined];
  expect(await refusal(sandbox.client.getWebhook(caller, { uuid }))).toEqual(gone);
  expect(await refusal(sandbox.client.deleteWebhook(caller, { uuid }))).toEqual(gone);
  expect(await refusal(sandbox.client.listWebhookDeliveries(caller, { uuid }))).toEqual(gone);
  expect((await sandbox.client.listWebhooks(caller, {})).data).toEqual([]);
});

test('what is done to a webhook is told to the audit log, without a secret, and to no subscriber', async () => {
  const caller = newCaller({ clientAddress: '198.51.100.23', requestId: 'request-of-the-owner' });
  const subscriber = await sandbox.subscriber();
  await sandbox.subscribe(caller, subscriber.url);
  const url = 'https://example.com/hooks?token=of-the-receiver';
  const { uuid, secret } = await sandbox.subscribe(caller, url, ['webhook.*']);
  await sandbox.client.updateWebhook(caller, {
    uuid,
    updateMask: supplied('is_active', 'previous_secret'),
    isActive: false,
    previousSecret: secret,
  });
  const { data: rotated } = await sandbox.client.rotateWebhookSecret(caller, { uuid });
  const { data: tested } = await sandbox.client.testWebhook(caller, { uuid });
  await sandbox.client.redeliverWebhook(caller, { uuid, id: tested!.deliveryId });
  await sandbox.client.deleteWebhook(caller, { uuid });
  const rows = await sandbox.data.system((tx) =>
    tx.query<{ payload: string }>(`select payload from outbox where type = 'audit.action' and ordering_key = $1 order by id`, [uuid]),
  );
  const told = rows.map(({ payload }) => (JSON.parse(payload) as { data: AuditActionData }).data);
  expect(told.map(({ action }) => action)).toEqual([
    'webhook.created',
    'webhook.updated',
    'webhook.secret_rotated',
    'webhook.tested',
    'webhook.redelivered',
    'webhook.deleted',
  ]);
  expect(told[1]).toEqual({
    action: 'webhook.updated',
    target: `webhook:${uuid}`,
    actor: caller.subject,
    on_behalf_of: null,
    client_address: '198.51.100.23',
    request_id: 'request-of-the-owner',
    before: expect.objectContaining({ is_active: 'true', has_previous_secret: 'false', url: 'https://example.com/hooks?…' }),
    after: expect.objectContaining({ is_active: 'false', has_previous_secret: 'true' }),
  });
  for (const hidden of [secret, rotated!.secret!, 'of-the-receiver']) expect(JSON.stringify(told)).not.toContain(hidden);
  expect(told[2]).toMatchObject({ before: { secret_prefix: secret.slice(0, 15) }, after: { secret_prefix: rotated!.secretPrefix } });
  await waitFor(async () => (await sandbox.data.system((tx) => tx.query('select from outbox where published_at is null'))).length === 0, {
    timeout: 30_000,
    what: 'the outbox',
  });
  const last = await sandbox.tell(caller);
  await waitFor(() => subscriber.events().includes(last), { timeout: 30_000, what: 'the event after them' });
  expect([...new Set(subscriber.receipts.map(({ event }) => event))]).toEqual(['release.created']);
});

test('the list pages newest first, by number and by cursor', async () => {
  const caller = newCaller();
  const uuids: string[] = [];
  for (let n = 0; n < 5; n += 1) uuids.unshift((await sandbox.subscribe(caller, `https://example.com/${n}`)).uuid);
  const second = await sandbox.client.listWebhooks(caller, { page: 2, perPage: 2 });
  expect(second.data.map(({ uuid }) => uuid)).toEqual(uuids.slice(2, 4));
  expect(second.meta).toMatchObject({ mode: 'offset', total: 5n, currentPage: 2, lastPage: 3, hasMore: true });
  const first = await sandbox.client.listWebhooks(caller, { perPage: 3, cursor: '' });
  const rest = await sandbox.client.listWebhooks(caller, { perPage: 3, cursor: first.meta!.nextCursor! });
  expect([...first.data, ...rest.data].map(({ uuid }) => uuid)).toEqual(uuids);
  expect((await refusal(sandbox.client.listWebhooks(caller, { cursor: 'made up' })))[1]).toBe('cursor.invalid');
});

describe('what is refused, and with which words', () => {
  const caller = newCaller();
  test.each([
    ['an unknown pattern', { events: ['release.dsp.spotify.totallyfake', 'ingestion.*', 'nothing'] }, 'webhook.unknown_events',
      'Unknown event pattern(s): release.dsp.spotify.totallyfake, nothing.',
      { events: ['Unknown event pattern: release.dsp.spotify.totallyfake', 'Unknown event pattern: nothing'] }],
    ['another scheme', { url: 'ftp://example.com/' }, 'validation.failed', 'Validation failed', { url: ['The url must be a valid URL.'] }],
    ['credentials', { url: 'https://me:secret@example.com/' }, 'webhook.url_refused', 'The URL must not contain a user name or password.',
      { url: ['The URL must not contain a user name or password.'] }],
    ['no name', { name: ' ' }, 'validation.failed', 'Validation failed', { name: ['The name field is required.'] }],
    ['no events', { events: [] }, 'validation.failed', 'Validation failed', { events: ['The events field is required.'] }],
    ['a long description', { description: 'x'.repeat(1001) }, 'validation.failed', 'Validation failed',
      { description: ['The description may not be greater than 1000 characters.'] }],
  ])('%s', async (_, wrong, code, message, fields) => {
    expect(await refusal(sandbox.client.createWebhook(caller, { ...hook, ...wrong }))).toEqual([422, code, message, fields]);
  }); // prettier-ignore

  test('in an update too, and nothing is changed then', async () => {
    const { uuid } = await sandbox.subscribe(caller, hook.url);
    const update = (paths: string[], values: Partial<UpdateWebhookRequest> = {}) =>
      refusal(sandbox.client.updateWebhook(caller, { ...values, uuid, updateMask: supplied(...paths) } as UpdateWebhookRequest));
    expect((await update(['name'], {}))[3]).toEqual({ name: ['The name field is required.'] });
    expect((await update(['url', 'events', 'is_active']))[3]).toEqual({
      url: ['The url field is required.'],
      events: ['The events field is required.'],
      is_active: ['The is_active field is required.'],
    });
    expect((await update(['name', 'events'], { name: 'Other', events: ['made.up'] }))[2]).toBe('Unknown event pattern(s): made.up.');
    expect((await update(['previous_secret'], { previousSecret: 'short' }))[3]).toHaveProperty('previous_secret');
    expect((await sandbox.client.getWebhook(caller, { uuid })).data).toMatchObject({
      name: 'suite',
      events: ['*'],
      hasPreviousSecret: false,
    });
  });
});

describe('at most 25 are active', () => {
  const limit = [409, 'webhook.limit_reached', 'Webhook subscription limit (25) reached.', undefined];

  test('also when 40 are asked for at once; inactive ones do not count, and none can be woken beyond it', async () => {
    const caller = newCaller();
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, () =>
        sandbox.client.createWebhook(caller, hook).then(
          ({ data }) => data!.uuid,
          (error: Error) => error.message,
        ),
      ),
    );
    const made = outcomes.filter((outcome) => outcome !== limit[2]);
    expect([made.length, outcomes.length - made.length]).toEqual([25, 15]);
    expect(await refusal(sandbox.client.createWebhook(caller, hook))).toEqual(limit);

    const { data: asleep } = await sandbox.client.createWebhook(caller, { ...hook, isActive: false });
    const wake = { uuid: asleep!.uuid, updateMask: supplied('is_active'), isActive: true };
    expect(await refusal(sandbox.client.updateWebhook(caller, wake))).toEqual(limit);
    await sandbox.client.deleteWebhook(caller, { uuid: made[0]! });
    expect((await sandbox.client.updateWebhook(caller, wake)).data!.isActive).toBe(true);
    // Another tenant has its own 25.
    await sandbox.client.createWebhook(newCaller(), hook);
  });
});

test('a repeated call with its key gets the same answer, secret included, and makes nothing new', async () => {
  const caller = newCaller();
  const first = await sandbox.client.createWebhook(withKey(caller, 'key-1'), hook);
  const again = withKey(caller, 'key-1');
  expect(await sandbox.client.createWebhook(again, hook)).toEqual(first);
  expect(again.answer.replayed).toBe(true);
  expect((await sandbox.client.listWebhooks(caller, {})).data).toHaveLength(1);
  expect((await refusal(sandbox.client.createWebhook(withKey(caller, 'key-1', 'other'), hook)))[1]).toBe('idempotency.key_mismatch');

  const rotating = () => withKey(caller, 'key-2', 'hash', 'POST /webhooks/:uuid/rotate-secret');
  const rotated = await sandbox.client.rotateWebhookSecret(rotating(), { uuid: first.data!.uuid });
  expect(rotated.data!.secret).not.toBe(first.data!.secret);
  expect(await sandbox.client.rotateWebhookSecret(rotating(), { uuid: first.data!.uuid })).toEqual(rotated);
});

test("another tenant's webhook is as if absent, whatever is asked of it", async () => {
  const [owner, stranger] = [newCaller(), newCaller()];
  const { uuid } = await sandbox.subscribe(owner, hook.url);
  const { data: tested } = await sandbox.client.testWebhook(owner, { uuid });
  const id = tested!.deliveryId;
  const { client } = sandbox;
  const calls = {
    get: client.getWebhook(stranger, { uuid }),
    update: client.updateWebhook(stranger, { uuid, updateMask: supplied('name'), name: 'Mine' }),
    remove: client.deleteWebhook(stranger, { uuid }),
    test: client.testWebhook(stranger, { uuid }),
    rotate: client.rotateWebhookSecret(stranger, { uuid }),
    log: client.listWebhookDeliveries(stranger, { uuid }),
    redeliver: client.redeliverWebhook(stranger, { uuid, id }),
  };
  for (const [what, call] of Object.entries(calls))
    expect([what, ...(await refusal(call)).slice(0, 3)]).toEqual([what, 404, 'webhook.not_found', 'Webhook not found.']);
  expect((await client.listWebhooks(stranger, {})).data).toEqual([]);
  expect((await client.getWebhook(owner, { uuid })).data!.name).toBe('suite');

  // Somebody else's delivery through one's own webhook, and one that never was.
  const own = await sandbox.subscribe(stranger, hook.url);
  for (const delivery of [id, uuidv4()])
    expect((await refusal(client.redeliverWebhook(stranger, { uuid: own.uuid, id: delivery }))).slice(0, 3)).toEqual([
      404,
      'webhook.delivery_not_found',
      'Webhook delivery not found.',
    ]);
});

test('no secret is readable in the database or in the logs', async () => {
  const caller = newCaller();
  const { data: made } = await sandbox.client.createWebhook(withKey(caller, 'sealed'), hook);
  const { data: rotated } = await sandbox.client.rotateWebhookSecret(caller, { uuid: made!.uuid });
  const secrets = [made!.secret!, rotated!.secret!];
  await sandbox.client.updateWebhook(caller, { uuid: made!.uuid, updateMask: supplied('previous_secret'), previousSecret: secrets[0] });
  const dump = await sandbox.data.system(async (tx) => {
    const tables = await tx.query<{ name: string }>(
      `select table_name as name from information_schema.tables where table_schema = 'public'`,
    );
    const found: string[] = [];
    for (const { name } of tables) {
      for (const row of await tx.query<object>(`select * from "${name}"`))
        found.push(...Object.values(row).map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : JSON.stringify(value))));
    }
    return found.join('\n');
  });
  expect(dump).toContain(made!.uuid);
  // The prefix that is shown may be there; what follows it, nowhere.
  for (const secret of secrets)
    for (const text of [dump, sandbox.services[0]!.process.logs()]) expect(text).not.toContain(secret.slice(15));
});
