import 'reflect-metadata';
import { createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DeliveryService } from '@tonegrid/contracts';
import { openData, runMigrations, type Data } from '@tonegrid/data';
import { findSchemasDir } from '@tonegrid/ddex';
import { loadRegistry, type DspRegistry } from '@tonegrid/dsp-registry';
import { Outbox, type CloudEvent } from '@tonegrid/events';
import type { Refused } from '@tonegrid/errors';
import { rpcClient, type Caller, type RpcClient } from '@tonegrid/rpc';
import { freePort, startNats, startPostgres, startProcess, waitFor, type RunningPostgres, type RunningProcess } from '@tonegrid/testing';
import { v4 as uuidv4 } from 'uuid';
import { migrations } from '../src/migrations';
import { playPeers, type Peers, type PlayedRelease } from './played-peers';

export const internalToken = 'a token that only this suite knows, 32 and more';
const root = resolve(__dirname, '../../../..');
const dspsFile = join(root, 'deploy/dsps.yaml');
const schemasDir = findSchemasDir(process.env, __dirname);
const main = (service: string) => [process.execPath, join(root, 'services', service, 'dist/src/main.js')];

/** What the DSP simulator received; what the suites look at. */
export interface Received {
  dsp: string;
  message_id: string;
  thread_id: string;
  state: string;
  folder: string;
  duplicates: number;
  fault: { status: string; text: string } | null;
  live_url: string | null;
  dsp_release_id: string | null;
}

type TypedEvent = CloudEvent<Record<string, unknown>>;

/** The delivery service as a process, its peers played, and the real DSP simulator at the other end. */
export interface Sandbox {
  client: RpcClient<typeof DeliveryService>;
  peers: Peers;
  registry: DspRegistry;
  data: Data;
  outbox: Outbox;
  newCaller(changes?: Partial<Caller>): Caller;
  /** Types of the events of a release at its DSPs, in order, without `release.dsp.`. */
  told(release: PlayedRelease): Promise<string[]>;
  events(release: PlayedRelease): Promise<TypedEvent[]>;
  status(caller: Caller, release: PlayedRelease, dsp: string): Promise<string | undefined>;
  /** Waits until a release shows a status at a DSP (hyphens). */
  reached(caller: Caller, release: PlayedRelease, dsp: string, status: string, timeout?: number): Promise<void>;
  /** What the simulator received of a release, oldest first. */
  received(release: PlayedRelease): Promise<Received[]>;
  /** Folders of a DSP's upload folder. */
  folders(user: string): string[];
  simulatorData: string;
  /** URL of the delivery service's admin port. */
  admin: string;
  postgres: RunningPostgres;
  simulator: RunningProcess;
  delivery: RunningProcess;
  startSimulator(): Promise<void>;
  startDelivery(): Promise<void>;
  /** A signed report as a DSP sends it. */
  report(slug: string, body: object, options?: { key?: string; at?: Date; raw?: string }): Promise<{ message: string }>;
  stop(): Promise<void>;
}

export interface SandboxOptions {
  /** Variables of the delivery service. */
  delivery?: Record<string, string>;
  simulator?: Record<string, string>;
  /** A PostgreSQL of its own, which may be killed. */
  ownPostgres?: boolean;
}

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const folder = mkdtempSync(join(tmpdir(), 'tonegrid-delivery-'));
  const ports = {
    sftp: await freePort(),
    rest: await freePort(),
    simulator: await freePort(),
    grpc: await freePort(),
    admin: await freePort(),
  };
  const shared = {
    TONEGRID_ENV: 'sandbox',
    INTERNAL_TOKEN: internalToken,
    DSPS_FILE: dspsFile,
    SIMULATOR_HOST: '127.0.0.1',
    SIMULATOR_SFTP_PORT: String(ports.sftp),
    SIMULATOR_REST_PORT: String(ports.rest),
    ADMIN_HOST: '127.0.0.1',
  };
  const registry = loadRegistry(dspsFile, shared);
  const postgres = await startPostgres({ own: options.ownPostgres });
  const database = await postgres.createDatabase('delivery');
  const nats = await startNats();
  await runMigrations({ url: database.migrationUrl, appRole: database.appRole, migrations });
  const data = await openData({ url: database.url, migrations, poolSize: 3 });
  const storage = join(folder, 'storage');
  const peers = await playPeers(internalToken, storage, registry);
  const client = rpcClient(DeliveryService, { address: `127.0.0.1:${ports.grpc}`, internalToken });
  const gateway = await playGateway(client);

  const sandbox: Sandbox = {
    client,
    peers,
    registry,
    data,
    outbox: new Outbox('/tonegrid/catalog', data),
    simulatorData: join(folder, 'simulator'),
    admin: `http://127.0.0.1:${ports.admin}`,
    postgres,
    newCaller: (changes = {}) => ({
      tenantUuid: uuidv4(),
      tenantName: 'Harbour Records',
      tenantRole: 'client',
      subject: 'api_key:test',
      scopes: ['releases:read', 'distribution:write'],
      requestId: uuidv4(),
      reviewPolicy: 'auto',
      locale: 'en',
      answer: { replayed: false },
      ...changes,
    }),
    async events(release) {
      const rows = await data.system((tx) =>
        tx.query<{ payload: string }>(`select payload from outbox where ordering_key = $1 and type like 'release.dsp.%' order by id`, [
          release.uuid,
        ]),
      );
      return rows.map(({ payload }) => JSON.parse(payload) as TypedEvent);
    },
    told: async (release) => (await sandbox.events(release)).map(({ type }) => type.replace('release.dsp.', '')),
    async status(caller, release, dsp) {
      const { data: listed } = await client.listDeliveries(caller, { uuid: release.uuid });
      return listed!.deliveries.find((delivery) => delivery.dsp === dsp)?.status;
    },
    async reached(caller, release, dsp, status, timeout = 30_000) {
      let last: string | undefined;
      await waitFor(async () => (last = await sandbox.status(caller, release, dsp)) === status, {
        timeout,
        what: `${dsp} ${status}`,
      }).catch((error: Error) => {
        throw new Error(`${error.message}; it is ${last}\n${sandbox.delivery.logs().slice(-4000)}`);
      });
    },
    async received(release) {
      const answer = await fetch(`http://127.0.0.1:${ports.rest}/simulator/deliveries?release_id=${release.upc}`);
      return ((await answer.json()) as { deliveries: Received[] }).deliveries.reverse();
    },
    folders: (user) => readdirSync(join(sandbox.simulatorData, 'sftp', user, 'upload')),
    simulator: undefined as unknown as RunningProcess,
    delivery: undefined as unknown as RunningProcess,
    async startSimulator() {
      sandbox.simulator = await startProcess({
        name: 'dsp-simulator',
        command: main('dsp-simulator'),
        env: {
          ...shared,
          SFTP_HOST: '127.0.0.1',
          REST_HOST: '127.0.0.1',
          ADMIN_PORT: String(ports.simulator),
          SIMULATOR_DATA_DIR: sandbox.simulatorData,
          SIMULATOR_ACCEPT_DELAY_MS: '50',
          SIMULATOR_LIVE_DELAY_MS: '100',
          SIMULATOR_RETRY_MS: '100',
          PUBLIC_URL: gateway.url,
          ...(schemasDir ? { DDEX_SCHEMAS_DIR: schemasDir } : {}),
          ...options.simulator,
        },
        ready: `http://127.0.0.1:${ports.simulator}/readyz`,
      });
    },
    async startDelivery() {
      sandbox.delivery = await startProcess({
        name: 'delivery',
        command: main('delivery'),
        env: {
          ...shared,
          DATABASE_URL: database.url,
          NATS_URL: nats.url,
          ENCRYPTION_KEY: randomBytes(32).toString('base64'),
          GRPC_HOST: '127.0.0.1',
          GRPC_PORT: String(ports.grpc),
          ADMIN_PORT: String(ports.admin),
          CATALOG_ADDRESS: peers.catalogAddress,
          DDEX_ADDRESS: peers.ddexAddress,
          STORAGE_URL: `file://${storage}`,
          ACK_POLL_MS: '100',
          DELIVERY_RETRY_DELAYS_MS: '100,200,400',
          DELIVERY_LEASE_MS: '1500',
          ...options.delivery,
        },
        ready: `http://127.0.0.1:${ports.admin}/readyz`,
      });
      // After a restart the client waits before it connects again; a change without a key is sent once only.
      if (!(await client.ready(10_000))) throw new Error('the delivery service takes no calls');
    },
    report(slug, body, { key, at = new Date(), raw } = {}) {
      const bytes = Buffer.from(raw ?? JSON.stringify(body));
      const t = Math.floor(at.getTime() / 1000);
      const v1 = createHmac('sha256', key ?? registry.acknowledgementKey(registry.get(slug)!))
        .update(`${t}.`)
        .update(bytes)
        .digest('hex');
      return client.acknowledge(sandbox.newCaller({ tenantUuid: '' }), {
        slug,
        body: bytes,
        headers: { 'x-tonegrid-signature': `t=${t},v1=${v1}` },
      });
    },
    async stop() {
      await sandbox.delivery?.stop();
      await sandbox.simulator?.stop();
      client.close();
      await gateway.close();
      await peers.stop();
      await data.close();
      await nats.stop();
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const started = await Promise.allSettled([sandbox.startSimulator(), sandbox.startDelivery()]);
  const failed = started.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
  if (failed) {
    await sandbox.stop();
    throw failed.reason;
  }
  return sandbox;
}

/** The gateway's one route that DSPs call: the raw body and the headers, handed on. */
async function playGateway(client: RpcClient<typeof DeliveryService>) {
  const caller = (): Caller => ({
    tenantUuid: '',
    tenantName: '',
    tenantRole: '',
    subject: '',
    scopes: [],
    requestId: uuidv4(),
    reviewPolicy: 'manual',
    locale: 'en',
    answer: { replayed: false },
  });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const slug = /^\/api\/dsp\/([^/]+)\/acknowledgements$/.exec(request.url ?? '')?.[1] ?? '';
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      client.acknowledge(caller(), { slug, body: Buffer.concat(chunks), headers }).then(
        ({ message }) => response.writeHead(200).end(JSON.stringify({ success: true, message })),
        (error: Refused) => response.writeHead(error.status ?? 500).end(),
      );
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}/api`,
    close: () => {
      server.closeAllConnections();
      return new Promise<void>((done) => server.close(() => done()));
    },
  };
}

/** The refusal that a call ends with; fails the test when it does not. */
export async function refusal(call: Promise<unknown>): Promise<{ code: string; message: string; fields?: Record<string, string[]> }> {
  try {
    await call;
  } catch (error) {
    return error as Refused;
  }
  throw new Error('the call was not refused');
}
