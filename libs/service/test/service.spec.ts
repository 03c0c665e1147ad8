import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { CatalogService, IdentityService } from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import { rpcClient, RpcServer, systemCaller, type Caller, type RpcClient } from '@tonegrid/rpc';
import {
  freePort,
  pause,
  readMetrics,
  startCollector,
  startNats,
  startPostgres,
  startProcess,
  waitFor,
  type Collector,
  type RunningNats,
  type RunningPostgres,
  type RunningProcess,
  type TestDatabase,
} from '@tonegrid/testing';
import { Client } from 'pg';

const command = [process.execPath, join(__dirname, 'small-service.js')];
const internalToken = 'service-suite-internal-token-hushhush';
const encryptionKey = Buffer.alloc(32, 'hush').toString('base64');
const tenantUuid = '0190a000-0000-7000-8000-000000000001';

let postgres: RunningPostgres;
let nats: RunningNats;
let collector: Collector;
let database: TestDatabase;
let identity: RpcServer | undefined;
let identityPort: number;
const running: RunningProcess[] = [];

interface Small {
  process: RunningProcess;
  client: RpcClient<typeof CatalogService>;
  admin: string;
  /** What /readyz says. */
  readiness(): Promise<{ code: number; status: string; checks: Record<string, string> }>;
}

const environment = (ports: { grpc: number; admin: number }): Record<string, string> => ({
  TONEGRID_ENV: 'sandbox',
  LOG_LEVEL: 'debug',
  GRPC_HOST: '127.0.0.1',
  GRPC_PORT: String(ports.grpc),
  ADMIN_HOST: '127.0.0.1',
  ADMIN_PORT: String(ports.admin),
  INTERNAL_TOKEN: internalToken,
  ENCRYPTION_KEY: encryptionKey,
  DATABASE_URL: database.url,
  NATS_URL: nats.url.replace('nats://', 'nats://small:hush@'),
  IDENTITY_ADDRESS: `127.0.0.1:${identityPort}`,
  SHUTDOWN_GRACE_MS: '20000',
});

async function start(changes: Record<string, string> = {}): Promise<Small> {
  const ports = { grpc: await freePort(), admin: await freePort() };
  const admin = `http://127.0.0.1:${ports.admin}`;
  const small = await startProcess({
    name: 'small',
    command,
    env: { ...environment(ports), ...changes },
    ready: `${admin}/livez`,
    timeout: 60_000,
  });
  running.push(small);
  return {
    process: small,
    client: rpcClient(CatalogService, { address: `127.0.0.1:${ports.grpc}`, internalToken, timeoutMs: 60_000 }),
    admin,
    async readiness() {
      const answer = await fetch(`${admin}/readyz`);
      return { code: answer.status, ...((await answer.json()) as { status: string; checks: Record<string, string> }) };
    },
  };
}

const ready = (small: Small) => waitFor(async () => (await small.readiness()).code === 200, { timeout: 60_000, what: 'readiness' });
const notReady = (small: Small) =>
  waitFor(async () => (await small.readiness()).code === 503, { timeout: 60_000, what: 'being not ready' });
const caller = (requestId = 'request-1'): Caller => systemCaller('suite', tenantUuid, requestId);
const refusalOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'answered',
    (error: unknown) => (error instanceof Refused ? error.code : String(error)),
  );

async function openIdentity(): Promise<void> {
  identity = new RpcServer({ address: `127.0.0.1:${identityPort}`, internalToken });
  identity.add(IdentityService.method.listErrors, { run: async () => ({}) });
  await identity.start();
}

/** Rows of the service's database, over all tenants. */
async function rows<R>(sql: string): Promise<R[]> {
  const client = new Client({ connectionString: database.adminUrl });
  await client.connect();
  try {
    return (await client.query<R & object>(sql)).rows;
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  [postgres, nats, collector, identityPort] = await Promise.all([startPostgres({ own: true }), startNats(), startCollector(), freePort()]);
  database = await postgres.createDatabase('small');
}, 120_000);

afterAll(async () => {
  await Promise.all(running.map((each) => each.stop('SIGKILL')));
  await identity?.stop(100);
  await Promise.all([postgres?.stop(), nats?.stop(), collector?.stop()]);
});

/** Runs it until it ends by itself. */
async function outcome(env: Record<string, string>, args: string[] = []): Promise<{ status: number | string; output: string }> {
  const run = await startProcess({ name: 'small', command: [...command, ...args], env });
  const status = await run.exited;
  await run.stop();
  return { status, output: run.logs() };
}

test('a wrong configuration is refused with status 78 and a line for each variable, before anything is touched', async () => {
  const { ENCRYPTION_KEY: _, ...env } = environment({ grpc: 1, admin: 1 });
  const wrong = { DATABASE_URL: 'postgres://app:hush@', LOG_LEVEL: 'loud', GREETING: 'HUSH', NATS_URL: 'hush', SHUTDOWN_GRACE_MS: '5' };
  const { status, output } = await outcome({ ...env, ...wrong });
  expect(status).toBe(78);
  const lines = output.trimEnd().split('\n');
  expect(lines[0]).toBe('small: configuration refused:');
  expect(
    lines
      .slice(1)
      .map((line) => line.trim().split(/[: ]/)[0])
      .sort(),
  ).toEqual(['DATABASE_URL', 'ENCRYPTION_KEY', 'GREETING', 'LOG_LEVEL', 'NATS_URL', 'SHUTDOWN_GRACE_MS']);
  expect(output).not.toMatch(/hush/i);
});

test('told to migrate it makes the tables and ends, and again it finds nothing to do', async () => {
  const env = { DATABASE_URL: database.url, MIGRATION_DATABASE_URL: database.migrationUrl };
  const first = await outcome(env, ['migrate']);
  expect([first.status, JSON.parse(first.output)]).toEqual([
    0,
    expect.objectContaining({ service: 'small', migrations: ['Small1764000000000'], msg: 'migrated' }),
  ]);
  const again = await outcome(env, ['migrate']);
  expect([again.status, JSON.parse(again.output)]).toEqual([0, expect.objectContaining({ migrations: [], msg: 'nothing to migrate' })]);
}, 120_000);

describe('a service', () => {
  let small: Small;

  test('is alive at once, and ready when its database, JetStream and the peer that it needs have been reached', async () => {
    await nats.kill9();
    small = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    expect(await (await fetch(`${small.admin}/livez`)).text()).toBe('ok\n');
    await waitFor(async () => (await small.readiness()).status === 'degraded', { timeout: 60_000 });
    expect(await small.readiness()).toEqual({
      code: 503,
      status: 'degraded',
      checks: { database: 'ok', events: expect.stringMatching(/CONNECTION_REFUSED|ECONNREFUSED/), identity: 'it could not be reached yet' },
    });
    await nats.restart();
    await waitFor(async () => (await small.readiness()).checks['events'] === 'ok', { timeout: 60_000, what: 'JetStream reached' });
    expect((await small.readiness()).code).toBe(503);
    await openIdentity();
    await ready(small);
    expect(await small.readiness()).toEqual({ code: 200, status: 'ready', checks: { database: 'ok', events: 'ok', identity: 'ok' } });
  }, 180_000);

  test.each([
    ['database', () => postgres.kill9(), () => postgres.restart()],
    ['events', () => nats.kill9(), () => nats.restart()],
  ])(
    'is not ready while its %s is away, says so, stays alive, and is ready again by itself',
    async (name, kill, restart) => {
      await kill();
      await notReady(small);
      const { status, checks } = await small.readiness();
      expect(status).toBe('degraded');
      expect(checks[name]).not.toBe('ok');
      expect((await fetch(`${small.admin}/livez`)).status).toBe(200);
      await restart();
      await ready(small);
    },
    180_000,
  );

  test('stays ready when a peer goes away later: callers are told so in its own words', async () => {
    await identity!.stop(100);
    expect((await small.readiness()).code).toBe(200);
    await openIdentity();
  });

  test('writes JSON lines that say request, tenant and trace, in calls and in handlers, and no secret whatever is logged', async () => {
    await small.client.createArtist(caller('request-careless'), { name: 'careless' });
    expect(await refusalOf(small.client.createArtist(caller('request-broken'), { name: 'broken' }))).toBe('internal.error');
    const has = (message: string, request?: string) =>
      small.process.lines().find((line) => line['msg'] === message && (request === undefined || line['request_id'] === request));
    const event = async () =>
      (await rows<{ event_id: string }>(`select event_id from outbox where payload like '%careless%'`))[0]!.event_id;
    await waitFor(async () => has('heard', await event()), { timeout: 30_000, what: 'the event' });
    await waitFor(() => has('served', 'request-broken'), { what: 'the last line of the call' });
    const call = {
      service: 'small',
      tenant: tenantUuid,
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
    };
    const name = 'careless';
    const careless = small.process.lines().find((line) => line['authorization'] !== undefined);
    expect(careless).toMatchObject({
      ...call,
      level: 'info',
      request_id: 'request-careless',
      authorization: '[redacted]',
      set: { cookie: '[redacted]' },
    });
    expect(has('unexpected error', 'request-broken')).toMatchObject({
      ...call,
      level: 'error',
      err: { type: 'Error', stack: expect.any(String) },
    });
    expect(has('heard', await event())).toMatchObject({ ...call, name, trace_id: careless!['trace_id'] });
    expect(has('served', 'request-careless')).toMatchObject({
      ...call,
      level: 'debug',
      code: 'OK',
      rpc: '/tonegrid.catalog.v1.CatalogService/CreateArtist',
    });
    // Every line is JSON with time, level and service, and nothing that a thief could use is in any.
    const lines = small.process
      .logs()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    for (const line of lines)
      expect(line).toMatchObject({ time: expect.stringMatching(/Z$/), level: expect.any(String), service: 'small' });
    const password = new URL(database.url).password;
    for (const secret of ['hush', password, encryptionKey, internalToken]) expect(small.process.logs()).not.toContain(secret);
  }, 60_000);

  test('shows metrics that Prometheus can read: calls, event loop, pool, outbox, consumers', async () => {
    const look = async () => {
      const answer = await fetch(`${small.admin}/metrics`);
      expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
      return readMetrics(await answer.text());
    };
    await waitFor(async () => ((await look()).sum('consumer_handled_total', { consumer: 'small', type: 'artist.created' }) ?? 0) >= 1, {
      timeout: 30_000,
    });
    const metrics = await look();
    const method = '/tonegrid.catalog.v1.CatalogService/CreateArtist';
    expect(metrics.sum('rpc_server_requests_total', { method, code: 'OK' })).toBe(1);
    expect(metrics.sum('rpc_server_requests_total', { method, code: 'internal.error' })).toBe(1);
    expect(metrics.sum('rpc_server_duration_seconds_count', { method })).toBe(2);
    expect(metrics.sum('rpc_server_under_way')).toBe(0);
    expect(metrics.sum('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
    expect(metrics.sum('process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(metrics.sum('database_pool_connections', { state: 'idle' })).toBeGreaterThanOrEqual(1);
    expect(metrics.sum('database_pool_connections', { state: 'waiting' })).toBe(0);
    expect(metrics.sum('outbox_published_total')).toBeGreaterThanOrEqual(1);
    expect(metrics.sum('outbox_relay_leading')).toBe(1);
    for (const name of ['outbox_lag_seconds', 'outbox_unpublished', 'consumer_lag_seconds'])
      expect([name, metrics.types.get(name)]).toEqual([name, 'gauge']);
    expect(metrics.types.get('consumer_pending')).toBe('gauge');
  }, 60_000);

  test('lists the events that were given up, and handles them again when it is told so', async () => {
    const told = (...args: string[]) => outcome({ DATABASE_URL: database.url }, args);
    await rows(`insert into dead_letters (consumer, event_id, tenant_uuid, type, ordering_key, payload, stream_seq, attempts, error)
      select 'small', event_id, tenant_uuid, type, ordering_key, replace(payload, 'careless', 'again'), 1, 8, 'Error: no' from outbox limit 1`);
    const [list, unknown] = await Promise.all([told('dead-letters'), told('replay', randomUUID())]);
    expect([list.status, JSON.parse(list.output)]).toEqual([
      0,
      expect.objectContaining({ consumer: 'small', type: 'artist.created', attempts: 8 }),
    ]);
    expect([unknown.status, unknown.output]).toEqual([1, expect.stringContaining('are no dead letters')]);
    expect((await told('replay', 'all')).status).toBe(0);
    await waitFor(async () => (await rows('select from dead_letters')).length === 0, { timeout: 30_000, what: 'the replay' });
    expect(await rows(`select name from heard where name = 'again'`)).toHaveLength(1);
  }, 120_000);

  test('asked to stop with a call under way: not ready, tells its workers, takes no new call, finishes this one, sends its traces, exits 0', async () => {
    const slow = small.client.createArtist(caller('request-slow'), { name: 'slow 2500' });
    await waitFor(async () => readMetrics(await (await fetch(`${small.admin}/metrics`)).text()).sum('rpc_server_under_way') === 1, {
      timeout: 30_000,
    });
    process.kill(small.process.pid, 'SIGTERM');
    await waitFor(() => small.process.lines().some(({ msg }) => msg === 'stopping'), { what: 'the signal being heard' });
    expect(await small.readiness()).toMatchObject({ code: 503, status: 'stopping' });
    const late = rpcClient(CatalogService, {
      address: `127.0.0.1:${small.process.lines().find(({ msg }) => msg === 'serving gRPC')!['port'] as number}`,
      internalToken,
    });
    expect(await refusalOf(late.createArtist(caller(), { name: 'late' }))).toBe('service.unavailable');
    late.close();
    expect((await slow).artist!.name).toBe('slow 2500');
    expect(await small.process.exited).toBe(0);
    expect(small.process.lines().at(-1)).toMatchObject({ msg: 'stopped' });
    small.client.close();
    const order = small.process.lines().map(({ msg, request_id: id }) => (id === 'request-slow' ? `${String(msg)} slow` : msg));
    expect(order.indexOf('the worker takes no more')).toBeGreaterThan(order.indexOf('stopping'));
    expect(order.indexOf('the worker takes no more')).toBeLessThan(order.indexOf('served slow'));
    expect(await rows(`select name from artists where name in ('slow 2500', 'late')`)).toEqual([{ name: 'slow 2500' }]);
    const line = (request: string) => small.process.lines().find((each) => each['request_id'] === request && each['msg'] === 'served')!;
    const served = collector.spans.find(({ traceId, kind }) => traceId === line('request-slow')['trace_id'] && kind === 'SERVER')!;
    expect(served).toMatchObject({
      service: 'small',
      name: 'tonegrid.catalog.v1.CatalogService/CreateArtist',
      attributes: {
        'resource.service.namespace': 'tonegrid',
        'resource.deployment.environment.name': 'sandbox',
        'tonegrid.tenant': tenantUuid,
      },
    });
    const heard = collector.spans.find(({ traceId, kind }) => traceId === line('request-careless')['trace_id'] && kind === 'CONSUMER')!;
    expect(collector.path(heard)).toEqual([
      'small tonegrid.catalog.v1.CatalogService/CreateArtist',
      'small publish artist.created',
      'small process artist.created',
    ]);
  }, 120_000);
});

test('what does not end is cut off: a call at the end of the grace, with status 0; a handler a moment later, with status 1', async () => {
  if (!identity) await openIdentity();
  // Their collector is away, which must hold up nothing.
  const changes = { SHUTDOWN_GRACE_MS: '1000', OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}` };
  const [withCall, withHandler] = await Promise.all([start(changes), start(changes)]);
  await Promise.all([ready(withCall), ready(withHandler)]);
  // Of the two processes one leads the consumer: the event goes to it, whoever was called.
  await withCall.client.createArtist(caller(), { name: 'endless' });
  const leads = ({ process: { lines } }: Small) => lines().some(({ leads: what }) => what === 'consumer:small');
  await waitFor(() => leads(withCall) || leads(withHandler), { timeout: 30_000 });
  const [busy, free] = leads(withCall) ? [withCall, withHandler] : [withHandler, withCall];
  await waitFor(async () => (readMetrics(await (await fetch(`${busy.admin}/metrics`)).text()).sum('consumer_lag_seconds') ?? 0) > 0, {
    timeout: 30_000,
  });
  const stuck = refusalOf(free.client.createArtist(caller(), { name: 'stuck' }));
  await waitFor(async () => readMetrics(await (await fetch(`${free.admin}/metrics`)).text()).sum('rpc_server_under_way') === 1, {
    timeout: 30_000,
  });
  for (const { process: each } of [busy, free]) process.kill(each.pid, 'SIGTERM');
  expect(await stuck).toBe('service.unavailable');
  expect(await free.process.exited).toBe(0);
  expect(free.process.logs()).toContain('calls were cut off');
  expect(await busy.process.exited).toBe(1);
  expect(busy.process.lines().at(-1)).toMatchObject({ level: 'fatal', msg: 'could not stop in time' });
  for (const { client } of [busy, free]) client.close();
}, 120_000);

test('asked to stop while it waits for its database, it ends at once with status 0', async () => {
  const waiting = await start({ DATABASE_URL: `postgres://app:${randomUUID()}@127.0.0.1:${await freePort()}/nowhere` });
  expect(await waiting.readiness()).toMatchObject({ code: 503, status: 'starting' });
  await pause(200);
  process.kill(waiting.process.pid, 'SIGTERM');
  expect(await waiting.process.exited).toBe(0);
  expect(waiting.process.lines().at(-1)).toMatchObject({ msg: 'stopped before it was ready' });
  waiting.client.close();
}, 60_000);
