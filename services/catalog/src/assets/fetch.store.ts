import type { Tx } from '@tonegrid/data';

/** A file to be fetched, taken by this worker. */
export interface FileFetch {
  uuid: string;
  tenant_uuid: string;
  release_uuid: string;
  /** Null for the cover of the release. */
  track_uuid: string | null;
  /** Sealed. */
  url: Buffer;
  /** Counts the takers: who holds an older number has lost it. */
  attempts: number;
  /** Attempts that failed, for a reason on the other side. */
  failures: number;
}

/** A file to be fetched, about to be noted. */
export interface NewFetch {
  uuid: string;
  releaseUuid: string;
  trackUuid: string | null;
  /** Sealed. */
  url: Buffer;
}

/** Notes files of the running tenant that are to be fetched. */
export async function insertFetches(tx: Tx, fetches: readonly NewFetch[]): Promise<void> {
  await tx.query(
    `insert into file_fetches (uuid, tenant_uuid, release_uuid, track_uuid, kind, url)
     select uuid, $1, release_uuid, track_uuid, case when track_uuid is null then 'artwork' else 'audio' end, url
     from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::bytea[]) as f (uuid, release_uuid, track_uuid, url)`,
    [
      tx.tenantUuid,
      fetches.map(({ uuid }) => uuid),
      fetches.map(({ releaseUuid }) => releaseUuid),
      fetches.map(({ trackUuid }) => trackUuid),
      fetches.map(({ url }) => url),
    ],
  );
}

/**
 * Takes the file that is due the longest, for so many seconds; undefined when none is due.
 * @param without tenants that have their share already
 */
export async function takeFetch(tx: Tx, leaseSeconds: number, without: readonly string[]): Promise<FileFetch | undefined> {
  const [fetch] = await tx.query<FileFetch>(
    `update file_fetches set attempts = attempts + 1, due_at = now() + make_interval(secs => $1)
     where uuid = (select uuid from file_fetches where due_at <= now() and tenant_uuid <> all ($2::uuid[])
                   order by due_at limit 1 for update skip locked)
     returning uuid, tenant_uuid, release_uuid, track_uuid, url, attempts, failures`,
    [leaseSeconds, without],
  );
  return fetch;
}

/**
 * Sets when the file is due again: a longer lease, a later attempt, or at once for others. False when it is no longer this worker's, or no
 * longer to be fetched at all.
 * @param failed counts one more failure
 */
export async function postponeFetch(tx: Tx, { uuid, attempts }: FileFetch, seconds: number, failed = false): Promise<boolean> {
  const rows = await tx.query(
    `update file_fetches set due_at = now() + make_interval(secs => $3), failures = failures + $4::int
     where uuid = $1 and attempts = $2 returning 1`,
    [uuid, attempts, seconds, failed ? 1 : 0],
  );
  return rows.length > 0;
}

/** Ends it, fetched or given up; false when it is no longer this worker's, or no longer to be fetched at all. */
export async function endFetch(tx: Tx, { uuid, attempts }: FileFetch): Promise<boolean> {
  return (await tx.query('delete from file_fetches where uuid = $1 and attempts = $2 returning 1', [uuid, attempts])).length > 0;
}

/** The track has its audio: none is to be fetched any more. Its release is locked by whoever says so. */
export const dropAudioFetch = (tx: Tx, trackUuid: string): Promise<unknown> =>
  tx.query('delete from file_fetches where track_uuid = $1', [trackUuid]);

/** The release has its cover, or is to have none: none is to be fetched any more. It is locked by whoever says so. */
export const dropArtworkFetch = (tx: Tx, releaseUuid: string): Promise<unknown> =>
  tx.query('delete from file_fetches where release_uuid = $1 and track_uuid is null', [releaseUuid]);
