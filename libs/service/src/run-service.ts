import 'reflect-metadata';
import { Global, Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { services } from '@tonegrid/contracts';
import { assertTenancy, Data, openData, Pages, pendingMigrations, roleOf, runMigrations } from '@tonegrid/data';
import { Outbox } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { logger, nameLogger, rpcClient, RpcServer } from '@tonegrid/rpc';
import { Vault } from '@tonegrid/secrets';
import type { EntitySchema, MigrationInterface } from 'typeorm';
import type { z } from 'zod';
import { AdminServer, type ReadinessCheck } from './admin-server';
import { addressVariable, ConfigError, readConfig, type BaseConfig } from './config';
import { bindUseCases, eventHandlers } from './discover';
import { nestLogger } from './nest-logger';
import { startEvents, type Events } from './start-events';
import { sweepAnswers } from './sweep-answers';
import { startTelemetry } from './telemetry';
import { clientOf, CONFIG } from './tokens';

type Peer = keyof typeof services;

/** What a service is made of. */
export interface ServiceDefinition<S extends z.ZodRawShape> {
  /** Name in logs, metrics, traces and event sources. */
  name: string;
  /** Its own variables beside the base ones. */
  config: S;
  /** Left out by a service that owns no data. */
  database?: {
    migrations: (new () => MigrationInterface)[];
    // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- TypeORM's own type for entity classes
    entities?: (Function | EntitySchema)[];
  };
  /** Whether outbox relay and consumers run in this process; needs a database. */
  events?: boolean;
  /** Whether it serves rpcs; true by default. */
  rpc?: boolean;
  /** Services that it calls. */
  peers?: readonly Peer[];
  /** Its Nest module. */
  module(config: BaseConfig & z.infer<z.ZodObject<S>>): DynamicModule | Type<unknown>;
}

/** Exit status when the configuration is refused (EX_CONFIG of sysexits.h). */
const refusedConfiguration = 78;

/**
 * The main() of a service. `main.js migrate` runs its migrations and ends; otherwise it serves until SIGTERM or SIGINT, then
 * finishes what is under way and exits 0. Exits 78 when the configuration is refused, 1 when it cannot start.
 */
export async function runService<S extends z.ZodRawShape>(definition: ServiceDefinition<S>): Promise<void> {
  nameLogger(definition.name, process.env['LOG_LEVEL'] ?? 'info');
  try {
    const parts = {
      rpc: definition.rpc ?? true,
      database: definition.database !== undefined,
      events: definition.events ?? false,
      peers: definition.peers ?? [],
    };
    const migrateOnly = process.argv[2] === 'migrate';
    if (migrateOnly) return await migrate(definition);
    await serve(definition, readConfig(definition.config, parts));
  } catch (error) {
    if (error instanceof ConfigError) {
      process.stderr.write(`${definition.name}: ${error.message}\n`);
      process.exit(refusedConfiguration);
    }
    logger.fatal({ err: error }, 'cannot start');
    process.exit(1);
  }
}

/** Migrations alone need the two database URLs and nothing else. */
async function migrate(definition: ServiceDefinition<z.ZodRawShape>): Promise<void> {
  const { MIGRATION_DATABASE_URL: url, DATABASE_URL: runtime } = process.env;
  if (!definition.database) throw new ConfigError([`${definition.name} owns no database: there is nothing to migrate`]);
  if (!url || !runtime) throw new ConfigError(['MIGRATION_DATABASE_URL and DATABASE_URL are required']);
  const done = await runMigrations({ url, appRole: roleOf(runtime), migrations: definition.database.migrations });
  logger.info({ migrations: done }, done.length > 0 ? 'migrated' : 'nothing to migrate');
}

async function serve<S extends z.ZodRawShape>(
  definition: ServiceDefinition<S>,
  config: BaseConfig & z.infer<z.ZodObject<S>>,
): Promise<void> {
  const stopTelemetry = startTelemetry(definition.name, config.OTEL_EXPORTER_OTLP_ENDPOINT);
  const data = definition.database && (await openDatabase(definition, config));
  const clients = (definition.peers ?? []).map((peer) => ({
    peer,
    client: rpcClient(services[peer], {
      address: (config as Record<string, unknown>)[addressVariable(peer)] as string,
      internalToken: config.INTERNAL_TOKEN,
    }),
  }));
  const outbox = definition.events && data ? new Outbox(`/tonegrid/${definition.name}`, data) : undefined;

  const providers: Provider[] = [
    { provide: CONFIG, useValue: config },
    ...clients.map(({ peer, client }) => ({ provide: clientOf(services[peer]), useValue: client })),
  ];
  if (data)
    providers.push(
      { provide: Data, useValue: data },
      { provide: Changes, useValue: new Changes(data, new Vault(config.ENCRYPTION_KEY)) },
      { provide: Pages, useValue: new Pages(data, config.INTERNAL_TOKEN) },
    );
  if (outbox) providers.push({ provide: Outbox, useValue: outbox });
  const platform: DynamicModule = { module: PlatformModule, providers, exports: providers.map((p) => (p as { provide: symbol }).provide) };
  const app = await NestFactory.createApplicationContext(
    { module: RootModule, imports: [platform, definition.module(config)] },
    { logger: nestLogger, abortOnError: false },
  );

  const events = definition.events && data ? startEvents(config, data, eventHandlers(app)) : undefined;
  const admin = new AdminServer(readinessChecks(data, events));
  await admin.listen(config.ADMIN_HOST, config.ADMIN_PORT);

  let server: RpcServer | undefined;
  if (definition.rpc ?? true) {
    server = new RpcServer({ address: `${config.GRPC_HOST}:${config.GRPC_PORT}`, internalToken: config.INTERNAL_TOKEN });
    const bound = bindUseCases(app, server);
    logger.info({ port: await server.start(), rpcs: bound }, 'serving gRPC');
  }
  const stopSweeping = data && sweepAnswers(data);
  admin.ready();
  logger.info({ env: config.TONEGRID_ENV }, 'ready');

  const stop = once(async (signal: string) => {
    logger.info({ signal }, 'stopping');
    admin.stopping();
    if (config.SHUTDOWN_DELAY_MS > 0) await new Promise((resolve) => setTimeout(resolve, config.SHUTDOWN_DELAY_MS));
    await server?.stop(config.SHUTDOWN_GRACE_MS);
    await events?.stop();
    stopSweeping?.();
    await app.close();
    clients.forEach(({ client }) => client.close());
    await data?.close();
    await stopTelemetry();
    await admin.close();
    logger.info('stopped');
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      stop(signal).then(
        () => process.exit(0),
        (error: unknown) => {
          logger.fatal({ err: error }, 'could not stop in order');
          process.exit(1);
        },
      );
    });
  }
  for (const kind of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(kind, (error: unknown) => {
      logger.fatal({ err: error, kind }, 'unexpected: the process ends so that nothing goes on half');
      process.exit(1);
    });
  }
}

async function openDatabase<S extends z.ZodRawShape>(definition: ServiceDefinition<S>, config: BaseConfig): Promise<Data> {
  const { migrations, entities } = definition.database!;
  if (config.MIGRATE_ON_START) {
    if (!config.MIGRATION_DATABASE_URL) throw new ConfigError(['MIGRATION_DATABASE_URL is required when MIGRATE_ON_START is true']);
    await runMigrations({ url: config.MIGRATION_DATABASE_URL, appRole: roleOf(config.DATABASE_URL), migrations });
  }
  const data = await openData({
    url: config.DATABASE_URL,
    migrations,
    entities: entities as never,
    poolSize: config.DATABASE_POOL_SIZE,
    applicationName: `tonegrid-${definition.name}`,
    onLostConnection: (error) => logger.warn({ err: error }, 'lost a database connection'),
  });
  await assertTenancy(data);
  return data;
}

function readinessChecks(data: Data | undefined, events: Events | undefined): ReadinessCheck[] {
  const checks: ReadinessCheck[] = [];
  if (data) {
    let migrated = false;
    checks.push({
      name: 'database',
      async check() {
        await data.ping();
        if (migrated) return;
        const pending = await pendingMigrations(data);
        if (pending.length > 0) throw new Error(`migrations are pending: ${pending.join(', ')}`);
        migrated = true;
      },
    });
  }
  // Events wait in the outbox while NATS is away, so its absence does not take a service out of the balance after it has once
  // been reached; the outbox metrics tell of it.
  if (events) checks.push({ name: 'events', check: () => events.check() });
  return checks;
}

function once(work: (signal: string) => Promise<void>): (signal: string) => Promise<void> {
  let running: Promise<void> | undefined;
  return (signal) => (running ??= work(signal));
}

@Global()
@Module({})
class PlatformModule {}

@Module({})
class RootModule {}
