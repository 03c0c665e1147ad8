import type { Tx } from '@tonegrid/data';
import { v7 } from 'uuid';

/** One check of one file, taken by this worker. */
export interface AudioJob {
  uuid: string;
  tenant_uuid: string;
  track_uuid: string;
  asset_uuid: string;
  /** Counts the takers: who holds an older number has lost the job. */
  attempts: number;
  release_uuid: string;
  storage_key: string;
  md5: string;
  expected_audio_md5: string | null;
}

/** Has a file checked that was just recorded. */
export const addAudioJob = (tx: Tx, trackUuid: string, assetUuid: string): Promise<unknown> =>
  tx.query('insert into audio_jobs (uuid, tenant_uuid, track_uuid, asset_uuid) values ($1, $2, $3, $4)', [
    v7(),
    tx.tenantUuid,
    trackUuid,
    assetUuid,
  ]);

/** Takes the job that is due the longest, for so many seconds; undefined when none is due. */
export async function takeAudioJob(tx: Tx, leaseSeconds: number): Promise<AudioJob | undefined> {
  const [job] = await tx.query<AudioJob>(
    `update audio_jobs j set attempts = j.attempts + 1, due_at = now() + make_interval(secs => $1)
     from tracks t, assets a
     where j.uuid = (select uuid from audio_jobs where due_at <= now() order by due_at limit 1 for update skip locked)
       and t.uuid = j.track_uuid and a.uuid = j.asset_uuid
     returning j.uuid, j.tenant_uuid, j.track_uuid, j.asset_uuid, j.attempts, t.release_uuid, a.storage_key, a.md5, t.expected_audio_md5`,
    [leaseSeconds],
  );
  return job;
}

/** Sets when the job is due again, as long as this worker holds it: a longer lease, a later attempt, or at once for others. */
export const postponeAudioJob = (tx: Tx, job: AudioJob, seconds: number): Promise<unknown> =>
  tx.query('update audio_jobs set due_at = now() + make_interval(secs => $3) where uuid = $1 and attempts = $2', [
    job.uuid,
    job.attempts,
    seconds,
  ]);

/** Ends the job; false when another worker has taken it meanwhile. */
export async function endAudioJob(tx: Tx, job: AudioJob): Promise<boolean> {
  return (await tx.query('delete from audio_jobs where uuid = $1 and attempts = $2 returning 1', [job.uuid, job.attempts])).length > 0;
}
