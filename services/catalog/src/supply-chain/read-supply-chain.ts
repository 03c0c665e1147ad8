import type { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import type { Caller } from '@tonegrid/rpc';
import type { SupplyChain } from './supply-chain-messages';
import { supplyChainOf, supplyChainSql, type SupplyChainRow } from './supply-chain.store';

/** The supply chain of a release, in one round trip. Throws `release.not_found`. */
export async function readSupplyChain(data: Data, caller: Caller, uuid: string): Promise<SupplyChain> {
  const [row] = await data.read<SupplyChainRow>(caller, supplyChainSql, [uuid], 'supply_chain');
  if (!row) throw new Refused('release.not_found');
  return supplyChainOf(row);
}
