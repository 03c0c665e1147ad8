import { insertRows, type Tx } from '@tonegrid/data';

/** A credit of an artist on a release or a track. */
export interface CreditRow {
  artist_uuid: string;
  name: string;
  role: string;
}

type Owner = 'release' | 'track';

/** The columns of `release_artists` or `track_artists`. */
export const creditColumns = (owner: Owner): string => `${owner}_uuid, position, tenant_uuid, artist_uuid, role`;

/** Credits as rows of `release_artists` or `track_artists`. */
export const creditRows = (owner: Owner, uuid: string, tenant_uuid: string, credits: readonly CreditRow[]) =>
  credits.map(({ artist_uuid, role }, n) => ({ [`${owner}_uuid`]: uuid, position: n + 1, tenant_uuid, artist_uuid, role }));

/** Replaces the artists of a release or a track. */
export async function replaceCredits(tx: Tx, owner: Owner, uuid: string, credits: readonly CreditRow[]): Promise<void> {
  await tx.query(`delete from ${owner}_artists where ${owner}_uuid = $1`, [uuid]);
  await tx.query(insertRows(`${owner}_artists`, creditColumns(owner), 1), [
    JSON.stringify(creditRows(owner, uuid, tx.tenantUuid, credits)),
  ]);
}

/** The credits of a release or a track, in order. */
export const creditsOf = (tx: Tx, owner: Owner, uuid: string): Promise<CreditRow[]> =>
  tx.query<CreditRow>(
    `select c.artist_uuid, a.name, c.role from ${owner}_artists c join artists a on a.uuid = c.artist_uuid where c.${owner}_uuid = $1 order by c.position`,
    [uuid],
  );

/** Whether two lists credit the same artists in the same roles and order. */
export const sameCredits = (a: readonly CreditRow[], b: readonly CreditRow[]): boolean =>
  a.length === b.length && a.every((credit, n) => credit.artist_uuid === b[n]?.artist_uuid && credit.role === b[n]?.role);
