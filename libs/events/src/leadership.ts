import { Client, type QueryConfig, type QueryResult, type QueryResultRow } from 'pg';
import { reason, type Log } from './log';
import { every, pause } from './pause';

export interface LeadershipOptions {
  /** A direct connection (DATABASE_URL): a pooler in transaction mode loses session locks and LISTEN. */
  databaseUrl: string;
  /** What is led, unique in the database: `relay`, `consumer:<durable>`. */
  name: string;
  log: Log;
  signal: AbortSignal;
  /** Milliseconds between two attempts at a lock that another holds. */
  retryEvery?: number;
}

/** The connection that holds the lead. It sees all tenants. */
export class LeaderConnection {
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly client: Client) {}

  /** Runs a statement after those that were asked for before it. (node-postgres deprecates to queue them itself.) */
  query<R extends QueryResultRow>(text: string | QueryConfig, values?: unknown[]): Promise<QueryResult<R>> {
    const result = this.last.then(() => this.client.query<R>(text as string, values));
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Calls back at each NOTIFY on the channel. */
  async listen(channel: string, callback: () => void): Promise<void> {
    this.client.on('notification', callback);
    await this.query(`listen ${channel}`);
  }
}

// First half of the lock's key, so that these locks meet no others.
const lockClass = 0x746f6e65;

/**
 * Runs the work while this process is the leader: the one that holds the session lock of this name in the database. The lock
 * is gone the moment its holder's connection is, and the next one tries five times a second. (Waiting inside pg_advisory_lock
 * would hold a snapshot as long as it waits, and so keep vacuum from cleaning up.) The work gets the connection that
 * holds the lock, which sees all tenants, and a signal that comes when the connection is lost or `signal` comes;
 * it must then return soon. What it throws is logged, and leadership is tried for anew. Returns when `signal` came.
 */
export async function lead(options: LeadershipOptions, work: (pg: LeaderConnection, signal: AbortSignal) => Promise<void>): Promise<void> {
  const { log, name, signal } = options;
  for (let failures = 0; !signal.aborted;) {
    const client = connectionOf(options);
    const pg = new LeaderConnection(client);
    const lost = new AbortController();
    const lose = () => lost.abort();
    client.on('error', lose).on('end', lose);
    signal.addEventListener('abort', lose, { once: true });
    try {
      await client.connect();
      // A mark that is lost with the server's memory is made again; the work here is never worth waiting for the disk.
      await pg.query("set tonegrid.tenant = '*'; set synchronous_commit = off; set idle_session_timeout = 0");
      if (await locked(pg, options, lost.signal)) {
        failures = 0;
        log.info({ leads: name }, 'leading');
        const watched = every(5000, lost.signal, async () => void (await pg.query('select 1'))).catch(lose);
        await work(pg, lost.signal);
        lose();
        await watched;
      }
    } catch (error) {
      failures++;
      log.warn({ leads: name, reason: reason(error) }, 'leadership lost');
    } finally {
      lose();
      signal.removeEventListener('abort', lose);
      await close(client);
    }
    if (failures > 0) await pause(Math.min(2000, 100 * 2 ** Math.min(failures, 6)), signal);
  }
}

function connectionOf({ databaseUrl, name }: LeadershipOptions): Client {
  return new Client({
    connectionString: databaseUrl,
    application_name: `tonegrid ${name}`,
    connectionTimeoutMillis: 5000,
    query_timeout: 15_000,
    statement_timeout: 15_000,
    keepAlive: true,
    // If this host vanishes without a word, the server ends the session, and with it the lock, after about 11 s.
    options: '-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3',
  });
}

// A connection whose other end has vanished does not answer a farewell either: then it is cut, and the lock is the server's to release.
async function close(client: Client): Promise<void> {
  const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } }).connection;
  const ended = client.end().then(
    () => true,
    () => false,
  );
  if (!(await Promise.race([ended, pause(2000)]))) stream.destroy();
}

async function locked(pg: LeaderConnection, { name, retryEvery = 200 }: LeadershipOptions, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const { rows } = await pg.query<{ got: boolean }>('select pg_try_advisory_lock($1, hashtext($2)) as got', [lockClass, name]);
    if (rows[0]?.got) return true;
    await pause(retryEvery, signal);
  }
  return false;
}
