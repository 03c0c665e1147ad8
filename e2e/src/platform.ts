import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import {
  freePort,
  makeScratch,
  startNats,
  startPostgres,
  startProcess,
  type RunningNats,
  type RunningPostgres,
  type RunningProcess,
  type TestDatabase,
} from '@tonegrid/testing';

const run = promisify(execFile);
const root = resolve(__dirname, '..', '..', '..');
const owners = ['identity', 'catalog', 'ingestion', 'delivery', 'webhooks'] as const;
const names = ['identity', 'catalog', 'ingestion', 'ddex', 'delivery', 'webhooks', 'dsp-simulator', 'gateway'] as const;

/** Every service, by its folder. */
export const serviceNames: readonly ServiceName[] = names;

/** A service, by its folder. */
export type ServiceName = (typeof names)[number];

/** What differs from the sandbox's defaults. */
export interface PlatformOptions {
  /** Further variables for every service. */
  env?: Record<string, string>;
}

/** A running platform of its own: databases, NATS, every service, one seeded tenant. */
export interface Platform {
  /** Base URL of the API, with its base path. */
  url: string;
  /** An API key with every scope. */
  key: string;
  tenantUuid: string;
  /** Client credentials with every scope. */
  clientId: string;
  clientSecret: string;
  /** Base URL of the simulator's REST side. */
  simulatorUrl: string;
  internalToken: string;
  /** Base URL of a service's admin port. */
  adminUrl(name: ServiceName): string;
  /** The services that own a database. */
  owners: typeof owners;
  postgres: RunningPostgres;
  nats: RunningNats;
  /** The key of the sandbox's platform tenant, which stands above all others. */
  platformKey: string;
  /** A service's database and its roles. */
  database(service: (typeof owners)[number]): TestDatabase;
  /** The owner's URL of a service's database: sees through row-level security with `set tonegrid.tenant = '*'`. */
  databaseUrl(service: (typeof owners)[number]): string;
  service(name: ServiceName): RunningProcess;
  /** Ends a service with SIGKILL; `start` brings it back on the same ports. */
  kill9(name: ServiceName): Promise<void>;
  start(name: ServiceName): Promise<void>;
  /** A further tenant with a key that has these scopes. */
  addTenant(slug: string): Promise<{ tenantUuid: string; key: string }>;
  stop(): Promise<void>;
}

/** Starts everything on free ports; some seconds. Uses the official schemas when they are installed. */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const scratch = makeScratch('tonegrid-platform');
  const [postgres, nats] = await Promise.all([startPostgres({ own: true }), startNats()]);
  const internalToken = 'end-to-end-internal-token-0123456789abcdef';
  const databases = Object.fromEntries(await Promise.all(owners.map(async (name) => [name, await postgres.createDatabase(name)] as const)));
  const ports = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, { main: await freePort(), admin: await freePort() }] as const)),
  );
  const sftpPort = await freePort();
  const port = (name: ServiceName) => ports[name]!;
  const url = `http://127.0.0.1:${port('gateway').main}/api`;
  const schemas =
    process.env['DDEX_SCHEMAS_DIR'] ??
    [join(root, '.ddex/schemas'), join(root, '../shared/ddex/schemas')].find((folder) => existsSync(folder));
  const common: Record<string, string> = {
    TONEGRID_ENV: 'sandbox',
    INTERNAL_TOKEN: internalToken,
    ENCRYPTION_KEY: Buffer.alloc(32, 3).toString('base64'),
    NATS_URL: nats.url,
    PUBLIC_URL: url,
    STORAGE_URL: `file://${join(scratch.path, 'storage')}`,
    DSPS_FILE: join(root, 'deploy/dsps.yaml'),
    ...(schemas && { DDEX_SCHEMAS_DIR: schemas }),
    SIMULATOR_SFTP_PORT: String(sftpPort),
    SIMULATOR_REST_PORT: String(port('dsp-simulator').main),
    SIMULATOR_DATA_DIR: join(scratch.path, 'dsp-simulator'),
    SIMULATOR_ACCEPT_DELAY_MS: '50',
    SIMULATOR_LIVE_DELAY_MS: '150',
    SFTP_HOST: '127.0.0.1',
    SFTP_PORT: String(sftpPort),
    REST_HOST: '127.0.0.1',
    REST_PORT: String(port('dsp-simulator').main),
    ACK_POLL_MS: '200',
    DELIVERY_RETRY_DELAYS_MS: '1000,1000,1000,2000,2000,5000,5000,10000',
    WEBHOOK_RETRY_SECONDS: '1,1,1,1,1,2,2,2',
    ALLOW_PRIVATE_ADDRESSES: 'true',
    MIGRATE_ON_START: 'true',
    GRPC_HOST: '127.0.0.1',
    ADMIN_HOST: '127.0.0.1',
    HTTP_HOST: '127.0.0.1',
    RATE_LIMIT_GENERAL: '0',
    RATE_LIMIT_AUDIO: '0',
    RATE_LIMIT_DISTRIBUTION: '0',
    RATE_LIMIT_ANALYTICS: '0',
    ...Object.fromEntries(names.map((name) => [`${name.toUpperCase().replace('-', '_')}_ADDRESS`, `127.0.0.1:${port(name).main}`])),
  };
  const envOf = (name: ServiceName): Record<string, string> => {
    const database = databases[name];
    return {
      ...common,
      ...(database && { DATABASE_URL: database.url, MIGRATION_DATABASE_URL: database.migrationUrl }),
      GRPC_PORT: String(port(name).main),
      HTTP_PORT: String(port(name).main),
      ADMIN_PORT: String(port(name).admin),
      ...options.env,
    };
  };
  const running = new Map<ServiceName, RunningProcess>();
  const start = async (name: ServiceName): Promise<void> => {
    const process_ = await startProcess({
      name,
      command: [process.execPath, join(root, 'services', name, 'bundle/main.js')],
      cwd: scratch.path,
      env: envOf(name),
      ready: `http://127.0.0.1:${port(name).admin}/readyz`,
      timeout: 60_000,
    });
    running.set(name, process_);
  };
  const seed = async (more: Record<string, string>): Promise<Record<string, string>> => {
    const { stdout } = await run(process.execPath, [join(root, 'services/identity/dist/src/seed.js')], {
      env: { PATH: process.env['PATH'], ...envOf('identity'), ...more },
    });
    return JSON.parse(stdout) as Record<string, string>;
  };
  const stop = async () => {
    await running.get('gateway')?.stop();
    await Promise.all([...running.values()].map((process_) => process_.stop()));
    await Promise.all([postgres.stop(), nats.stop()]);
    await scratch.remove();
  };
  try {
    await Promise.all(names.map(start));
    const seeded = await seed({});
    return {
      url,
      key: seeded['key']!,
      tenantUuid: seeded['tenant_uuid']!,
      clientId: seeded['client_id']!,
      clientSecret: seeded['client_secret']!,
      simulatorUrl: `http://127.0.0.1:${port('dsp-simulator').main}`,
      internalToken,
      adminUrl: (name) => `http://127.0.0.1:${port(name).admin}`,
      owners,
      postgres,
      nats,
      platformKey: seeded['platform_key']!,
      database: (service) => databases[service]!,
      databaseUrl: (service) => databases[service]!.migrationUrl,
      service: (name) => running.get(name)!,
      kill9: (name) => running.get(name)!.kill9(),
      start,
      async addTenant(slug) {
        const other = await seed({ TONEGRID_TENANT: slug, TONEGRID_EMAIL: `owner@${slug}.example` });
        return { tenantUuid: other['tenant_uuid']!, key: other['key']! };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
