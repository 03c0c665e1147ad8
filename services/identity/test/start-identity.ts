import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { IdentityService } from '@tonegrid/contracts';
import { openData, type Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { callerFromProto, rpcClient, systemCaller, type Caller, type RpcClient } from '@tonegrid/rpc';
import {
  freePort,
  startNats,
  startPostgres,
  startProcess,
  type RunningNats,
  type RunningPostgres,
  type RunningProcess,
  type TestDatabase,
} from '@tonegrid/testing';
import { Client } from 'pg';

const run = promisify(execFile);
const here = resolve(__dirname, '..', '..');

export const internalToken = 'identity-suite-internal-token-0123456789';
export const encryptionKey = Buffer.alloc(32, 7).toString('base64');
export const publicUrl = 'http://127.0.0.1:8080/api';

/** What bin/seed-sandbox makes. */
export interface Seed {
  tenant: string;
  tenant_uuid: string;
  key: string;
  client_id: string;
  client_secret: string;
  email: string;
  password: string;
  enterprise_key: string;
  platform_key: string;
}

/** The identity service as a process, with a database and a NATS of its own. */
export interface RunningIdentity {
  postgres: RunningPostgres;
  nats: RunningNats;
  database: TestDatabase;
  service: RunningProcess;
  /** Its rpcs. */
  identity: RpcClient<typeof IdentityService>;
  /** Its database as its own role. */
  data: Data;
  seed: Seed;
  grpcPort: number;
  /** Its environment, for commands beside it. */
  env(grpcPort: number, adminPort: number, more?: Record<string, string>): Record<string, string>;
  sow(given?: Record<string, string>): Promise<Seed>;
  /** Who a credential belongs to, as the gateway would call for him. */
  callerOf(credential: { key: string } | { jti: string }): Promise<Caller>;
  /** Runs SQL as superuser, around every policy and trigger. */
  asSuperuser<R = Record<string, unknown>>(sql: string, params?: unknown[]): Promise<R[]>;
  stop(): Promise<void>;
}

/** The gateway itself, as it asks who a credential belongs to. */
export const gateway = (): Caller => ({ ...systemCaller('gateway', '', randomUUID()), subject: 'anonymous', clientAddress: '203.0.113.7' });

/** The code that a call is refused with; `answered` when it is not. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  const outcome = await call.then(
    () => 'answered',
    (error: unknown) => error,
  );
  if (outcome === 'answered') return outcome;
  if (outcome instanceof Refused) return outcome.code;
  throw outcome;
}

/** The fields that a call is refused for. */
export async function problems(call: Promise<unknown>): Promise<Record<string, string[]> | undefined> {
  const outcome = await call.catch((error: unknown) => error);
  if (outcome instanceof Refused) return outcome.fields;
  throw new Error('not refused', { cause: outcome });
}

/** Runs one of identity's commands to its end. */
export async function command(
  script: string,
  args: string[],
  env: Record<string, string>,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return run(process.execPath, [resolve(here, 'dist/src', script), ...args], { env: { PATH: process.env['PATH'], ...env } }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as { code: number; stdout: string; stderr: string },
  );
}

/** Starts identity and seeds it. */
export async function startIdentity(more: Record<string, string> = {}): Promise<RunningIdentity> {
  const running = await startUnseeded(more);
  return { ...running, seed: await running.sow() };
}

/** Starts identity as it is after an installation: there is no tenant. */
export async function startUnseeded(more: Record<string, string> = {}): Promise<Omit<RunningIdentity, 'seed'>> {
  const [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
  const database = await postgres.createDatabase('identity');
  const env = (grpcPort: number, adminPort: number, further: Record<string, string> = {}) => ({
    TONEGRID_ENV: 'sandbox',
    DATABASE_URL: database.url,
    MIGRATION_DATABASE_URL: database.migrationUrl,
    MIGRATE_ON_START: 'true',
    NATS_URL: nats.url,
    INTERNAL_TOKEN: internalToken,
    ENCRYPTION_KEY: encryptionKey,
    PUBLIC_URL: publicUrl,
    GRPC_HOST: '127.0.0.1',
    GRPC_PORT: String(grpcPort),
    ADMIN_HOST: '127.0.0.1',
    ADMIN_PORT: String(adminPort),
    ...more,
    ...further,
  });
  const [grpcPort, admin] = [await freePort(), await freePort()];
  const service = await startProcess({
    name: 'identity',
    command: [process.execPath, resolve(here, 'dist/src/main.js')],
    env: env(grpcPort, admin),
    ready: `http://127.0.0.1:${admin}/readyz`,
  });
  const sow = async (given: Record<string, string> = {}): Promise<Seed> => {
    const { code, stdout, stderr } = await command('seed.js', [], env(0, 0, given));
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as Seed;
  };
  const identity = rpcClient(IdentityService, { address: `127.0.0.1:${grpcPort}`, internalToken });
  const data = await openData({ url: database.url, poolSize: 2 });
  return {
    postgres,
    nats,
    database,
    service,
    identity,
    data,
    grpcPort,
    env,
    sow,
    async callerOf(credential) {
      const asked =
        'key' in credential ? ({ case: 'apiKey', value: credential.key } as const) : ({ case: 'tokenId', value: credential.jti } as const);
      const { caller } = await identity.authenticate(gateway(), { credential: asked });
      return { ...callerFromProto(caller!), requestId: randomUUID(), clientAddress: '203.0.113.7' };
    },
    async asSuperuser<R>(sql: string, params: unknown[] = []) {
      const client = new Client({ connectionString: database.adminUrl });
      await client.connect();
      try {
        return (await client.query(sql, params)).rows as R[];
      } finally {
        await client.end();
      }
    },
    async stop() {
      identity.close();
      await data.close();
      await service.stop();
      await Promise.all([postgres.stop(), nats.stop()]);
    },
  };
}
