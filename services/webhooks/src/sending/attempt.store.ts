import { Inject, Injectable } from '@nestjs/common';
import { Data, type Tx } from '@tonegrid/data';
import { CONFIG } from '@tonegrid/service';
import { v7 as uuidv7 } from 'uuid';
import type { WebhooksConfig } from '../config';
import type { Room } from './lanes';
import { delayAfter } from './retry-schedule';

/** An attempt that this process has taken, with what it needs to be made. */
export interface Taken {
  uuid: string;
  webhook_uuid: string;
  tenant_uuid: string;
  event_id: string;
  event: string;
  retry_count: number;
  url: string;
  secret: Buffer;
  previous_secret: Buffer | null;
  body: string;
  traceparent: string | null;
}

/** What is written of an attempt that is over, and the one that follows it. */
export interface Ended {
  uuid: string;
  status: 'succeeded' | 'failed' | 'dead';
  code?: number;
  body?: string;
  error?: string;
  durationMs?: number;
  next?: Next;
}

/** The attempt after one that failed. */
export interface Next {
  /** Left out: as if it had been scheduled when the one before was. */
  inSeconds?: number;
  retryCount: number;
  /** How often in a row the sender has died over it. */
  interruptions?: number;
}

// What is taken needs no fsync: were it lost with the server, the attempt would be made again, as after any crash.
const hurry = `hurry as materialized (select set_config('synchronous_commit', 'off', true))`;

/** Takes what `picked` names; a row that another sender takes meanwhile was locked by it and is not among them. */
const take = `
  update deliveries d set status = 'sending', attempted_at = clock_timestamp(), leased_until = clock_timestamp() + $1 * interval '1 millisecond'
  from picked, webhooks w, messages m, hurry
  where d.uuid = picked.uuid and w.uuid = d.webhook_uuid and w.is_active and m.event_id = d.event_id
  returning d.uuid, d.webhook_uuid, d.tenant_uuid, d.event_id, d.event, d.retry_count, w.url, w.secret, w.previous_secret, m.body, m.traceparent`;

// Events of one subject (a release) reach a webhook in their order: a first attempt waits for earlier first attempts, and nothing is
// sent while another attempt of the subject is under way. What has failed and waits for its retry is overtaken. Also between processes:
// one that does not see yet what another has taken still sees it queued.
const inTurn = `not exists (
  select from deliveries e where e.webhook_uuid = d.webhook_uuid and e.subject = d.subject and e.status in ('queued', 'sending')
    and (e.status = 'sending' or (e.retry_count = 0 and d.retry_count = 0 and (e.scheduled_at, e.uuid) < (d.scheduled_at, d.uuid))))`;

const takeThese = `
  with ${hurry}, picked as materialized (
    select d.uuid from deliveries d where d.uuid = any($2::uuid[]) and d.status = 'queued' and d.scheduled_at <= now() and ${inTurn}
    for update of d skip locked
  ) ${take}`;

// From webhook to webhook along the index of what is queued, a few of each, so that a long queue of one does not stand in the way of
// the others. Begins behind the webhook that was served last.
const takeDue = `
  with recursive ${hurry}, queues (webhook_uuid) as (
    (select webhook_uuid from deliveries where status = 'queued' and webhook_uuid > $2 order by webhook_uuid limit 1)
    union all
    select (select d.webhook_uuid from deliveries d where d.status = 'queued' and d.webhook_uuid > q.webhook_uuid order by d.webhook_uuid limit 1)
    from queues q where q.webhook_uuid is not null
  ), picked as materialized (
    select due.uuid from queues q
    left join unnest($4::uuid[], $5::int[]) as known (webhook_uuid, room) on known.webhook_uuid = q.webhook_uuid
    cross join lateral (
      select d.uuid from deliveries d
      where d.status = 'queued' and d.webhook_uuid = q.webhook_uuid and d.scheduled_at <= now() and ${inTurn}
        and exists (select from webhooks w where w.uuid = q.webhook_uuid and w.is_active)
      order by d.scheduled_at, d.uuid limit coalesce(known.room, $6::int) for update of d skip locked
    ) due
    where q.webhook_uuid is not null limit $3
  ) ${take}`;

// The end of attempts and what follows from each, in one statement. An attempt that was given up as interrupted meanwhile, or whose
// webhook is gone, is no longer 'sending' and stays as it is. A body that is still wanted is kept for as long again.
const end = `
  with ended as (
    select * from unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::int[], $7::uuid[], $8::float8[], $9::int[], $10::int[])
      as e (uuid, status, code, body, error, duration_ms, next_uuid, next_in, next_count, interruptions)
  ), written as (
    update deliveries d set status = e.status, response_code = e.code, response_body = e.body, error_message = e.error,
      duration_ms = e.duration_ms, leased_until = null
    from ended e where d.uuid = e.uuid and d.status = 'sending'
    returning d.tenant_uuid, d.webhook_uuid, d.event_id, d.event, d.subject, d.scheduled_at, e.next_uuid, e.next_in, e.next_count, e.interruptions
  ), kept as (
    update messages m set wanted_at = now() from written
    where written.next_uuid is not null and m.event_id = written.event_id and m.wanted_at < now() - interval '12 hours'
  )
  insert into deliveries (uuid, tenant_uuid, webhook_uuid, event_id, event, subject, retry_count, interruptions, scheduled_at)
  select next_uuid, tenant_uuid, webhook_uuid, event_id, event, subject, next_count, interruptions,
    coalesce(clock_timestamp() + next_in * interval '1 second', scheduled_at)
  from written where next_uuid is not null`;

const lowest = '00000000-0000-0000-0000-000000000000';

/** The queue and the log of attempts, over all tenants. */
@Injectable()
export class AttemptStore {
  /** Milliseconds after which an attempt without an outcome is taken for interrupted. */
  readonly leaseMs: number;
  private servedLast = lowest;

  constructor(
    private readonly data: Data,
    @Inject(CONFIG) private readonly config: WebhooksConfig,
  ) {
    this.leaseMs = config.WEBHOOK_TIMEOUT_MS + config.WEBHOOK_LEASE_MARGIN_MS;
  }

  /** Takes those of these deliveries that are still queued and whose turn it is. */
  takeThese(uuids: string[]): Promise<Taken[]> {
    return this.data.system((tx) => tx.query<Taken>(takeThese, [this.leaseMs, uuids], 'take-these'));
  }

  /**
   * Takes what is due, at most `most` and of each webhook at most its room, going round among the webhooks.
   * @param known what webhooks may have of which something is known
   * @param roomOfNew what any other may have
   */
  takeDue(most: number, roomOfNew: number, known: Room[]): Promise<Taken[]> {
    return this.data.system(async (tx) => {
      const from = this.servedLast;
      const behind = async (webhook: string, count: number, rooms: Room[]) =>
        tx.query<Taken>(
          takeDue,
          [this.leaseMs, webhook, count, rooms.map((each) => each.webhook), rooms.map(({ room }) => room), roomOfNew],
          'take-due',
        );
      const first = await behind(from, most, known);
      if (first.length === most || from === lowest) {
        this.servedLast = first.length === most ? highest(first) : lowest;
        return first;
      }
      const served = new Set(first.map(({ webhook_uuid }) => webhook_uuid));
      const rest = [...known.filter(({ webhook }) => !served.has(webhook)), ...[...served].map((webhook) => ({ webhook, room: 0 }))];
      const second = await behind(lowest, most - first.length, rest);
      this.servedLast = second.length > 0 ? highest(second) : lowest;
      return [...first, ...second];
    });
  }

  /** Writes how attempts ended and queues what follows. */
  async end(attempts: Ended[]): Promise<void> {
    await this.data.system((tx) => this.endIn(tx, attempts));
  }

  /**
   * Attempts whose sender has gone without a word: they are queued again as new ones, at once and not counted as a retry, because the
   * subscriber may never have seen them. The second time in a row it counts, so that an answer which brings senders down is not asked
   * for without end. Gives how many there were.
   */
  endInterrupted(most = 500): Promise<number> {
    return this.data.system(async (tx) => {
      const lost = await tx.query<{ uuid: string; retry_count: number; interruptions: number }>(
        `select uuid, retry_count, interruptions from deliveries where status = 'sending' and leased_until < clock_timestamp()
         order by leased_until limit $1 for update skip locked`,
        [most],
        'interrupted',
      );
      await this.endIn(
        tx,
        lost.map(({ uuid, retry_count, interruptions }) => this.interrupted(uuid, retry_count, interruptions)),
      );
      return lost.length;
    });
  }

  /** Deliveries that are due, of webhooks that are active. */
  async countDue(): Promise<number> {
    const [row] = await this.data.system((tx) =>
      tx.query<{ due: string }>(
        `select coalesce(sum((select count(*) from deliveries d where d.status = 'queued' and d.webhook_uuid = w.uuid and d.scheduled_at <= now())), 0) as due
         from webhooks w where w.is_active`,
      ),
    );
    return Number(row!.due);
  }

  private interrupted(uuid: string, retryCount: number, interruptions: number): Ended {
    const common = { uuid, error: 'The sender was interrupted before it knew the outcome.' };
    if (interruptions === 0) return { ...common, status: 'failed', next: { retryCount, interruptions: 1 } };
    const inSeconds = delayAfter(retryCount, this.config.WEBHOOK_RETRY_SECONDS);
    if (inSeconds === undefined) return { ...common, status: 'dead' };
    return { ...common, status: 'failed', next: { inSeconds, retryCount: retryCount + 1 } };
  }

  private async endIn(tx: Tx, attempts: Ended[]): Promise<void> {
    if (attempts.length === 0) return;
    const column = <T>(of: (attempt: Ended) => T | undefined) => attempts.map((attempt) => of(attempt) ?? null);
    const columns = [
      column(({ uuid }) => uuid),
      column(({ status }) => status),
      column(({ code }) => code),
      column(({ body }) => body),
      column(({ error }) => error),
      column(({ durationMs }) => durationMs),
      column(({ next }) => next && uuidv7()),
      column(({ next }) => next?.inSeconds),
      column(({ next }) => next?.retryCount),
      column(({ next }) => next?.interruptions ?? 0),
    ];
    await tx.query(end, columns, 'end-attempts');
  }
}

const highest = (taken: Taken[]): string => taken.reduce((most, { webhook_uuid }) => (webhook_uuid > most ? webhook_uuid : most), lowest);
