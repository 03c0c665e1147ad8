import type { Party } from '../model/notification';
import { element, leaf, type Node } from './string-tree';

export const worldwide = { ApplicableTerritoryCode: 'Worldwide' };

export function partyNode(party: Party): Node {
  const ids = [
    leaf('ISNI', party.isni),
    leaf('DPID', party.dpid),
    leaf('IpiNameNumber', party.ipi),
    ...(party.proprietaryIds ?? []).map((id) => leaf('ProprietaryId', id.value, { Namespace: id.namespace })),
  ].filter((id) => id !== null);
  return element('Party', null, [
    leaf('PartyReference', party.reference),
    element('PartyName', worldwide, [leaf('FullName', party.name)]),
    ids.length > 0 && element('PartyId', null, ids),
  ]);
}
