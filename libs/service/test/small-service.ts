import { Inject, Injectable, Module } from '@nestjs/common';
import { CatalogService, CreateArtistResponseSchema, type CreateArtistRequest, type CreateArtistRequestSchema } from '@tonegrid/contracts';
import { tenancyFunctions, tenantTable, type Tx } from '@tonegrid/data';
import { eventTables, Outbox, type ReceivedEvent } from '@tonegrid/events';
import { Changes, idempotencyTable } from '@tonegrid/idempotency';
import { logger, Rpc, type Caller, type UseCase } from '@tonegrid/rpc';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { z } from 'zod';
import { Handles, runService, STOPPING, type EventHandler } from '../src';

/** The service that the suite runs: small, and with every part that the kit has. */
class Small1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      ...tenancyFunctions(),
      'create table artists (uuid uuid primary key default gen_random_uuid(), tenant_uuid uuid not null, name text not null)',
      'create table heard (uuid uuid primary key default gen_random_uuid(), tenant_uuid uuid not null, name text not null)',
      ...tenantTable('artists'),
      ...tenantTable('heard'),
      ...eventTables(),
      ...idempotencyTable(),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(): Promise<void> {}
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Makes an artist; what its name begins with decides how. */
@Rpc(CatalogService.method.createArtist)
@Injectable()
export class CreateArtist implements UseCase<typeof CreateArtistRequestSchema, typeof CreateArtistResponseSchema> {
  constructor(
    private readonly changes: Changes,
    private readonly outbox: Outbox,
  ) {}

  async run(caller: Caller, { name }: CreateArtistRequest) {
    const [what, ms] = name.split(' ');
    // Whatever a careless hand may log.
    const careless = { authorization: 'Bearer hush', set: { cookie: 'hush' }, database: process.env['DATABASE_URL'], env: process.env };
    if (what === 'careless') logger.info(careless, `connected to ${process.env['NATS_URL']} with ${process.env['DATABASE_URL']}`);
    if (what === 'broken') throw new Error(`no connection to ${process.env['DATABASE_URL']}`);
    if (what === 'slow') await pause(Number(ms));
    if (what === 'stuck') await new Promise(() => undefined);
    return this.changes.run(caller, CreateArtistResponseSchema, async (tx) => {
      const { tenantUuid } = caller;
      const [row] = await tx.query<{ uuid: string }>('insert into artists (tenant_uuid, name) values ($1, $2) returning uuid', [
        tenantUuid,
        name,
      ]);
      await this.outbox.add(tx, { type: 'artist.created', subject: row!.uuid, tenantUuid, data: { name } });
      return { artist: { uuid: row!.uuid, name } };
    });
  }
}

/** Hears of artists. */
@Handles({ durable: 'small', filter: ['artist.>'] })
@Injectable()
export class HearOfArtists implements EventHandler {
  async handle(tx: Tx, { tenantUuid, data }: ReceivedEvent): Promise<void> {
    const { name } = data as { name: string };
    if (name === 'endless') await new Promise(() => undefined);
    await tx.query('insert into heard (tenant_uuid, name) values ($1, $2)', [tenantUuid, name]);
    logger.info({ name }, 'heard');
  }
}

/** Works by itself until the process is asked to stop. */
@Injectable()
export class Worker {
  constructor(@Inject(STOPPING) stopping: AbortSignal) {
    stopping.addEventListener('abort', () => logger.info('the worker takes no more'));
  }
}

@Module({ providers: [CreateArtist, HearOfArtists, Worker] })
class SmallModule {}

void runService({
  name: 'small',
  config: {
    GREETING: z
      .string()
      .regex(/^[a-z]+$/, 'must be lower-case letters')
      .default('hello'),
  },
  database: { migrations: [Small1764000000000] },
  events: true,
  peers: ['identity'],
  needs: ['identity'],
  module: () => SmallModule,
});
