import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { eventMessages, UserRole } from '@tonegrid/contracts';
import { audited, subjectOf, type AuditedAction } from '@tonegrid/events';
import type { Caller } from '@tonegrid/rpc';
import { waitFor } from '@tonegrid/testing';
import { connect, type NatsConnection } from 'nats';
import { verifyChains } from '../src/audit/verify-chains';
import { command, encryptionKey, gateway, startIdentity, type RunningIdentity } from './start-identity';

let running: RunningIdentity;
let identity: RunningIdentity['identity'];
let owner: Caller;
let other: Caller;

const verify = (...args: string[]) => command('verify-audit-log.js', args, running.env(0, 0));
const act = (caller: Caller, name: string) =>
  identity.createApiKey({ ...caller, requestId: `request of ${name}` }, { name, scopes: ['releases:read'] });

/** Around triggers and policies, as whoever owns the server could; undone afterwards. */
async function tampered(sql: string, look: () => Promise<void>): Promise<void> {
  const copies = ['create table log_copy as table audit_log', 'create table heads_copy as table audit_heads'];
  const quietly = (statements: string[]) => running.asSuperuser(['set session_replication_role = replica', ...statements].join(';'));
  await quietly([...copies, sql]);
  try {
    await look();
  } finally {
    const restore = (table: string, copy: string) => [
      `delete from ${table}`,
      `insert into ${table} select * from ${copy}`,
      `drop table ${copy}`,
    ];
    await quietly([...restore('audit_log', 'log_copy'), ...restore('audit_heads', 'heads_copy')]);
  }
}

beforeAll(async () => {
  running = await startIdentity();
  ({ identity } = running);
  owner = await running.callerOf({ key: running.seed.key });
  other = await running.callerOf({ key: running.seed.enterprise_key });
  for (const name of ['one', 'two', 'three']) await act(owner, name);
  await act(other, 'theirs');
}, 180_000);

afterAll(() => running?.stop());

describe('the audit log', () => {
  test('says who did what, from where, in which request, with what before and after', async () => {
    const { data: made } = await act(owner, 'to be renamed');
    await identity.updateApiKey({ ...owner, requestId: 'renaming' }, { id: made!.id, name: 'renamed', updateMask: { paths: ['name'] } });
    const { data } = await identity.listAuditLog(owner, { perPage: 1 });
    expect(data[0]).toMatchObject({
      actor: owner.subject,
      actionType: 'api_key.updated',
      target: `api_key:${made!.id}`,
      sourceIp: '203.0.113.7',
      requestId: 'renaming',
      before: { name: 'to be renamed', scopes: 'releases:read' },
      after: { name: 'renamed', scopes: 'releases:read' },
    });
    expect(data[0]!.onBehalfOf).toBeUndefined();
  });

  test('has an entry of the same commit for every privileged action', async () => {
    const { data: app } = await identity.createOAuthClient(owner, { name: 'a', scopes: ['releases:read'] });
    await identity.deleteOAuthClient(owner, { id: app!.id });
    const { data: user } = await identity.createUser(owner, {
      email: 'a@b.example',
      password: 'trombone umbrella nine',
      role: UserRole.VIEWER,
    });
    await identity.login(gateway(), { email: 'a@b.example', password: 'trombone umbrella nine', tenantSlug: running.seed.tenant });
    await identity.deleteUser(owner, { uuid: user!.uuid });
    const { data: key } = await act(owner, 'short-lived');
    await identity.rotateApiKey(owner, { id: key!.id });
    await identity.revokeApiKey(owner, { id: key!.id });
    await identity.updateOwnTenant(owner, { locale: 'fr', updateMask: { paths: ['locale'] } });
    const { data } = await identity.listAuditLog(owner, { perPage: 9 });
    expect(data.map(({ actionType }) => actionType).reverse()).toEqual([
      'oauth_client.created',
      'oauth_client.deleted',
      'user.created',
      'user.logged_in',
      'user.deleted',
      'api_key.created',
      'api_key.rotated',
      'api_key.revoked',
      'tenant.updated',
    ]);
    expect(data[0]).toMatchObject({ before: { locale: 'en' }, after: { locale: 'fr' } });
  });

  test('has no gap and no fork when many act at once', async () => {
    await Promise.all(Array.from({ length: 30 }, (_, n) => act(n % 2 ? owner : other, `at once ${n}`)));
    expect(await verify()).toMatchObject({ code: 0 });
  });

  test('is listed by actor, action and time, in both modes, and only to its tenant', async () => {
    const all = await identity.listAuditLog(owner, { perPage: 100 });
    const sequences = all.data.map(({ sequence }) => Number(sequence));
    expect(sequences).toEqual(Array.from({ length: sequences.length }, (_, n) => sequences.length - n));
    const created = await identity.listAuditLog(owner, { actionType: 'api_key.created', actor: owner.subject, perPage: 100 });
    expect(created.data.length).toBeGreaterThan(3);
    expect(created.data.every(({ actionType, actor }) => actionType === 'api_key.created' && actor === owner.subject)).toBe(true);
    expect((await identity.listAuditLog(owner, { actor: 'user:nobody' })).data).toEqual([]);
    const middle = all.data[2]!.createdAt!;
    const until = await identity.listAuditLog(owner, { to: middle, perPage: 100 });
    const since = await identity.listAuditLog(owner, { from: middle, perPage: 100 });
    expect(until.data.length + since.data.length).toBe(all.data.length);
    expect((await identity.listAuditLog(owner, { from: timestampFromDate(new Date(Date.now() + 60_000)) })).data).toEqual([]);
    const walked: number[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const page: Awaited<ReturnType<typeof identity.listAuditLog>> = await identity.listAuditLog(owner, { perPage: 7, cursor });
      walked.push(...page.data.map(({ sequence }) => Number(sequence)));
      cursor = page.cursor!.next;
    }
    expect(walked).toEqual(sequences);
    expect((await identity.listAuditLog(other, { perPage: 100 })).data.every(({ actor }) => actor === other.subject)).toBe(true);
  });

  test('cannot be changed by the service, nor by the owner of its tables', async () => {
    const asService = (sql: string) => running.data.system((tx) => tx.query(sql));
    for (const sql of [`update audit_log set actor = 'nobody'`, 'delete from audit_log', 'truncate audit_log', 'delete from audit_heads'])
      await expect(asService(sql)).rejects.toThrow(/permission denied/);
    await expect(asService('update audit_heads set seq = seq - 1')).rejects.toThrow('append-only');
    for (const sql of [`update audit_log set actor = 'nobody'`, 'delete from audit_log', 'truncate audit_log'])
      await expect(running.asSuperuser(sql)).rejects.toThrow('append-only');
  });
});

describe('what other services did', () => {
  let connection: NatsConnection;
  const release = '0199a0c4-1a2b-7d10-8a6e-5f0c2d3e4b5a';

  beforeAll(async () => {
    connection = await connect({ servers: running.nats.url });
  });

  afterAll(() => connection?.close());

  /** As a service's relay publishes what its use case put into the outbox. */
  const told = (caller: Caller, action: AuditedAction, time = new Date()) => {
    const { subject, data, tenantUuid } = audited(caller, action);
    return {
      specversion: '1.0',
      id: randomUUID(),
      source: '/tonegrid/catalog',
      type: 'audit.action',
      subject,
      time: time.toISOString(),
      datacontenttype: 'application/json',
      tenantuuid: tenantUuid,
      data,
    };
  };
  const publish = (event: object) => connection.jetstream().publish(subjectOf('sandbox', 'audit.action'), JSON.stringify(event));
  const entries = async (caller: Caller, actionType: string) => (await identity.listAuditLog(caller, { actionType, perPage: 100 })).data;
  const arrived = async (caller: Caller, actionType: string) => {
    await waitFor(async () => (await entries(caller, actionType)).length > 0, { timeout: 30_000, what: actionType });
    return entries(caller, actionType);
  };

  test('has an entry with who, acting as whom, from where, in which request, what, before and after, and when', async () => {
    const acting = { ...owner, requestId: 'approving', onBehalfOf: other.tenantUuid, clientAddress: '2001:db8::7' };
    const approved = {
      action: 'release.approved',
      target: `release:${release}`,
      before: { status: 'pending' },
      after: { status: 'approved' },
    };
    const time = new Date(Date.now() - 5_000);
    const event = told(acting, approved, time);
    await publish(event);
    const [entry] = await arrived(owner, 'release.approved');
    expect(entry).toMatchObject({
      uuid: event.id,
      actor: owner.subject,
      onBehalfOf: other.tenantUuid,
      actionType: 'release.approved',
      target: `release:${release}`,
      sourceIp: '2001:db8::7',
      requestId: 'approving',
      before: { status: 'pending' },
      after: { status: 'approved' },
    });
    expect(timestampDate(entry!.createdAt!)).toEqual(time);
    expect(await entries(other, 'release.approved')).toEqual([]);
    expect(await verify()).toMatchObject({ code: 0 });
  });

  test('has one entry however often its event comes, and entries about one thing are in their order', async () => {
    const events = [1, 2, 3].map((n) => told(owner, { action: 'delivery.queued', target: `release:${release}`, after: { n } }));
    // Without the message id by which NATS itself would refuse the second.
    for (const event of [events[0]!, events[0]!, events[1]!, events[0]!, events[2]!]) await publish(event);
    await publish(told(owner, { action: 'the.last', target: `release:${release}` }));
    await arrived(owner, 'the.last');
    expect((await entries(owner, 'delivery.queued')).map(({ after }) => after['n']).reverse()).toEqual(['1', '2', '3']);
    expect(await verify()).toMatchObject({ code: 0 });
  });

  test('comes in bursts, of which each chain has its part in order, in few transactions', async () => {
    const events = Array.from({ length: 200 }, (_, n) =>
      told(n % 3 ? owner : other, { action: 'release.burst', target: `release:${n % 7}`, after: { n } }),
    );
    await Promise.all(events.map(publish));
    await waitFor(async () => (await entries(owner, 'release.burst')).length + (await entries(other, 'release.burst')).length === 167, {
      timeout: 30_000,
      what: 'all that a page shows of them',
    });
    const rows = await running.asSuperuser<{ uuid: string; transactions: number }>(
      `select uuid, count(*) over () as transactions from audit_log where action_type = 'release.burst'`,
    );
    expect(new Set(rows.map(({ uuid }) => uuid))).toEqual(new Set(events.map(({ id }) => id)));
    const [count] = await running.asSuperuser<{ n: number }>(
      `select count(distinct xmin::text)::int as n from inbox where consumer = 'identity-audit' and event_id in (select uuid from audit_log where action_type = 'release.burst')`,
    );
    expect(count!.n).toBeLessThan(60);
    expect(await verify()).toMatchObject({ code: 0 });
  });

  test('is not lost while it cannot be written: what fails is tried again, without holding up what is about something else', async () => {
    const refuse = `create function refuse_one() returns trigger language plpgsql as $$
      begin if new.action_type = 'webhook.created' then raise exception 'not now' using errcode = '57P03'; end if; return new; end $$;
      create trigger refuse_one before insert on audit_log for each row execute function refuse_one()`;
    await running.asSuperuser(refuse);
    try {
      await publish(told(owner, { action: 'webhook.created', target: `webhook:${randomUUID()}` }));
      await publish(told(other, { action: 'webhook.deleted', target: `webhook:${randomUUID()}` }));
      await arrived(other, 'webhook.deleted');
      expect(await entries(owner, 'webhook.created')).toEqual([]);
    } finally {
      await running.asSuperuser('drop function refuse_one() cascade');
    }
    expect(await arrived(owner, 'webhook.created')).toHaveLength(1);
    expect(await verify()).toMatchObject({ code: 0 });
  });
});

describe('what a tenant sets for its catalogue', () => {
  test('is told whole with every change, also with one by a tenant above', async () => {
    const settings = () =>
      running.asSuperuser<{ payload: string }>(`select payload from outbox where type = 'tenant.settings_updated' order by id`);
    const before = (await settings()).length;
    await identity.updateOwnTenant(owner, {
      defaultDsps: ['Apple_Music'],
      isrcPrefix: 'QZ-AB1',
      updateMask: { paths: ['default_dsps', 'isrc_prefix'] },
    });
    await identity.updateClientTenant(other, { uuid: owner.tenantUuid, isrcPrefix: undefined, updateMask: { paths: ['isrc_prefix'] } });
    const told = (await settings())
      .slice(before)
      .map(({ payload }) => JSON.parse(payload) as { subject: string; tenantuuid: string; data: object });
    const known = eventMessages.find(({ type }) => type === 'tenant.settings_updated');
    expect(known?.internal).toBe(true);
    expect(Object.keys(told[0]!.data)).toEqual(known?.message.fields.map(({ name }) => name));
    expect(told).toMatchObject([
      { subject: owner.tenantUuid, tenantuuid: owner.tenantUuid, data: { default_dsps: ['applemusic'], isrc_prefix: 'QZAB1' } },
      { subject: owner.tenantUuid, tenantuuid: other.tenantUuid, data: { tenant_uuid: owner.tenantUuid, isrc_prefix: null } },
    ]);
  });
});

describe('verify-audit-log', () => {
  const mine = (condition: string) => `tenant_uuid = '${running.seed.tenant_uuid}' and ${condition}`;
  const says = async (problem: RegExp) => {
    const { flaws } = await verifyChains(running.data, encryptionKey);
    expect(flaws.map(({ tenantUuid }) => tenantUuid)).toEqual([running.seed.tenant_uuid]);
    expect(`row ${flaws[0]!.seq}: ${flaws[0]!.problem}`).toMatch(problem);
  };

  test('finds nothing where nothing was done', async () => {
    const { code, stdout } = await verify();
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+ rows in \d+ chains: every chain is whole\n$/)]);
  });

  test.each([
    [
      'an altered row',
      () => `update audit_log set after = replace(after, 'two', 'too') where ${mine('seq = 2')}`,
      /row 2: the row was altered/,
    ],
    [
      'a row under another name',
      () => `update audit_log set actor = 'user:someone' where ${mine('seq = 3')}`,
      /row 3: the row was altered/,
    ],
    [
      'a moved date',
      () => `update audit_log set created_at = created_at - interval '1 day' where ${mine('seq = 1')}`,
      /row 1: the row was altered/,
    ],
    ['a row taken out', () => `delete from audit_log where ${mine('seq = 2')}`, /row 2: the row is missing \(the next is 3\)/],
    [
      'two rows in each other’s place',
      () => `update audit_log set seq = -seq where ${mine('seq in (2, 3)')}; update audit_log set seq = 5 + seq where ${mine('seq < 0')}`,
      /row 2: the row was altered/,
    ],
    ['rows cut off at the end', () => `delete from audit_log where ${mine('seq > 2')}`, /row 3: rows are missing at the end/],
    [
      'a chain cut off with its head',
      () => `delete from audit_log where ${mine('seq > 2')}; update audit_heads set seq = 2 where ${mine('true')}`,
      /row 2: the head was altered/,
    ],
    ['a head taken away', () => `delete from audit_heads where ${mine('true')}`, /its head was removed/],
  ])('shows %s', async (_what, sql, problem) => tampered(sql(), () => says(problem)));

  test('still shows it when the log goes on after it', async () => {
    const log = `delete from audit_log where ${mine('seq > 2')}; update audit_heads set seq = 2, row_seal = (select seal from audit_log where ${mine('seq = 2')}) where ${mine('true')}`;
    await tampered(log, async () => {
      await act(owner, 'unaware');
      await says(/the head was altered/);
      const { code, stdout } = await verify();
      expect([code, stdout]).toEqual([1, expect.stringContaining(`tenant ${running.seed.tenant_uuid}, row 3: the head was altered`)]);
    });
  });

  test('shows a chain that was set back as a whole, from where it ended before', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'audit-ends-'));
    const file = join(folder, 'ends.json');
    try {
      expect(await verify('--ends', file)).toMatchObject({ code: 0 });
      const noted = JSON.parse(readFileSync(file, 'utf8')) as { tenant: string; seq: number; seal: string }[];
      expect(noted.map(({ tenant }) => tenant)).toContain(running.seed.tenant_uuid);
      await act(owner, 'later');
      expect(await verify('--ends', file)).toMatchObject({ code: 0 });
      writeFileSync(file, JSON.stringify(noted.map((end) => ({ ...end, seq: end.seq + 1_000 }))));
      expect(await verify('--ends', file)).toMatchObject({ code: 1, stdout: expect.stringMatching(/was noted earlier/) });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('says that it could not look, which is not that all is well', async () => {
    expect(await command('verify-audit-log.js', [], { ENCRYPTION_KEY: encryptionKey })).toMatchObject({ code: 2 });
    expect(await verify('--nonsense')).toMatchObject({ code: 2 });
  });
});

describe('row-level security', () => {
  const tables = () =>
    running.data.system((tx) =>
      tx.query<{ name: string; forced: boolean }>(
        `select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced from pg_class c
         where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and exists
           (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_uuid') order by 1`,
      ),
    );

  test('is forced on every table that holds a tenant’s data', async () => {
    const found = await tables();
    expect(found.length).toBeGreaterThan(12);
    expect(found.filter(({ forced }) => !forced)).toEqual([]);
  });

  test('shows each tenant its own rows, and of others only tenants and usage below it', async () => {
    await running.data.system((tx) =>
      tx.query(`insert into tenant_usage (tenant_uuid, releases) select tenant_uuid, 1 from tenants on conflict do nothing`),
    );
    const widened = new Set(['tenants', 'tenant_usage']);
    for (const { name } of await tables()) {
      const seen = (tenantUuid: string) =>
        running.data.read<{ tenant_uuid: string }>({ tenantUuid }, `select distinct tenant_uuid from ${name}`);
      expect((await seen('00000000-0000-7000-8000-00000000dead')).map((row) => row.tenant_uuid)).toEqual([]);
      expect([name, (await seen(owner.tenantUuid)).every((row) => row.tenant_uuid === owner.tenantUuid)]).toEqual([name, true]);
      const above = (await seen(other.tenantUuid)).map((row) => row.tenant_uuid);
      if (widened.has(name)) expect(above.sort()).toEqual([other.tenantUuid, owner.tenantUuid].sort());
      else expect([name, above.every((tenant) => tenant === other.tenantUuid)]).toEqual([name, true]);
    }
    await expect(running.data.pool.query('select * from tenants')).resolves.toMatchObject({ rows: [] });
  });

  test('lets nobody write into another tenant, nor make one elsewhere than below itself', async () => {
    const as = (caller: Caller, sql: string, params: unknown[]) => running.data.transaction(caller, (tx) => tx.query(sql, params));
    const user = `insert into users (uuid, tenant_uuid, email, password_hash, role) values (gen_random_uuid(), $1, 'x@y.example', 'x', 'owner')`;
    await expect(as(other, user, [owner.tenantUuid])).rejects.toThrow('row-level security');
    await expect(as(owner, user, [other.tenantUuid])).rejects.toThrow('row-level security');
    const tenant = `insert into tenants (tenant_uuid, parent_uuid, name, slug, tenant_role) values (gen_random_uuid(), $1, 'x', 'sneaky', 'artist')`;
    await expect(as(owner, tenant, [other.tenantUuid])).rejects.toThrow('row-level security');
    await expect(as(other, tenant, [owner.tenantUuid])).rejects.toThrow('row-level security');
    await expect(as(owner, tenant, [null])).rejects.toThrow('row-level security');
    expect(await as(owner, 'update tenants set suspended_at = now() where tenant_uuid = $1 returning 1', [other.tenantUuid])).toEqual([]);
  });
});
