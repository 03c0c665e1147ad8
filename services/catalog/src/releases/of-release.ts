import { Refused } from '@tonegrid/errors';
import type { Data } from '@tonegrid/data';
import type { Caller } from '@tonegrid/rpc';

/**
 * Rows that belong to a release, by a select whose $1 is the release. Nothing found means either none or no such release, so
 * only then is the release looked for. Throws `release.not_found`.
 */
export async function ofRelease<R>(data: Data, caller: Caller, uuid: string, sql: string, name: string): Promise<R[]> {
  const rows = await data.read<R>(caller, sql, [uuid], name);
  if (rows.length === 0) {
    const found = await data.read(caller, 'select 1 from releases where uuid = $1', [uuid], 'release_exists');
    if (found.length === 0) throw new Refused('release.not_found');
  }
  return rows;
}
