import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Global, Module, type INestApplicationContext, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CatalogService } from '@tonegrid/contracts';
import { assertTenancy, Data, openData, Pages, runMigrations } from '@tonegrid/data';
import { auditActionType, Outbox, type AuditActionData, type CloudEvent } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { rpcClient, rpcMethodOf, RpcServer, type Caller, type RpcClient } from '@tonegrid/rpc';
import { CONFIG } from '@tonegrid/service';
import { startPostgres } from '@tonegrid/testing';
import { v4 } from 'uuid';
import { parts, useCases } from '../src/catalog.module';
import { migrations } from '../src/migrations';

const internalToken = 'a token that only this suite knows, 32 and more';

/** A catalogue that listens, with a database and a storage of its own. */
export interface Catalog {
  client: RpcClient<typeof CatalogService>;
  app: INestApplicationContext;
  data: Data;
  storageFolder: string;
  databaseUrl: string;
  /** A member of a new tenant. */
  newCaller(changes?: Partial<Caller>): Caller;
  /** What was told, in order; of one release, when its uuid is given. What is for the audit log alone is left out. */
  told(subject?: string): Promise<CloudEvent<Record<string, unknown>>[]>;
  /** What the audit log gets to know about something, in order. */
  recorded(subject: string): Promise<AuditActionData[]>;
  /** SQL as superuser, over all tenants. */
  all<R = Record<string, unknown>>(sql: string, params?: unknown[]): Promise<R[]>;
  stop(): Promise<void>;
}

@Global()
@Module({})
class Platform {}

@Module({})
class Root {}

export const newCaller = (changes: Partial<Caller> = {}): Caller => ({
  tenantUuid: v4(),
  tenantName: 'Harbour Records',
  tenantRole: 'client',
  subject: 'api_key:test',
  scopes: ['releases:read', 'releases:write', 'releases:review', 'supply-chain:write'],
  requestId: v4(),
  reviewPolicy: 'manual',
  locale: 'en',
  answer: { replayed: false },
  ...changes,
});

/** `caller`, sending an Idempotency-Key. */
export const withKey = (caller: Caller, key: string, bodyHash = 'hash', route = 'POST /releases'): Caller => ({
  ...caller,
  answer: { replayed: false },
  idempotency: { key, bodyHash, route },
});

/** @param replaced providers in the place of the service's own */
export async function startCatalog(settings: Record<string, unknown> = {}, replaced: Provider[] = []): Promise<Catalog> {
  process.env['TONEGRID_ENV'] ??= 'sandbox';
  const postgres = await startPostgres();
  const database = await postgres.createDatabase('catalog');
  await runMigrations({ url: database.migrationUrl, appRole: database.appRole, migrations });
  const data = await openData({ url: database.url, migrations });
  await assertTenancy(data);
  const storageFolder = await mkdtemp(join(tmpdir(), 'catalog-storage-'));
  const config = {
    TONEGRID_ENV: 'sandbox',
    STORAGE_URL: `file://${storageFolder}`,
    DSPS_FILE: join(__dirname, '../../../../deploy/dsps.yaml'),
    PUBLIC_URL: 'http://127.0.0.1:8080/api',
    UPC_PREFIX: '2',
    ISRC_PREFIXES: ['NGT'],
    GRID_ISSUER: 'TNGRD',
    ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    ALLOW_PRIVATE_ADDRESSES: true,
    ...settings,
  };
  const providers = [
    { provide: CONFIG, useValue: config },
    { provide: Data, useValue: data },
    { provide: Changes, useValue: new Changes(data) },
    { provide: Pages, useValue: new Pages(data, internalToken) },
    { provide: Outbox, useValue: new Outbox('/tonegrid/catalog', data) },
  ];
  const platform = { module: Platform, providers, exports: providers.map(({ provide }) => provide) };
  const app = await NestFactory.createApplicationContext(
    { module: Root, imports: [platform], providers: [...parts, ...useCases, ...replaced] },
    { logger: ['error'], abortOnError: false },
  );
  const server = new RpcServer({ address: '127.0.0.1:0', internalToken });
  for (const useCase of useCases) server.add(rpcMethodOf(useCase)!, app.get(useCase));
  const client = rpcClient(CatalogService, { address: `127.0.0.1:${await server.start()}`, internalToken });
  const all = async <R>(sql: string, params: unknown[] = []) => data.system((tx) => tx.query<R>(sql, params));
  const payloads = async (subject?: string) => {
    const sql = 'select payload from outbox where $1::text is null or ordering_key = $1 order by id';
    const rows = await all<{ payload: string }>(sql, [subject ?? null]);
    return rows.map(({ payload }) => JSON.parse(payload) as CloudEvent<Record<string, unknown>>);
  };
  return {
    client,
    app,
    data,
    storageFolder,
    databaseUrl: database.url,
    newCaller,
    all,
    told: async (subject) => (await payloads(subject)).filter(({ type }) => type !== auditActionType),
    recorded: async (subject) =>
      (await payloads(subject)).flatMap(({ type, data }) => (type === auditActionType ? [data as unknown as AuditActionData] : [])),
    async stop() {
      client.close();
      await server.stop(2000);
      await app.close();
      await data.close();
      await postgres.stop();
      await rm(storageFolder, { recursive: true, force: true });
    },
  };
}

/** The refusal that a call ends with; fails the test when it does not. */
export async function refusal(call: Promise<unknown>): Promise<{ code: string; message: string; fields?: Record<string, string[]> }> {
  try {
    await call;
  } catch (error) {
    return error as { code: string; message: string; fields?: Record<string, string[]> };
  }
  throw new Error('the call was not refused');
}
