import 'reflect-metadata';
import { Global, Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { services } from '@tonegrid/contracts';
import { assertTenancy, Data, openData, Pages, pendingMigrations, roleOf, runMigrations } from '@tonegrid/data';
import { Outbox } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { logger, nameLogger, rpcClient, RpcServer, scrubbed } from '@tonegrid/rpc';
import { Vault } from '@tonegrid/secrets';
import type { EntitySchema, MigrationInterface } from 'typeorm';
import type { z } from 'zod';
import { AdminServer, type ReadinessCheck } from './admin-server';
import { runCommand } from './commands';
import { addressVariable, ConfigError, readConfig, type BaseConfig } from './config';
import { bindUseCases, eventHandlers } from './discover';
import { nestLogger } from './nest-logger';
import { startEvents, type Events } from './start-events';
import { hearSignals, stopAndExit } from './stopping';
import { sweepAnswers } from './sweep-answers';
import { startTelemetry } from './telemetry';
import { clientOf, CONFIG, STOPPING } from './tokens';

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
  /** Those of them without which it can serve nothing: it is not ready before it has reached each once. */
  needs?: readonly Peer[];
  /** Its Nest module. */
  module(config: BaseConfig & z.infer<z.ZodObject<S>>): DynamicModule | Type<unknown>;
}

/** Exit status when the configuration is refused (EX_CONFIG of sysexits.h). */
const refusedConfiguration = 78;

/**
 * The main() of a service: serves until SIGTERM or SIGINT, then finishes what is under way and exits 0; or does what it is told in
 * place of serving, see `runCommand`. Exits 78 when the configuration is refused, 1 when it cannot start or not stop in time.
 */
export async function runService<S extends z.ZodRawShape>(definition: ServiceDefinition<S>): Promise<void> {
  nameLogger(definition.name);
  const stopping = hearSignals();
  try {
    const told = process.argv.slice(2);
    if (told.length > 0) process.exit(await runCommand(definition, told, stopping));
    const parts = {
      rpc: definition.rpc ?? true,
      database: definition.database !== undefined,
      events: definition.events ?? false,
      peers: definition.peers ?? [],
    };
    const config = readConfig(definition.config, parts);
    const started = start(definition, config);
    const first = await Promise.race([started, stopping.asked]);
    if (typeof first === 'string') {
      // Nothing is under way yet, and a migration that is cut off is undone.
      logger.info({ signal: first }, 'stopped before it was ready');
      process.exit(0);
    }
    const signal = await stopping.asked;
    logger.info({ signal }, 'stopping');
    await stopAndExit(config, first);
  } catch (error) {
    if (error instanceof ConfigError) {
      process.stderr.write(`${definition.name}: ${scrubbed(error.message)}\n`);
      process.exit(refusedConfiguration);
    }
    logger.fatal({ err: error }, 'cannot start');
    process.exit(1);
  }
}

/** Starts the service; answers a function that stops it in order. */
async function start<S extends z.ZodRawShape>(
  definition: ServiceDefinition<S>,
  config: BaseConfig & z.infer<z.ZodObject<S>>,
): Promise<() => Promise<void>> {
  // First, because it may refuse the configuration as well.
  const module = definition.module(config);
  const stopTelemetry = startTelemetry(definition.name, config.TONEGRID_ENV, config.OTEL_EXPORTER_OTLP_ENDPOINT);
  const admin = new AdminServer();
  await admin.listen(config.ADMIN_HOST, config.ADMIN_PORT);

  const data = definition.database && (await openDatabase(definition, config));
  const clients = (definition.peers ?? []).map((peer) => ({
    peer,
    client: rpcClient(services[peer], {
      address: (config as Record<string, unknown>)[addressVariable(peer)] as string,
      internalToken: config.INTERNAL_TOKEN,
    }),
  }));
  // Made after what may tell of events: until then there is no relay to wake.
  const relay: { wake?: () => boolean } = {};
  const outbox = definition.events && data ? new Outbox(`/tonegrid/${definition.name}`, data, () => relay.wake?.() ?? false) : undefined;

  const ending = new AbortController();
  const providers: Provider[] = [
    { provide: CONFIG, useValue: config },
    { provide: STOPPING, useValue: ending.signal },
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
    { module: RootModule, imports: [platform, module] },
    { logger: nestLogger, abortOnError: false },
  );

  const events = definition.events && data ? startEvents(config, data, eventHandlers(app)) : undefined;
  const wake = events && (() => events.wake());
  relay.wake = wake;
  let server: RpcServer | undefined;
  if (definition.rpc ?? true) {
    server = new RpcServer({ address: `${config.GRPC_HOST}:${config.GRPC_PORT}`, internalToken: config.INTERNAL_TOKEN });
    const bound = bindUseCases(app, server);
    logger.info({ port: await server.start(), rpcs: bound }, 'serving gRPC');
  }
  const stopSweeping = data && sweepAnswers(data);
  const needed = clients.filter(({ peer }) => definition.needs?.includes(peer));
  admin.started(readinessChecks(data, events, needed));
  logger.info({ env: config.TONEGRID_ENV }, 'started');

  return async () => {
    admin.stopping();
    // Now, so that what workers have under way has the whole grace, and not what the calls leave of it.
    ending.abort();
    if (config.SHUTDOWN_DELAY_MS > 0) await new Promise((resolve) => setTimeout(resolve, config.SHUTDOWN_DELAY_MS));
    const answered = server?.stop(config.SHUTDOWN_GRACE_MS) ?? Promise.resolve();
    await Promise.all([answered, events?.stop(answered)]);
    stopSweeping?.();
    await app.close();
    clients.forEach(({ client }) => client.close());
    await data?.close();
    await stopTelemetry();
    await admin.close();
  };
}

async function openDatabase<S extends z.ZodRawShape>(definition: ServiceDefinition<S>, config: BaseConfig): Promise<Data> {
  const { migrations, entities } = definition.database!;
  // The configuration has both or neither.
  if (config.MIGRATE_ON_START && config.MIGRATION_DATABASE_URL)
    await runMigrations({ url: config.MIGRATION_DATABASE_URL, appRole: roleOf(config.DATABASE_URL), migrations });
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

function readinessChecks(
  data: Data | undefined,
  events: Events | undefined,
  needed: { peer: Peer; client: { ready(timeoutMs: number): Promise<boolean> } }[],
): ReadinessCheck[] {
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
  if (events) checks.push({ name: 'events', check: () => events.check() });
  for (const { peer, client } of needed) {
    let reached = false;
    checks.push({
      name: peer,
      async check() {
        // Once only: while it is away later, callers are told so in the platform's own words rather than by a load balancer.
        reached ||= await client.ready(2_000);
        if (!reached) throw new Error('it could not be reached yet');
      },
    });
  }
  return checks;
}

@Global()
@Module({})
class PlatformModule {}

@Module({})
class RootModule {}
