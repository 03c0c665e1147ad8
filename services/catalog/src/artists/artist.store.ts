import { Refused } from '@tonegrid/errors';
import { insertRows, type Tx } from '@tonegrid/data';
import { ruleMessage } from '@tonegrid/rpc';
import type { Outbox } from '@tonegrid/events';
import { v7 } from 'uuid';
import { FieldReport } from '../field-report';
import type { Told } from '../releases/release-events';
import { nameKey, sortName, type ArtistRow } from './artist';
import { artistCreated } from './artist-events';
import type { CreditRow } from './credit-rows';
import type { Credit } from './credits';

/** The columns that are shown of an artist. */
export const artistColumns =
  'a.uuid, a.name, a.biography, a.country, a.apple_artist_id, a.spotify_artist_id, a.isni, a.created_at, a.updated_at';

/** One artist: $1 the uuid. */
export const artistSql = `select ${artistColumns} from artists a where a.uuid = $1`;

/** Locks an artist for a change. Throws `artist.not_found`. */
export async function lockArtist(tx: Tx, uuid: string): Promise<ArtistRow> {
  const [row] = await tx.query<ArtistRow>(`${artistSql} for update`, [uuid]);
  if (!row) throw new Refused('artist.not_found');
  return row;
}

/** The columns that a caller sets. */
export type ArtistFields = Omit<ArtistRow, 'uuid' | 'created_at' | 'updated_at'>;

export async function insertArtist(tx: Tx, fields: ArtistFields): Promise<ArtistRow> {
  const row = { ...fields, uuid: v7(), tenant_uuid: tx.tenantUuid, sort_name: sortName(fields.name), name_key: nameKey(fields.name) };
  const [made] = await tx.query<ArtistRow>(
    `${insertRows('artists', 'uuid, tenant_uuid, name, sort_name, name_key, biography, country, apple_artist_id, spotify_artist_id, isni', 1)}
     returning ${artistColumns.replaceAll('a.', '')}`,
    [JSON.stringify([row])],
  );
  return made!;
}

export async function updateArtist(tx: Tx, uuid: string, values: Partial<ArtistFields>): Promise<ArtistRow> {
  const row = { ...values, ...(values.name !== undefined && { sort_name: sortName(values.name), name_key: nameKey(values.name) }) };
  const names = Object.keys(row) as (keyof typeof row)[];
  const [changed] = await tx.query<ArtistRow>(
    `update artists a set ${names.map((name, n) => `${name} = $${n + 2}`).join(', ')}, updated_at = now() where a.uuid = $1 returning ${artistColumns}`,
    [uuid, ...names.map((name) => row[name])],
  );
  return changed!;
}

/** Releases that credit an artist themselves or on a track. */
export const releasesOfArtist = (artist: string): string =>
  `select c.release_uuid from release_artists c where c.artist_uuid = ${artist}
   union select t.release_uuid from track_artists c join tracks t on t.uuid = c.track_uuid where c.artist_uuid = ${artist}`;

/** Whether a release or track credits the artist. */
export async function isCredited(tx: Tx, uuid: string): Promise<boolean> {
  const [row] = await tx.query<{ credited: boolean }>(
    `select exists (select from release_artists where tenant_uuid = $1 and artist_uuid = $2)
       or exists (select from track_artists where tenant_uuid = $1 and artist_uuid = $2) as credited`,
    [tx.tenantUuid, uuid],
  );
  return row!.credited;
}

interface Profile {
  uuid: string;
  name: string;
  name_key: string;
}

// Of several artists with one name the oldest is meant. sort_name is in the index; equal keys have equal sort names.
const findProfiles = `select uuid, name, name_key from artists
  where tenant_uuid = $1 and ((sort_name = any($2) and name_key = any($3)) or uuid = any($4::uuid[])) order by created_at, uuid`;

/**
 * The artists that credits mean, in lists like those given: profiles by uuid, or by name, and a new profile for a name that
 * none has, of which the outbox is told. Two transactions that credit the same new name get the same profile. Throws `validation.failed` for a uuid that
 * names none of the tenant's artists.
 */
export async function resolveCredits(tx: Tx, outbox: Outbox, lists: readonly (readonly Credit[])[]): Promise<CreditRow[][]> {
  const all = lists.flat();
  if (all.length === 0) return lists.map(() => []);
  const names = new Map(all.flatMap(({ name }) => (name === undefined ? [] : [[nameKey(name), name] as const])));
  const uuids = [...new Set(all.flatMap(({ uuid }) => uuid ?? []))];

  const byKey = new Map<string, Profile>();
  const byUuid = new Map<string, Profile>();
  const find = async (wanted: string[], ids: string[]) => {
    const sortNames = wanted.map((key) => sortName(names.get(key)!));
    for (const profile of await tx.query<Profile>(findProfiles, [tx.tenantUuid, sortNames, wanted, ids], 'find_profiles')) {
      byUuid.set(profile.uuid, profile);
      if (names.has(profile.name_key) && !byKey.has(profile.name_key)) byKey.set(profile.name_key, profile);
    }
  };
  await find([...names.keys()], uuids);

  const report = new FieldReport();
  for (const { uuid, path } of all)
    if (uuid !== undefined && !byUuid.has(uuid)) report.add(`${path}.uuid`, ruleMessage('names_no_artist', `${path}.uuid`));
  report.throwIfAny();

  let missing = [...names.keys()].filter((key) => !byKey.has(key));
  if (missing.length > 0) {
    await lockNames(tx, missing);
    await find(missing, []);
    missing = missing.filter((key) => !byKey.has(key));
    const made = await insertProfiles(
      tx,
      missing.map((key) => names.get(key)!),
    );
    for (const profile of made) byKey.set(profile.name_key, profile);
    await outbox.addAll(
      tx,
      made.map((profile) => artistCreated(tx.tenantUuid, profile)),
    );
  }
  return lists.map((list) =>
    list.map(({ uuid, name, role }) => {
      const profile = uuid === undefined ? byKey.get(nameKey(name!))! : byUuid.get(uuid)!;
      return { artist_uuid: profile.uuid, name: profile.name, role };
    }),
  );
}

// Names are not unique (two bands may share one), so no index can keep two transactions from making a profile each.
const lockNames = (tx: Tx, keys: string[]) =>
  tx.query(
    `select pg_advisory_xact_lock(key) from (select distinct hashtextextended('artist:' || $1 || k, 0) as key from unnest($2::text[]) k order by 1) keys`,
    [tx.tenantUuid, keys],
  );

async function insertProfiles(tx: Tx, names: string[]): Promise<Profile[]> {
  if (names.length === 0) return [];
  const rows = names.map((name) => ({ uuid: v7(), tenant_uuid: tx.tenantUuid, name, sort_name: sortName(name), name_key: nameKey(name) }));
  await tx.query(insertRows('artists', 'uuid, tenant_uuid, name, sort_name, name_key', 1), [JSON.stringify(rows)]);
  return rows;
}

/** Counts a change of every release that credits the artist and may still be changed; answers them. */
export const markReleasesOf = (tx: Tx, artistUuid: string): Promise<Told[]> =>
  tx.query<Told>(
    `update releases r set revision = revision + 1, has_undelivered_changes = has_undelivered_changes or status in ('approved', 'live'), updated_at = now()
     where r.uuid in (${releasesOfArtist('$1')}) and r.status <> 'taken_down' returning r.uuid, r.tenant_uuid, r.title, r.upc, r.status`,
    [artistUuid],
  );

/** Deletes an artist that nothing credits. */
export const deleteArtist = (tx: Tx, uuid: string): Promise<unknown> => tx.query('delete from artists where uuid = $1', [uuid]);
