import { resolve } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  CatalogService,
  CreateReleaseTreeResponseSchema,
  IngestionService,
  JobState,
  ReleaseStatus,
  ReleaseType,
  type CreateReleaseTreeRequest,
} from '@tonegrid/contracts';
import { openData, roleOf, runMigrations, type Data } from '@tonegrid/data';
import { invalid, Refused } from '@tonegrid/errors';
import { Outbox, Relay } from '@tonegrid/events';
import { logger, metrics, rpcClient, RpcServer, systemCaller, type Caller, type RpcClient } from '@tonegrid/rpc';
import {
  freePort,
  startNats,
  startPostgres,
  startProcess,
  waitFor,
  type RunningNats,
  type RunningPostgres,
  type RunningProcess,
  type TestDatabase,
} from '@tonegrid/testing';
import { v4 as uuidv4, v7 as uuidv7 } from 'uuid';
import { migrations } from '../src/migrations';

const internalToken = 'ingestion-suite-internal-token-0123456789';
const tenantUuid = uuidv7();
const caller = (key?: string, bodyHash = 'hash'): Caller => ({
  ...systemCaller('gateway', tenantUuid, 'suite'),
  idempotency: key === undefined ? undefined : { key, route: 'POST /ingestion/json', bodyHash },
});
const draft = (title: string) => ({ draft: { title, type: ReleaseType.EP, tracks: [{ title: 'One' }, { title: 'Two' }] } });

/** The catalogue as its contract says: one release per job, a refusal for a bad UPC. */
class PlayedCatalog {
  readonly releases = new Map<string, { uuid: string; createdAt: Date; title: string }>();
  calls = 0;
  delayMs = 0;
  takesAll = false;
  last: CreateReleaseTreeRequest | undefined;

  async run(_caller: Caller, request: CreateReleaseTreeRequest) {
    const { draft: wanted, ingestionJobUuid: job } = request;
    this.last = request;
    this.calls += 1;
    if (this.delayMs > 0) await new Promise((done) => setTimeout(done, this.delayMs));
    if (wanted!.upc === '1' && !this.takesAll) throw invalid({ upc: ['The upc has a wrong check digit.'] });
    if (wanted!.upc === '2') throw new Refused('service.unavailable');
    const release = this.releases.get(job) ?? { uuid: uuidv7(), createdAt: new Date(), title: wanted!.title };
    this.releases.set(job, release);
    const tracks = wanted!.tracks.map((track, index) => ({ uuid: uuidv7(), title: track.title, position: index + 1 }));
    const { uuid, title, createdAt } = release;
    return create(CreateReleaseTreeResponseSchema, {
      release: { uuid, title, type: wanted!.type, status: ReleaseStatus.DRAFT, tracks, createdAt: timestampFromDate(createdAt) },
    });
  }
}

let postgres: RunningPostgres;
let nats: RunningNats;
let database: TestDatabase;
let server: RpcServer;
let service: RunningProcess;
let ingestion: RpcClient<typeof IngestionService>;
let data: Data;
let env: Record<string, string>;
let admin: number;
const catalog = new PlayedCatalog();

const startService = () =>
  startProcess({
    name: 'ingestion',
    command: [process.execPath, resolve(__dirname, '../src/main.js')],
    env,
    ready: `http://127.0.0.1:${admin}/readyz`,
  });
const refusalOf = async (call: Promise<unknown>): Promise<Refused> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Refused) return error;
  throw new Error(`not refused: ${String(error)}`);
};
const events = (type: string) =>
  data.system((tx) => tx.query<{ payload: string }>('select payload from outbox where type = $1 order by id', [type]));
const eventsOf = async (type: string, job: string) => (await events(type)).filter(({ payload }) => payload.includes(job)).length;

beforeAll(async () => {
  [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
  database = await postgres.createDatabase('ingestion');
  server = new RpcServer({ address: '127.0.0.1:0', internalToken });
  server.add(CatalogService.method.createReleaseTree, catalog);
  const catalogPort = await server.start();
  const port = await freePort();
  admin = await freePort();
  env = {
    TONEGRID_ENV: 'sandbox',
    DATABASE_URL: database.url,
    MIGRATION_DATABASE_URL: database.migrationUrl,
    MIGRATE_ON_START: 'true',
    DATABASE_POOL_SIZE: '4',
    ENCRYPTION_KEY: Buffer.alloc(32, 5).toString('base64'),
    INTERNAL_TOKEN: internalToken,
    NATS_URL: nats.url,
    CATALOG_ADDRESS: `127.0.0.1:${catalogPort}`,
    GRPC_HOST: '127.0.0.1',
    GRPC_PORT: String(port),
    ADMIN_HOST: '127.0.0.1',
    ADMIN_PORT: String(admin),
  };
  service = await startService();
  ingestion = rpcClient(IngestionService, { address: `127.0.0.1:${port}`, internalToken });
  data = await openData({ url: database.url, migrations, poolSize: 2 });
});

afterAll(async () => {
  ingestion.close();
  await service.stop();
  await data.close();
  await server.stop(100);
  await Promise.all([postgres.stop(), nats.stop()]);
});

test('a release is answered with its job, and the job stands in the log with its events', async () => {
  const answer = await ingestion.ingestJson(caller(), draft('Midnight in Lagos'));
  expect(answer.message).toBe('Release ingested via rest_json — 2 tracks created.');
  expect(answer.data!.tracks.map(({ title }) => title)).toEqual(['One', 'Two']);
  const job = answer.data!.ingestionJobId;
  const { data: logged } = await ingestion.getJob(caller(), { uuid: job });
  expect(logged).toMatchObject({
    state: JobState.ACCEPTED,
    releaseId: answer.data!.release!.uuid,
    title: 'Midnight in Lagos',
    trackCount: 2,
  });
  expect([await eventsOf('ingestion.received', job), await eventsOf('ingestion.accepted', job)]).toEqual([1, 1]);
});

test('where files are to be fetched from goes to the catalogue as it came, and stands in neither answer nor log', async () => {
  const [artworkUrl, audioUrl] = ['https://files.example/cover.jpg?signature=one', 'https://files.example/1.wav?signature=two'];
  const answer = await ingestion.ingestJson(caller(), {
    draft: { ...draft('With files').draft, artworkUrl, tracks: [{ title: 'One', audioUrl }, { title: 'Two' }] },
  });
  expect(answer.message).toBe('Release ingested via rest_json — 2 tracks created.');
  expect([catalog.last!.draft!.artworkUrl, ...catalog.last!.draft!.tracks.map((track) => track.audioUrl)]).toEqual([
    artworkUrl,
    audioUrl,
    undefined,
  ]);
  const job = await ingestion.getJob(caller(), { uuid: answer.data!.ingestionJobId });
  const seen = [answer, job].map((message) =>
    JSON.stringify(message, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  );
  expect([...seen, service.logs()].filter((text) => text.includes('signature'))).toEqual([]);
});

test('releases that come in together are logged together, each with its own job and events', async () => {
  const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => ingestion.ingestJson(caller(), draft(`Together ${n}`))));
  const jobs = await data.systemRead<{ uuid: string; title: string; release_uuid: string; transaction: string }>(
    `select uuid, title, release_uuid, xmin::text as transaction from jobs where title like 'Together %'`,
  );
  const logged = new Map(jobs.map((job) => [job.uuid, job]));
  for (const [n, { data: answer }] of answers.entries())
    expect(logged.get(answer!.ingestionJobId)).toMatchObject({ title: `Together ${n}`, release_uuid: answer!.release!.uuid });
  expect(jobs).toHaveLength(40);
  expect(new Set(jobs.map(({ transaction }) => transaction)).size).toBeLessThan(40);
  for (const { uuid } of jobs)
    expect([await eventsOf('ingestion.received', uuid), await eventsOf('ingestion.accepted', uuid)]).toEqual([1, 1]);
});

test('fifty twins with one key make one release, and all get the same answer', async () => {
  catalog.delayMs = 50;
  const twin = async (): Promise<string> => {
    for (;;) {
      try {
        return JSON.stringify((await ingestion.ingestJson(caller('twins'), draft('Twins'))).data);
      } catch (error) {
        if (!(error instanceof Refused) || error.code !== 'idempotency.in_progress') throw error;
        await new Promise((done) => setTimeout(done, 50));
      }
    }
  };
  const before = catalog.calls;
  const answers = await Promise.all(Array.from({ length: 50 }, twin));
  catalog.delayMs = 0;
  expect(new Set(answers).size).toBe(1);
  expect(catalog.calls - before).toBe(1);
});

test('the same key with another body is refused', async () => {
  await ingestion.ingestJson(caller('one-body', 'a'), draft('First'));
  expect((await refusalOf(ingestion.ingestJson(caller('one-body', 'b'), draft('Second')))).code).toBe('idempotency.key_mismatch');
});

test("the catalogue's refusal is the answer, the job is rejected, and a retry is told the same", async () => {
  const bad = { draft: { ...draft('Bad').draft, upc: '1' } };
  const refused = await refusalOf(ingestion.ingestJson(caller('bad'), bad));
  expect([refused.code, refused.fields]).toEqual(['validation.failed', { upc: ['The upc has a wrong check digit.'] }]);
  const again = await refusalOf(ingestion.ingestJson(caller('bad'), bad));
  expect([again.code, again.fields]).toEqual([refused.code, refused.fields]);
  const { data: rejected } = await ingestion.listJobs(caller(), { state: JobState.REJECTED });
  expect(rejected).toHaveLength(1);
  expect(rejected[0]).toMatchObject({ errorCode: 'validation.failed', validationErrors: [{ field: 'upc' }] });
  expect(await eventsOf('ingestion.rejected', rejected[0]!.uuid)).toBe(1);
});

test('a refusal needs no second connection: as many at once as there are connections are each told it, and each job is rejected', async () => {
  const bad = { draft: { ...draft('Bad').draft, upc: '1' } };
  catalog.delayMs = 200;
  const refused = await Promise.all(Array.from({ length: 8 }, (_, n) => refusalOf(ingestion.ingestJson(caller(`bad-${n}`), bad))));
  catalog.delayMs = 0;
  expect(refused.map(({ code }) => code)).toEqual(Array.from({ length: 8 }, () => 'validation.failed'));
  expect((await ingestion.listJobs(caller(), { state: JobState.REJECTED })).data).toHaveLength(9);
});

test('while the catalogue is slow with those who have a key, everybody else is answered', async () => {
  catalog.delayMs = 1_500;
  const calls = catalog.calls;
  const slow = Array.from({ length: 8 }, (_, n) => ingestion.ingestJson(caller(`slow-${n}`), draft(`Slow ${n}`)));
  await waitFor(() => catalog.calls >= calls + 2, { what: 'the first at the catalogue' });
  const first = await Promise.race([
    ingestion.listJobs(caller(), {}).then(() => 'the list'),
    ...slow.map((call) => call.then(() => 'slow')),
  ]);
  catalog.delayMs = 0;
  expect(first).toBe('the list');
  await Promise.all(slow);
});

test('what was rejected and is accepted when it comes again, a day later, is told as accepted', async () => {
  const again = { draft: { ...draft('Again').draft, upc: '1' } };
  await refusalOf(ingestion.ingestJson(caller('again'), again));
  const [rejected] = await data.systemRead<{ uuid: string }>(`select uuid from jobs where title = 'Again'`);
  await data.system((tx) => tx.query(`update idempotency set created_at = created_at - interval '25 hours'`));
  catalog.takesAll = true;
  const answer = await ingestion.ingestJson(caller('again'), again);
  catalog.takesAll = false;
  expect(answer.data!.ingestionJobId).toBe(rejected!.uuid);
  const { data: job } = await ingestion.getJob(caller(), { uuid: rejected!.uuid });
  expect(job).toMatchObject({ state: JobState.ACCEPTED, releaseId: answer.data!.release!.uuid, validationErrors: [] });
  expect(job!.errorCode).toBeUndefined();
  expect([await eventsOf('ingestion.rejected', rejected!.uuid), await eventsOf('ingestion.accepted', rejected!.uuid)]).toEqual([1, 1]);
});

test('a catalogue that is away is no rejection: the key stays free', async () => {
  const away = { draft: { ...draft('Away').draft, upc: '2' } };
  expect((await refusalOf(ingestion.ingestJson(caller('away'), away))).code).toBe('service.unavailable');
  expect((await ingestion.listJobs(caller(), { state: JobState.REJECTED })).data).toHaveLength(9);
});

test('killed between the commit of the catalogue and its own, the retry names the same release', async () => {
  catalog.delayMs = 300;
  const calls = catalog.calls;
  const cut = ingestion.ingestJson(caller('killed'), draft('Killed')).catch(() => 'cut');
  await waitFor(() => catalog.calls > calls);
  await service.kill9();
  await cut;
  catalog.delayMs = 0;
  service = await startService();
  const answer = await waitFor(() => ingestion.ingestJson(caller('killed'), draft('Killed')), { timeout: 20_000 });
  const made = [...catalog.releases.values()].filter(({ title }) => title === 'Killed');
  expect(made.map(({ uuid }) => uuid)).toEqual([answer.data!.release!.uuid]);
  expect(await eventsOf('ingestion.accepted', answer.data!.ingestionJobId)).toBe(1);
}, 60_000);

test('a release that the catalogue tells of has its job in the log, also when nobody asks again', async () => {
  const catalogDatabase = await postgres.createDatabase('played_catalog');
  await runMigrations({ url: catalogDatabase.migrationUrl, appRole: roleOf(catalogDatabase.url), migrations });
  const told = await openData({ url: catalogDatabase.url, poolSize: 2 });
  const relay = new Relay({
    databaseUrl: catalogDatabase.url,
    nats: { servers: nats.url },
    env: 'sandbox',
    log: logger,
    registry: metrics.registry,
  });
  relay.start();
  const [job, release] = [uuidv4(), uuidv4()];
  const outbox = new Outbox('/tonegrid/catalog', told);
  await told.transaction({ tenantUuid }, (tx) =>
    outbox.add(tx, {
      type: 'release.created',
      subject: release,
      tenantUuid,
      data: {
        release_uuid: release,
        title: 'Orphan',
        status: 'draft',
        ingestion_job_uuid: job,
        type: 'ep',
        track_count: 2,
        source: 'rest_json',
      },
    }),
  );
  const logged = await waitFor(async () => (await ingestion.getJob(caller(), { uuid: job })).data, { timeout: 20_000 });
  expect(logged).toMatchObject({ state: JobState.ACCEPTED, releaseId: release, title: 'Orphan' });
  expect(await eventsOf('ingestion.accepted', job)).toBe(1);
  await relay.stop();
  await told.close();
}, 60_000);

test("another tenant's jobs are as if absent", async () => {
  const stranger = { ...caller(), tenantUuid: uuidv7() };
  const { data: own } = await ingestion.listJobs(caller(), {});
  expect((await refusalOf(ingestion.getJob(stranger, { uuid: own[0]!.uuid }))).code).toBe('ingestion.job_not_found');
  expect((await ingestion.listJobs(stranger, {})).data).toEqual([]);
});

test('the list pages by cursor without losing or repeating a job while others come in', async () => {
  const all = (await ingestion.listJobs(caller(), { perPage: 100 })).data.map(({ uuid }) => uuid);
  const seen: string[] = [];
  let cursor: string | undefined = '';
  while (cursor !== undefined) {
    const page: Awaited<ReturnType<typeof ingestion.listJobs>> = await ingestion.listJobs(caller(), { perPage: 2, cursor });
    seen.push(...page.data.map(({ uuid }) => uuid));
    await ingestion.ingestJson(caller(), draft('Meanwhile'));
    cursor = page.meta!.nextCursor;
  }
  expect(seen).toEqual(all);
  expect((await refusalOf(ingestion.listJobs(caller(), { cursor: 'tampered' }))).code).toBe('cursor.invalid');
});
