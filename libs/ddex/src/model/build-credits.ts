import type { ContributorInput, CreditInput, PublisherInput } from './input';
import type { Contribution, DisplayArtist, LocalText, RightsController } from './notification';
import type { PartyBook } from './party-book';
import { instrumentFor, roleFor } from './roles';
import { artistLine } from './texts';

type Clean = (text: string, what: string) => string;

export interface Credits {
  artistNames: LocalText[];
  artists: DisplayArtist[];
  contributions: Contribution[];
}

/**
 * Display artists and contributors of a release or a recording. Featured and guest artists among the contributors become
 * display artists too; remixers among the artists become contributors only. Each party has one Contributor composite with
 * all its roles (release profile 7.4.6), and at least one display artist is a main one (7.2.2).
 */
export function buildCredits(
  artists: CreditInput[],
  contributors: ContributorInput[],
  book: PartyBook,
  clean: Clean,
  fallback: string,
): Credits {
  const named = artists.map((artist) => ({ ...artist, name: clean(artist.name, 'artist') })).filter((artist) => artist.name !== '');
  if (named.length === 0) named.push({ name: fallback });
  const remixers = named.filter((artist) => artist.role === 'remixer');
  // Someone must be the main artist; where only others are credited, the first of them is.
  const lead =
    named.find((artist) => (artist.role ?? 'main') === 'main') ?? named.find((artist) => artist.role === 'featured') ?? named[0]!;
  const mains = named.filter((artist) => artist === lead || (artist.role ?? 'main') === 'main');
  const featured = named.filter((artist) => artist !== lead && artist.role === 'featured');

  const display: DisplayArtist[] = [];
  const names = { MainArtist: [] as string[], FeaturedArtist: [] as string[] };
  const show = (facts: { id?: string | null; name: string; isni?: string | null }, role: 'MainArtist' | 'FeaturedArtist'): void => {
    const party = book.reference('ARTIST', facts);
    if (display.some((other) => other.party === party)) return;
    display.push({ party, sequence: display.length + 1, role: { value: role } });
    names[role].push(facts.name);
  };
  for (const artist of mains) show(artist, 'MainArtist');
  for (const artist of featured) show(artist, 'FeaturedArtist');

  const contributions: Contribution[] = [];
  const credit = (party: string): Contribution => {
    let found = contributions.find((other) => other.party === party);
    if (!found) contributions.push((found = { party, sequence: contributions.length + 1, roles: [], instruments: [] }));
    return found;
  };
  const add = <T>(list: T[], item: T): void => {
    if (!list.some((other) => JSON.stringify(other) === JSON.stringify(item))) list.push(item);
  };
  for (const artist of remixers) add(credit(book.reference('ARTIST', artist)).roles, { value: 'Remixer' });
  const inOrder = contributors
    .map((item, index) => ({ item, index }))
    .sort((a, b) => (a.item.order ?? 1e9) - (b.item.order ?? 1e9) || a.index - b.index);
  for (const { item } of inOrder) {
    const name = clean(item.name, 'contributor');
    const role = clean(item.role, 'role');
    if (name === '' || role === '') continue;
    const detail = item.roleDetail ? clean(item.roleDetail, 'role detail') : null;
    const target = roleFor(role, detail);
    const facts = { id: item.id, name, isni: item.isni, ipi: item.ipi };
    if (target.artistRole) show(facts, target.artistRole);
    const contribution = credit(book.reference(target.artistRole ? 'ARTIST' : 'CONTRIBUTOR', facts));
    add(contribution.roles, target.role);
    if (target.artistRole) contribution.isFeatured = true;
    if (item.ai && (!contribution.ai || contribution.ai === 'None')) contribution.ai = item.ai;
    if (role.toLowerCase() === 'instrumentalist' && detail) add(contribution.instruments, instrumentFor(detail));
  }
  return { artistNames: [{ text: artistLine(names.MainArtist, names.FeaturedArtist) }], artists: display, contributions };
}

/** The controllers of the rights in the work, from its publishers: shares to six decimals, territories where they are limited. */
export function buildWorkRights(publishers: PublisherInput[], book: PartyBook, clean: Clean): RightsController[] {
  return publishers.flatMap((publisher) => {
    const name = clean(publisher.name, 'publisher');
    if (name === '') return [];
    const share = publisher.sharePercent === null || publisher.sharePercent === undefined ? null : Number(publisher.sharePercent);
    return [
      {
        party: book.reference('PUBLISHER', { id: publisher.id, name, ipi: publisher.ipi }),
        controls: [publisher.isAdministrator ? 'RightsAdministrator' : 'RightsController'],
        // A share left out would be read as the whole.
        share: share !== null && Number.isFinite(share) ? String(Number(share.toFixed(6))) : 'unknown',
        territories: [...(publisher.territoryCodes ?? [])].map((code) => code.toUpperCase()).sort(),
      },
    ];
  });
}
