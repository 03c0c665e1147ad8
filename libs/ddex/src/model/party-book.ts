import { parseIpi, parseIsni } from '../identifiers/parties';
import type { Party } from './notification';
import { namespace } from './roles';

export interface PartyFacts {
  id?: string | null;
  name: string;
  isni?: string | null;
  ipi?: string | null;
  dpid?: string | null;
}

/** The parties of one message. The same party (by our id, else by name) is listed once, whatever it is credited for. */
export class PartyBook {
  readonly parties: Party[] = [];
  private readonly byKey = new Map<string, Party>();
  private readonly counts = new Map<string, number>();

  constructor(private readonly warn: (warning: string) => void) {}

  /** The reference of a party, listed when it is new: `P_ARTIST_1`, `P_LABEL_1`, `P_CONTRIBUTOR_1`, … */
  reference(kind: 'ARTIST' | 'LABEL' | 'CONTRIBUTOR' | 'PUBLISHER' | 'RIGHTSHOLDER', facts: PartyFacts): string {
    const keys = [...(facts.id ? [`id:${facts.id}`] : []), `name:${facts.name.toLowerCase()}`];
    // Two profiles of one name are two parties; a credit without a profile is the party of that name.
    const known = facts.id ? (this.byKey.get(keys[0]!) ?? this.unclaimed(keys[1]!)) : this.byKey.get(keys[0]!);
    const party = known ?? this.add(kind, facts.name);
    for (const key of keys) if (!this.byKey.has(key)) this.byKey.set(key, party);
    this.identify(party, facts);
    return party.reference;
  }

  private unclaimed(key: string): Party | undefined {
    const party = this.byKey.get(key);
    return party && !party.proprietaryIds ? party : undefined;
  }

  private add(kind: string, name: string): Party {
    const number = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, number);
    const party: Party = { reference: `P_${kind}_${number}`, names: [{ full: name }] };
    this.parties.push(party);
    return party;
  }

  private identify(party: Party, facts: PartyFacts): void {
    if (facts.id && !party.proprietaryIds) party.proprietaryIds = [{ namespace, value: facts.id }];
    if (facts.dpid && !party.dpid) party.dpid = facts.dpid;
    if (facts.isni && !party.isni) {
      const isni = parseIsni(facts.isni);
      if (isni.ok) party.isni = isni.value;
      else this.warn(`ISNI of ${party.names[0]!.full} left out: it ${isni.reason}`);
    }
    if (facts.ipi && !party.ipi) {
      const ipi = parseIpi(facts.ipi);
      if (ipi.ok) party.ipi = ipi.value;
      else this.warn(`IPI of ${party.names[0]!.full} left out: it ${ipi.reason}`);
    }
  }
}
