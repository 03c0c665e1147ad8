import 'reflect-metadata';
import { resolve } from 'node:path';
import { WebhooksService, type WebhookDelivery } from '@tonegrid/contracts';
import { openData, runMigrations, type Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Outbox, Relay, type DomainEvent } from '@tonegrid/events';
import { logger, rpcClient, type Caller, type RpcClient } from '@tonegrid/rpc';
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
import { Registry } from 'prom-client';
import { v4 as uuidv4, v7 as uuidv7 } from 'uuid';
import { migrations } from '../src/migrations';
import { startSubscriber, type Behaviour, type Subscriber } from './subscriber';

const internalToken = 'a token that only this suite knows, 32 and more';
logger.level = 'silent';

/** A running process of the service and how to reach it. */
export interface Service {
  client: RpcClient<typeof WebhooksService>;
  process: RunningProcess;
  /** Text of its /metrics. */
  metrics(): Promise<string>;
  kill9(): Promise<void>;
  /** Asks it to stop; gives its exit status. */
  stop(): Promise<number | NodeJS.Signals>;
}

/** What `subscribe` gives: the subscription, and its secret. */
export interface Subscribed {
  uuid: string;
  secret: string;
}

/** PostgreSQL, NATS, a service that tells events through its own outbox, and the webhooks service as a process. */
export class Sandbox {
  readonly services: Service[] = [];
  private readonly subscribers: Subscriber[] = [];

  private constructor(
    readonly postgres: RunningPostgres,
    readonly nats: RunningNats,
    readonly database: TestDatabase,
    /** The service's own database, over all tenants with `system`. */
    readonly data: Data,
    /** Of the service that tells. */
    private readonly teller: { data: Data; outbox: Outbox; relay: Relay },
    private readonly env: Record<string, string>,
  ) {}

  /**
   * Starts everything.
   * @param env variables of the service beside what it needs: retries after a fifth of a second, loopback allowed
   * @param own a PostgreSQL of its own, which may be killed
   */
  static async start({ env = {}, own = false }: { env?: Record<string, string>; own?: boolean } = {}): Promise<Sandbox> {
    const [postgres, nats] = await Promise.all([startPostgres({ own }), startNats()]);
    const [database, tellers] = await Promise.all([postgres.createDatabase('webhooks'), postgres.createDatabase('teller')]);
    await Promise.all([database, tellers].map(({ migrationUrl, appRole }) => runMigrations({ url: migrationUrl, appRole, migrations })));
    const [data, told] = await Promise.all([database, tellers].map(({ url }) => openData({ url, poolSize: 4 })));
    const relay = new Relay({
      databaseUrl: tellers.url,
      nats: { servers: nats.url },
      env: 'sandbox',
      log: logger,
      registry: new Registry(),
      ackTimeout: 1_500,
    });
    relay.start();
    const sandbox = new Sandbox(
      postgres,
      nats,
      database,
      data!,
      { data: told!, outbox: new Outbox('/tonegrid/catalog', told!), relay },
      env,
    );
    try {
      await sandbox.startService();
    } catch (error) {
      await sandbox.stop();
      throw error;
    }
    return sandbox;
  }

  /** The first process of the service. */
  get client(): RpcClient<typeof WebhooksService> {
    return this.services[0]!.client;
  }

  /** Starts one more process. */
  async startService(env: Record<string, string> = {}): Promise<Service> {
    const [port, admin] = [await freePort(), await freePort()];
    const process_ = await startProcess({
      name: 'webhooks',
      command: [process.execPath, resolve(__dirname, '../src/main.js')],
      env: {
        TONEGRID_ENV: 'sandbox',
        DATABASE_URL: this.database.url,
        ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
        INTERNAL_TOKEN: internalToken,
        NATS_URL: this.nats.url,
        GRPC_HOST: '127.0.0.1',
        GRPC_PORT: String(port),
        ADMIN_HOST: '127.0.0.1',
        ADMIN_PORT: String(admin),
        DSPS_FILE: resolve(__dirname, '../../../../deploy/dsps.yaml'),
        ALLOW_PRIVATE_ADDRESSES: 'true',
        WEBHOOK_RETRY_SECONDS: '0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2',
        WEBHOOK_LEASE_MARGIN_MS: '500',
        ...this.env,
        ...env,
      },
      ready: `http://127.0.0.1:${admin}/readyz`,
    });
    const client = rpcClient(WebhooksService, { address: `127.0.0.1:${port}`, internalToken });
    const leave = () => {
      client.close();
      this.services.splice(this.services.indexOf(service), 1);
    };
    const service: Service = {
      client,
      process: process_,
      metrics: async () => (await fetch(`http://127.0.0.1:${admin}/metrics`)).text(),
      async kill9() {
        leave();
        await process_.kill9();
      },
      async stop() {
        leave();
        return process_.stop();
      },
    };
    this.services.push(service);
    return service;
  }

  async subscriber(behaviour?: Behaviour, tls?: { key: string; cert: string }): Promise<Subscriber> {
    const subscriber = await startSubscriber(behaviour, tls);
    this.subscribers.push(subscriber);
    return subscriber;
  }

  /** Subscribes a URL. */
  async subscribe(caller: Caller, url: string, events: string[] = ['*']): Promise<Subscribed> {
    const { data } = await this.client.createWebhook(caller, { name: 'suite', url, events });
    return { uuid: data!.uuid, secret: data!.secret! };
  }

  /** Commits an event of the caller's tenant and gives its id; the relay publishes it. */
  async tell(caller: Caller, event: Partial<DomainEvent> = {}): Promise<string> {
    const [id] = await this.tellAll(caller, [event]);
    return id!;
  }

  /** Commits events in one transaction. */
  async tellAll(caller: Caller, events: Partial<DomainEvent>[]): Promise<string[]> {
    const { tenantUuid } = caller;
    const whole = events.map((event) => {
      const subject = event.subject ?? uuidv4();
      const data = { release_uuid: subject, title: 'Ọmọ Dúdú – 愛', status: 'draft', type: 'ep', track_count: 2, source: 'api' };
      return { type: 'release.created', data, tenantUuid, ...event, subject, id: event.id ?? uuidv7() };
    });
    await this.teller.data.transaction({ tenantUuid }, (tx) => this.teller.outbox.addAll(tx, whole));
    return whole.map(({ id }) => id);
  }

  /** The whole log of a webhook, oldest first, optionally of one event. */
  async log(caller: Caller, webhook: string, eventId?: string): Promise<WebhookDelivery[]> {
    const rows: WebhookDelivery[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const page: Awaited<ReturnType<typeof this.client.listWebhookDeliveries>> = await this.client.listWebhookDeliveries(caller, {
        uuid: webhook,
        perPage: 100,
        cursor,
      });
      rows.push(...page.data);
      cursor = page.meta?.nextCursor;
    }
    return rows.reverse().filter((row) => eventId === undefined || row.eventId === eventId);
  }

  /** Waits until nothing of a webhook is queued or being sent, and gives its log. */
  settled(caller: Caller, webhook: string, timeout = 45_000): Promise<WebhookDelivery[]> {
    let last: WebhookDelivery[] = [];
    return waitFor(
      async () => {
        last = await this.log(caller, webhook);
        return last.length > 0 && last.every(({ status }) => !['queued', 'sending'].includes(status)) ? last : undefined;
      },
      { timeout, interval: 100, what: 'the end of all attempts' },
    ).catch((error: Error) => {
      throw new Error(
        `${error.message}\n${last.map(({ event, status, errorMessage }) => `${event} ${status} ${errorMessage}`).join('\n')}`,
      );
    });
  }

  async stop(): Promise<void> {
    // Subscribers first: attempts that wait for them end.
    await Promise.all(this.subscribers.map((subscriber) => subscriber.close()));
    await Promise.all([...this.services].map((service) => service.stop()));
    await this.teller.relay.stop();
    await Promise.all([this.data.close(), this.teller.data.close()]);
    await Promise.all([this.postgres.stop(), this.nats.stop()]);
  }
}

/** Somebody of a new tenant. */
export const newCaller = (changes: Partial<Caller> = {}): Caller => ({
  tenantUuid: uuidv4(),
  tenantName: 'Harbour Records',
  tenantRole: 'client',
  subject: 'api_key:suite',
  scopes: ['webhooks:write'],
  requestId: uuidv4(),
  reviewPolicy: 'auto',
  locale: 'en',
  answer: { replayed: false },
  ...changes,
});

/** The caller, sending an Idempotency-Key. */
export const withKey = (caller: Caller, key: string, bodyHash = 'hash', route = 'POST /webhooks'): Caller => ({
  ...caller,
  answer: { replayed: false },
  idempotency: { key, bodyHash, route },
});

/** The refusal that a call ends with: status, code, text, fields. Throws when the call succeeds or fails otherwise. */
export async function refusal(call: Promise<unknown>): Promise<[number, string, string, Record<string, string[]> | undefined]> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Refused)) throw new Error(`not refused: ${String(error)}`);
  return [error.status, error.code, error.message, error.fields];
}
