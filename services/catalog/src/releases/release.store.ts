import { Refused } from '@tonegrid/errors';
import { insertRows, isUniqueViolation, type Tx } from '@tonegrid/data';
import { creditColumns, creditRows, type CreditRow } from '../artists/credit-rows';
import { AssignedIsTaken } from '../identifiers/minting';
import { contributorColumns, trackChildren, trackColumns, type NewTrack } from '../tracks/track.store';
import type { ReleaseFields } from './parse-release';
import type { ReleaseRow, ReleaseView } from './release-row';

const columns = `r.uuid, r.tenant_uuid, r.tenant_name, r.title, r.version_title, r.type, r.status, r.review_stage, r.upc, r.grid,
  r.release_date, r.original_release_date, r.genre, r.subgenre, r.language, r.label, r.copyright_year, r.copyright_holder, r.explicit,
  r.localized_titles, r.artwork_uuid, r.artwork_key, r.artwork_warnings, r.has_undelivered_changes, r.rejection_reason,
  r.rejection_issues, r.warnings, r.revision, r.created_at, r.updated_at`;

/** One release with its artists, tracks and DSPs, in one statement: $1 its uuid. */
export const releaseViewSql = `select ${columns},
  (select json_agg(json_build_array(a.uuid, a.name, c.role) order by c.position)
     from release_artists c join artists a on a.uuid = c.artist_uuid where c.release_uuid = r.uuid) as artists,
  (select json_agg(json_build_array(t.uuid, t.title, t.position, t.isrc, t.duration_ms, t.explicit, t.audio_status, t.created_at) order by t.position)
     from tracks t where t.release_uuid = r.uuid) as tracks,
  array(select d.dsp from release_dsps d where d.release_uuid = r.uuid order by d.attached_at, d.dsp) as dsps
  from releases r where r.uuid = $1`;

/** The release as it stands in this transaction. Throws `release.not_found`. */
export async function viewRelease(tx: Tx, uuid: string): Promise<ReleaseView> {
  const [row] = await tx.query<ReleaseView>(releaseViewSql, [uuid], 'get_release');
  if (!row) throw new Refused('release.not_found');
  return row;
}

/** Like lockRelease; undefined when there is no such release. */
export async function findRelease(tx: Tx, uuid: string): Promise<ReleaseRow | undefined> {
  return (await tx.query<ReleaseRow>(`select ${columns} from releases r where r.uuid = $1 for update`, [uuid]))[0];
}

/** Locks a release until the end of the transaction: changes of one release come one after the other. Throws `release.not_found`. */
export async function lockRelease(tx: Tx, uuid: string): Promise<ReleaseRow> {
  const row = await findRelease(tx, uuid);
  if (!row) throw new Refused('release.not_found');
  return row;
}

/** The release that an ingestion job has made, if it has. */
export async function releaseOfJob(tx: Tx, jobUuid: string): Promise<string | undefined> {
  const [row] = await tx.query<{ uuid: string }>('select uuid from releases where tenant_uuid = $1 and ingestion_job_uuid = $2', [
    tx.tenantUuid,
    jobUuid,
  ]);
  return row?.uuid;
}

/** A new release with its children. UPC and GRid are filled in; `assigned`: the UPC is one of ours. */
export interface NewRelease {
  uuid: string;
  tenantName: string;
  fields: ReleaseFields & { upc: string; grid: string };
  assigned: boolean;
  source: string;
  ingestionJobUuid: string | null;
  artists: CreditRow[];
  dsps: string[];
  tracks: NewTrack[];
}

const releaseColumns = `uuid, tenant_uuid, tenant_name, title, version_title, type, upc, grid, release_date, original_release_date, genre, subgenre,
  language, label, copyright_year, copyright_holder, explicit, localized_titles, warnings, source, ingestion_job_uuid`;

// One statement for whole trees: it is one round trip, and foreign keys are checked at its end.
const insertTree = `with
  release as (${insertRows('releases', releaseColumns, 1)} returning created_at),
  artists as (${insertRows('release_artists', creditColumns('release'), 2)}),
  dsps as (${insertRows('release_dsps', 'release_uuid, dsp, tenant_uuid', 3)}),
  tracks as (${insertRows('tracks', trackColumns, 4)}),
  track_artists as (${insertRows('track_artists', creditColumns('track'), 5)}),
  contributors as (${insertRows('contributors', contributorColumns, 6)})
  select created_at from release limit 1`;

/**
 * Writes releases with all that belongs to them; answers when they were made. Throws `release.upc_taken`, or AssignedIsTaken when the taken
 * UPC was ours to choose; the bare violation, when it is one of several.
 */
export async function insertReleases(tx: Tx, releases: readonly NewRelease[]): Promise<Date> {
  const tenant_uuid = tx.tenantUuid;
  const rows = releases.map((release) => ({
    ...release.fields,
    uuid: release.uuid,
    tenant_uuid,
    tenant_name: release.tenantName,
    source: release.source,
    ingestion_job_uuid: release.ingestionJobUuid,
  }));
  const artists = releases.flatMap((release) => creditRows('release', release.uuid, tenant_uuid, release.artists));
  const dsps = releases.flatMap(({ uuid, dsps }) => dsps.map((dsp) => ({ release_uuid: uuid, dsp, tenant_uuid })));
  const children = trackChildren(
    tenant_uuid,
    releases.flatMap(({ uuid, tracks }) => tracks.map((track) => ({ ...track, releaseUuid: uuid }))),
  );
  try {
    const [made] = await tx.query<{ created_at: Date }>(
      insertTree,
      [rows, artists, dsps, ...children].map((some) => JSON.stringify(some)),
      'insert_tree',
    );
    return made!.created_at;
  } catch (error) {
    const [release, another] = releases;
    throw release && !another ? upcTaken(error, release.fields.upc, release.assigned) : error;
  }
}

const upcTaken = (error: unknown, upc: string, assigned: boolean): unknown => {
  if (!isUniqueViolation(error, 'releases_upc')) return error;
  return assigned ? new AssignedIsTaken() : new Refused('release.upc_taken', { field: 'upc', params: { upc } });
};

/** Sets columns of a locked release. Throws `release.upc_taken`. */
export async function updateRelease(tx: Tx, uuid: string, values: Partial<ReleaseRow>): Promise<void> {
  const names = Object.keys(values);
  if (names.length === 0) return;
  const row = { ...values } as Record<string, unknown>;
  for (const name of ['localized_titles', 'rejection_issues']) if (name in row) row[name] = JSON.stringify(row[name]);
  try {
    await tx.query(`update releases set ${names.map((name, n) => `${name} = $${n + 2}`).join(', ')}, updated_at = now() where uuid = $1`, [
      uuid,
      ...names.map((name) => row[name]),
    ]);
  } catch (error) {
    throw upcTaken(error, String(values.upc), false);
  }
}

/** Deletes a release with its tracks; its files are left to the sweep. */
export async function deleteRelease(tx: Tx, uuid: string): Promise<void> {
  await tx.query(
    `update assets set unused_since = now() where uuid in
       (select audio_uuid from tracks where release_uuid = $1 union select artwork_uuid from releases where uuid = $1)`,
    [uuid],
  );
  await tx.query('delete from releases where uuid = $1', [uuid]);
}

/** What the gates of submission look at, beside the row itself. */
export async function submissionOf(tx: Tx, uuid: string): Promise<{ audio: string[]; dsps: string[] }> {
  const [row] = await tx.query<{ audio: string[]; dsps: string[] }>(
    `select array(select audio_status from tracks where release_uuid = $1 order by position) as audio,
       array(select dsp from release_dsps where release_uuid = $1 order by attached_at, dsp) as dsps`,
    [uuid],
  );
  return row!;
}
