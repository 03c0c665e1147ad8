import { insertRows, isUniqueViolation, type Tx } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { creditColumns, creditRows, type CreditRow } from '../artists/credit-rows';
import type { TrackFields } from './parse-track';
import type { TrackRow } from './track-row';

/** A new track with its ISRC and its artists. */
export interface NewTrack {
  uuid: string;
  fields: TrackFields & { isrc: string };
  artists: CreditRow[];
  contributors: { name: string; role: string }[];
}

/** The columns that a new track is written with. */
export const trackColumns = `uuid, tenant_uuid, release_uuid, title, version_title, position, isrc, duration_ms, explicit, language, localized_titles,
  audio_bit_depth, audio_sample_rate, audio_channels, expected_audio_md5`;

/** The columns of `contributors`. */
export const contributorColumns = 'track_uuid, position, tenant_uuid, name, role';

/** Rows of tracks, track_artists and contributors, in this order. */
export const trackChildren = (tenant_uuid: string, tracks: readonly (NewTrack & { releaseUuid: string })[]): object[][] => [
  tracks.map(({ uuid, fields, releaseUuid }) => ({ ...fields, uuid, tenant_uuid, release_uuid: releaseUuid })),
  tracks.flatMap(({ uuid, artists }) => creditRows('track', uuid, tenant_uuid, artists)),
  tracks.flatMap(({ uuid, contributors }) => contributorRows(tenant_uuid, uuid, contributors)),
];

const contributorRows = (tenant_uuid: string, track_uuid: string, contributors: readonly { name: string; role: string }[]) =>
  contributors.map(({ name, role }, n) => ({ track_uuid, position: n + 1, tenant_uuid, name, role }));

const insertTracksSql = `with
  tracks as (${insertRows('tracks', trackColumns, 1)}),
  track_artists as (${insertRows('track_artists', creditColumns('track'), 2)})
  ${insertRows('contributors', contributorColumns, 3)}`;

/** Adds tracks to a release. Throws `track.position_taken`. */
export async function insertTracks(tx: Tx, releaseUuid: string, tracks: NewTrack[]): Promise<void> {
  try {
    const rows = trackChildren(
      tx.tenantUuid,
      tracks.map((track) => ({ ...track, releaseUuid })),
    );
    await tx.query(
      insertTracksSql,
      rows.map((some) => JSON.stringify(some)),
    );
  } catch (error) {
    throw positionTaken(error);
  }
}

const positionTaken = (error: unknown): unknown =>
  isUniqueViolation(error, 'tracks_position') ? new Refused('track.position_taken', { field: 'position' }) : error;

const trackView = `select t.uuid, t.release_uuid, t.title, t.version_title, t.position, t.isrc, t.duration_ms, t.explicit, t.language,
  t.localized_titles, t.audio_status, t.audio_error, t.audio_uuid, t.audio_format, t.audio_bit_depth, t.audio_sample_rate, t.audio_channels,
  t.expected_audio_md5, t.created_at, t.updated_at,
  f.storage_key as audio_storage_key, f.content_type as audio_content_type, f.md5 as audio_md5, f.size_bytes as audio_size_bytes,
  (select json_agg(json_build_array(a.uuid, a.name, c.role) order by c.position)
     from track_artists c join artists a on a.uuid = c.artist_uuid where c.track_uuid = t.uuid) as artists,
  (select json_agg(json_build_object('name', k.name, 'role', k.role) order by k.position) from contributors k where k.track_uuid = t.uuid) as contributors
  from tracks t left join assets f on f.uuid = t.audio_uuid`;

/** One track with its credits and its file: $1 its uuid. */
export const trackSql = `${trackView} where t.uuid = $1`;

/** The tracks of a release with credits and files, by position: $1 the release's uuid. */
export const tracksSql = `${trackView} where t.release_uuid = $1 order by t.position`;

/** A track as it stands in this transaction. Throws `track.not_found`. */
export async function viewTrack(tx: Tx, uuid: string): Promise<TrackRow> {
  const [row] = await tx.query<TrackRow>(trackSql, [uuid]);
  if (!row) throw new Refused('track.not_found');
  return row;
}

/** The release that a track belongs to. Throws `track.not_found`. */
export async function releaseOfTrack(tx: Tx, uuid: string): Promise<string> {
  const [row] = await tx.query<{ release_uuid: string }>('select release_uuid from tracks where uuid = $1', [uuid]);
  if (!row) throw new Refused('track.not_found');
  return row.release_uuid;
}

/** Sets columns of a track whose release is locked. Throws `track.position_taken`. */
export async function updateTrack(tx: Tx, uuid: string, values: Partial<TrackRow>): Promise<void> {
  const names = Object.keys(values);
  if (names.length === 0) return;
  const row = { ...values } as Record<string, unknown>;
  if ('localized_titles' in row) row['localized_titles'] = JSON.stringify(row['localized_titles']);
  try {
    await tx.query(`update tracks set ${names.map((name, n) => `${name} = $${n + 2}`).join(', ')}, updated_at = now() where uuid = $1`, [
      uuid,
      ...names.map((name) => row[name]),
    ]);
  } catch (error) {
    throw positionTaken(error);
  }
}

/** Replaces the contributors of a track. */
export async function replaceContributors(tx: Tx, uuid: string, contributors: readonly { name: string; role: string }[]): Promise<void> {
  await tx.query('delete from contributors where track_uuid = $1', [uuid]);
  await tx.query(insertRows('contributors', contributorColumns, 1), [JSON.stringify(contributorRows(tx.tenantUuid, uuid, contributors))]);
}

/** Deletes a track; its file is left to the sweep. */
export async function deleteTrack(tx: Tx, uuid: string): Promise<void> {
  await tx.query('update assets set unused_since = now() where uuid = (select audio_uuid from tracks where uuid = $1)', [uuid]);
  await tx.query('delete from tracks where uuid = $1', [uuid]);
}

/** How many tracks a release has; it is locked by whoever asks. */
export async function countTracks(tx: Tx, releaseUuid: string): Promise<number> {
  const [row] = await tx.query<{ tracks: number }>('select count(*)::int as tracks from tracks where release_uuid = $1', [releaseUuid]);
  return row!.tracks;
}
