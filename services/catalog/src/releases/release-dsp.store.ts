import { Refused } from '@tonegrid/errors';
import { insertRows, type Tx } from '@tonegrid/data';

/** A row of `release_dsps`. */
export interface ReleaseDspRow {
  dsp: string;
  /** As last heard from delivery. */
  status: string;
  /** bigint as text. */
  delivered_revision: string | null;
  attached_at: Date;
}

/** The DSPs that a release is attached to, in the order of attachment: $1 the release. */
export const releaseDspsSql =
  'select d.dsp, d.status, d.delivered_revision, d.attached_at from release_dsps d where d.release_uuid = $1 order by d.attached_at, d.dsp';

export const releaseDsps = (tx: Tx, releaseUuid: string): Promise<ReleaseDspRow[]> =>
  tx.query<ReleaseDspRow>(releaseDspsSql, [releaseUuid]);

/** Throws `dsp.not_attached`. */
export async function attachedDsp(tx: Tx, releaseUuid: string, dsp: string): Promise<ReleaseDspRow> {
  const row = (await releaseDsps(tx, releaseUuid)).find((attached) => attached.dsp === dsp);
  if (!row) throw new Refused('dsp.not_attached', { params: { slug: dsp } });
  return row;
}

/** Attaches DSPs that are not attached yet; answers which. */
export async function attach(tx: Tx, releaseUuid: string, dsps: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ dsp: string }>(
    `${insertRows('release_dsps', 'release_uuid, dsp, tenant_uuid', 1)} on conflict (release_uuid, dsp) do nothing returning dsp`,
    [JSON.stringify(dsps.map((dsp) => ({ release_uuid: releaseUuid, dsp, tenant_uuid: tx.tenantUuid })))],
  );
  return rows.map(({ dsp }) => dsp);
}

/** Detaches a DSP; its override goes with it. */
export const detach = (tx: Tx, releaseUuid: string, dsp: string): Promise<unknown> =>
  tx.query('delete from release_dsps where release_uuid = $1 and dsp = $2', [releaseUuid, dsp]);

/**
 * Notes what delivery tells of a DSP; false when that is older than what is known, or the DSP is no longer attached.
 * @param heard `revision`: the one that is on the storefront, when that is told; `version`: the number that delivery counts its stages
 *   with, which decides what is older. Times decide where there is none (an earlier version of delivery): they are of several clocks.
 */
export async function noteStage(
  tx: Tx,
  releaseUuid: string,
  dsp: string,
  heard: { status: string; at: Date; revision: number | null; version: number | null },
): Promise<boolean> {
  const rows = await tx.query(
    `update release_dsps set status = $3, heard_at = $4, heard_version = coalesce($6::bigint, heard_version),
       delivered_revision = greatest(delivered_revision, $5::bigint)
     where release_uuid = $1 and dsp = $2
       and case when $6::bigint is null then heard_at is null or heard_at <= $4 else heard_version is null or heard_version < $6::bigint end
     returning 1`,
    [releaseUuid, dsp, heard.status, heard.at, heard.revision, heard.version],
  );
  return rows.length > 0;
}
