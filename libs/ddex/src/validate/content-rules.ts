import { attributeOf, child, childrenNamed, everyElement, path, textAt } from '../read/find';
import type { XmlElement } from '../read/scan-xml';
import { breach, isTrue, mainRelease, nameOf, primary, recordings, type ProfileRule } from './profile-rule';

/** Resources that the main release's groups hold, at any depth. */
function contentOf(group: XmlElement | undefined): string[] {
  if (!group) return [];
  return [
    ...path(group, 'ResourceGroupContentItem', 'ReleaseResourceReference').map((item) => item.text.trim()),
    ...childrenNamed(group, 'ResourceGroup').flatMap(contentOf),
  ];
}

const streams: ReadonlySet<string> = new Set([
  'OnDemandStream',
  'NonInteractiveStream',
  'Stream',
  'ContentInfluencedStream',
  'TimeInfluencedStream',
]);
const localStart = (text: string): boolean => /^\d{4}-\d\d-\d\dT00:00:00(Z|\+00:00)$/.test(text);

const everywhere = 'Worldwide';

/** Dates of an event by territory, the first of each; what is a default, or says no territory, is everywhere's. */
function byTerritory(dates: XmlElement[]): Map<string, XmlElement> {
  const found = new Map<string, XmlElement>();
  for (const date of dates) {
    const territory = attributeOf(date, 'ApplicableTerritoryCode')?.trim() || everywhere;
    const isDefault = isTrue(attributeOf(date, 'IsDefault'));
    for (const place of isDefault ? [territory, everywhere] : [territory]) if (!found.has(place)) found.set(place, date);
  }
  return found;
}

/** What an ISO 8601 date or time covers, in milliseconds since 1970; a local one as if it were UTC. */
interface Span {
  from: number;
  to: number;
  isLocal: boolean;
}

/** Local time is at most so far from UTC (Line Islands, +14:00). */
const farthestZone = 14 * 3_600_000;

/** Reads `YYYY[-MM[-DD]]` and xs:dateTime; null for what is neither, which the schema stage tells. */
function spanOf(text: string | undefined): Span | null {
  const [, year, month, day, time, zone] =
    /^(\d{4})(?:-(\d\d)(?:-(\d\d)(T\d\d:\d\d:\d\d(?:\.\d+)?(Z|[+-]\d\d:\d\d)?)?)?)?$/.exec(text ?? '') ?? [];
  const from = year === undefined ? NaN : Date.parse(time && !zone ? `${text}Z` : text!);
  if (Number.isNaN(from)) return null;
  const next = day ? Date.UTC(+year!, +month! - 1, +day + 1) : month ? Date.UTC(+year!, +month, 1) : Date.UTC(+year! + 1, 0, 1);
  return { from, to: time ? from : next - 1, isLocal: zone === undefined };
}

/** Rules about what a release holds, who is credited, when it comes out and how it is licensed. */
export const contentRules: readonly ProfileRule[] = [
  {
    code: 'profile.main_release',
    clause: '7.3',
    severity: 'error',
    hint: 'Describe one release in each message.',
    check: (message) => {
      const releases = path(message, 'ReleaseList', 'Release');
      return releases.length === 1
        ? []
        : [breach(releases[1] ?? child(message, 'ReleaseList') ?? message, `One main Release is wanted, there are ${releases.length}`)];
    },
    passes: '<ReleaseList><Release/></ReleaseList>',
    fails: '<ReleaseList><Release/><Release/></ReleaseList>',
  },
  {
    code: 'profile.track_release_missing',
    clause: 'Audio profile',
    severity: 'error',
    profiles: ['Audio'],
    hint: 'Every track needs a TrackRelease of its own, even where it cannot be bought or streamed alone.',
    check: (message) => {
      const covered = new Set(path(message, 'ReleaseList', 'TrackRelease', 'ReleaseResourceReference').map((item) => item.text.trim()));
      return primary(message)
        .filter((item) => !covered.has(nameOf(item)))
        .map((item) => breach(item, `SoundRecording ${nameOf(item)} has no TrackRelease`));
    },
    passes:
      '<ResourceList><SoundRecording><ResourceReference>A1</ResourceReference></SoundRecording></ResourceList><ReleaseList><TrackRelease><ReleaseResourceReference>A1</ReleaseResourceReference></TrackRelease></ReleaseList>',
    fails:
      '<ResourceList><SoundRecording><ResourceReference>A1</ResourceReference></SoundRecording></ResourceList><ReleaseList><Release/></ReleaseList>',
  },
  {
    code: 'profile.front_cover',
    clause: 'Audio profile',
    severity: 'error',
    hint: 'Upload one front cover.',
    check: (message) => {
      const covers = path(message, 'ResourceList', 'Image').filter((image) => textAt(image, 'Type') === 'FrontCoverImage');
      return covers.length === 1
        ? []
        : [breach(covers[1] ?? child(message, 'ResourceList') ?? message, `One front cover image is wanted, there are ${covers.length}`)];
    },
    passes: '<ResourceList><Image><Type>FrontCoverImage</Type></Image></ResourceList>',
    fails: '<ResourceList><Image><Type>BackCoverImage</Type></Image></ResourceList>',
  },
  {
    code: 'profile.artist_sequence',
    clause: '7.2.1',
    severity: 'error',
    hint: 'Display artists must be numbered in the order they are shown.',
    check: (message) =>
      [...recordings(message), ...path(message, 'ReleaseList', 'Release')].flatMap((item) => {
        const numbers = new Set<string>();
        const name = nameOf(item);
        return childrenNamed(item, 'DisplayArtist')
          .filter((artist) => {
            const number = attributeOf(artist, 'SequenceNumber');
            return number === undefined || numbers.size === numbers.add(number).size;
          })
          .map((artist) => breach(artist, `A DisplayArtist of ${name} has no sequence number of its own`, 'SequenceNumber'));
      }),
    passes: '<ReleaseList><Release><DisplayArtist SequenceNumber="1"/><DisplayArtist SequenceNumber="2"/></Release></ReleaseList>',
    fails: '<ReleaseList><Release><DisplayArtist/></Release></ReleaseList>',
  },
  {
    code: 'profile.main_artist',
    clause: '7.2.2',
    severity: 'error',
    hint: 'Credit at least one main artist on the release and on each track.',
    check: (message) =>
      [...recordings(message), ...path(message, 'ReleaseList', 'Release')]
        .filter((item) => !path(item, 'DisplayArtist', 'DisplayArtistRole').some((role) => role.text.trim() !== 'FeaturedArtist'))
        .map((item) => breach(item, `${nameOf(item)} has no main artist`)),
    passes:
      '<ReleaseList><Release><DisplayArtist><DisplayArtistRole>MainArtist</DisplayArtistRole></DisplayArtist></Release></ReleaseList>',
    fails:
      '<ReleaseList><Release><DisplayArtist><DisplayArtistRole>FeaturedArtist</DisplayArtistRole></DisplayArtist></Release></ReleaseList>',
  },
  {
    code: 'profile.contributor_twice',
    clause: '7.4.6',
    severity: 'error',
    hint: 'Credit a person once for each track, with all their roles.',
    check: (message) =>
      recordings(message).flatMap((item) => {
        const seen = new Set<string>();
        const name = nameOf(item);
        return path(item, 'Contributor', 'ContributorPartyReference')
          .filter((reference) => seen.size === seen.add(reference.text.trim()).size)
          .map((reference) =>
            breach(reference, `${name} lists contributor ${reference.text.trim()} twice; one Contributor takes all roles`),
          );
      }),
    passes:
      '<ResourceList><SoundRecording><Contributor><ContributorPartyReference>P1</ContributorPartyReference></Contributor></SoundRecording></ResourceList>',
    fails:
      '<ResourceList><SoundRecording><Contributor><ContributorPartyReference>P1</ContributorPartyReference></Contributor><Contributor><ContributorPartyReference>P1</ContributorPartyReference></Contributor></SoundRecording></ResourceList>',
  },
  {
    code: 'profile.first_publication',
    clause: '7.4.7',
    severity: 'warning',
    hint: 'Say when the recording was first published, if it is known.',
    check: (message) =>
      recordings(message)
        .filter((item) => !child(item, 'FirstPublicationDate'))
        .map((item) => breach(item, `SoundRecording ${nameOf(item)} does not say when it was first published`)),
    passes: '<ResourceList><SoundRecording><FirstPublicationDate>2026-06-17</FirstPublicationDate></SoundRecording></ResourceList>',
    fails: '<ResourceList><SoundRecording/></ResourceList>',
  },
  {
    code: 'profile.release_date',
    clause: '7.3',
    severity: 'warning',
    hint: 'Give the release a date.',
    check: (message) => {
      const release = mainRelease(message);
      return !release || child(release, 'ReleaseDate') || child(release, 'OriginalReleaseDate')
        ? []
        : [breach(release, 'The release has no date')];
    },
    passes: '<ReleaseList><Release><ReleaseDate>2026-06-17</ReleaseDate></Release></ReleaseList>',
    fails: '<ReleaseList><Release/></ReleaseList>',
  },
  {
    code: 'profile.original_date_order',
    clause: 'ERN choreography, OriginalReleaseDateLaterThanReleaseDate',
    severity: 'error',
    hint: 'The original release date cannot be after the release date.',
    check: (message) => {
      const release = mainRelease(message);
      const [dates, originals] = [
        byTerritory(childrenNamed(release, 'ReleaseDate')),
        byTerritory(childrenNamed(release, 'OriginalReleaseDate')),
      ];
      return [...new Set([...dates.keys(), ...originals.keys()])].flatMap((territory) => {
        const original = originals.get(territory) ?? originals.get(everywhere);
        const date = (dates.get(territory) ?? dates.get(everywhere))?.text.trim();
        // A year or a month is after another only as a whole.
        if (!original || !date || original.text.trim().slice(0, date.length) <= date) return [];
        const where = territory === everywhere ? '' : ` in ${territory}`;
        return [breach(original, `Original release date ${original.text.trim()} is after ${date}${where}`)];
      });
    },
    passes:
      '<ReleaseList><Release><ReleaseDate>2026-06-17</ReleaseDate><OriginalReleaseDate>1994</OriginalReleaseDate></Release></ReleaseList>',
    fails:
      '<ReleaseList><Release><ReleaseDate>2026-06-17</ReleaseDate><OriginalReleaseDate>2026-06-18</OriginalReleaseDate></Release></ReleaseList>',
  },
  {
    code: 'profile.content_missing',
    clause: 'Audio profile',
    severity: 'error',
    hint: 'Every track must have its place in the release.',
    check: (message) => {
      const release = mainRelease(message);
      const held = new Set(contentOf(child(release, 'ResourceGroup')));
      return release
        ? primary(message)
            .filter((item) => !held.has(nameOf(item)))
            .map((item) => breach(item, `SoundRecording ${nameOf(item)} is in no ResourceGroup of the release`))
        : [];
    },
    passes:
      '<ResourceList><SoundRecording><ResourceReference>A1</ResourceReference></SoundRecording></ResourceList><ReleaseList><Release><ResourceGroup><ResourceGroupContentItem><ReleaseResourceReference>A1</ReleaseResourceReference></ResourceGroupContentItem></ResourceGroup></Release></ReleaseList>',
    fails:
      '<ResourceList><SoundRecording><ResourceReference>A1</ResourceReference></SoundRecording></ResourceList><ReleaseList><Release><ResourceGroup/></Release></ReleaseList>',
  },
  {
    code: 'profile.edition_type',
    clause: 'schema, SoundRecordingEdition/Type',
    severity: 'error',
    hint: 'Where a track has an immersive mix, both mixes must say which they are.',
    check: (message) =>
      recordings(message)
        .filter((item) => childrenNamed(item, 'SoundRecordingEdition').length > 1)
        .flatMap((item) => childrenNamed(item, 'SoundRecordingEdition'))
        .filter((edition) => !child(edition, 'Type'))
        .map((edition) => breach(edition, 'Of two editions of a recording each must have a Type')),
    passes: '<ResourceList><SoundRecording><SoundRecordingEdition/></SoundRecording></ResourceList>',
    fails:
      '<ResourceList><SoundRecording><SoundRecordingEdition/><SoundRecordingEdition><Type>ImmersiveEdition</Type></SoundRecordingEdition></SoundRecording></ResourceList>',
  },
  {
    code: 'profile.title_pairs',
    clause: '7.2.5',
    severity: 'warning',
    hint: 'For each language give the title once as text and once in its parts.',
    check: (message) =>
      [...recordings(message), ...path(message, 'ReleaseList', 'Release')]
        .filter((item) => childrenNamed(item, 'DisplayTitleText').length > childrenNamed(item, 'DisplayTitle').length)
        .map((item) => breach(item, `${nameOf(item)} has more DisplayTitleTexts than DisplayTitles`)),
    passes: '<ReleaseList><Release><DisplayTitleText>A</DisplayTitleText><DisplayTitle/></Release></ReleaseList>',
    fails:
      '<ReleaseList><Release><DisplayTitleText>A</DisplayTitleText><DisplayTitleText>B</DisplayTitleText><DisplayTitle/></Release></ReleaseList>',
  },
  {
    code: 'profile.bundle_streaming',
    clause: 'Audio profile, deals',
    severity: 'error',
    profiles: ['Audio'],
    hint: 'Streams are licensed track by track: move the streaming deal to the TrackReleases.',
    check: (message) => {
      const release = mainRelease(message);
      if (primary(message).length < 2 || !release) return [];
      const reference = textAt(release, 'ReleaseReference');
      return path(message, 'DealList', 'ReleaseDeal')
        .filter((deal) => childrenNamed(deal, 'DealReleaseReference').some((item) => item.text.trim() === reference))
        .flatMap((deal) => path(deal, 'Deal', 'DealTerms', 'UseType'))
        .filter((use) => streams.has(use.text.trim()))
        .map((use) => breach(use, `${use.text.trim()} is licensed for the main release of several tracks`));
    },
    passes:
      '<ResourceList><SoundRecording/><SoundRecording IsSupplemental="true"/><SoundRecording IsSupplemental="1"/></ResourceList><ReleaseList><Release><ReleaseReference>R0</ReleaseReference></Release></ReleaseList><DealList><ReleaseDeal><DealReleaseReference>R0</DealReleaseReference><Deal><DealTerms><UseType>OnDemandStream</UseType></DealTerms></Deal></ReleaseDeal></DealList>',
    fails:
      '<ResourceList><SoundRecording/><SoundRecording/></ResourceList><ReleaseList><Release><ReleaseReference>R0</ReleaseReference></Release></ReleaseList><DealList><ReleaseDeal><DealReleaseReference>R0</DealReleaseReference><Deal><DealTerms><UseType>OnDemandStream</UseType></DealTerms></Deal></ReleaseDeal></DealList>',
  },
  {
    code: 'profile.local_midnight',
    clause: 'schema, StartDateTime',
    severity: 'warning',
    hint: 'Without an offset a start is local midnight everywhere; with one, the west gets the release on the day before.',
    check: (message) =>
      path(message, 'DealList', 'ReleaseDeal', 'Deal', 'DealTerms', 'ValidityPeriod', 'StartDateTime')
        .filter((start) => localStart(start.text.trim()))
        .map((start) => breach(start, `${start.text.trim()} is midnight in UTC, not at each territory`)),
    passes:
      '<DealList><ReleaseDeal><Deal><DealTerms><ValidityPeriod><StartDateTime>2026-06-17T00:00:00</StartDateTime></ValidityPeriod></DealTerms></Deal></ReleaseDeal></DealList>',
    fails:
      '<DealList><ReleaseDeal><Deal><DealTerms><ValidityPeriod><StartDateTime>2026-06-17T00:00:00Z</StartDateTime></ValidityPeriod></DealTerms></Deal></ReleaseDeal></DealList>',
  },
  {
    code: 'profile.no_resource',
    clause: '7.4.3',
    severity: 'error',
    hint: 'Put the tracks of the release into the message.',
    check: (message) => {
      const list = child(message, 'ResourceList');
      return list && list.children.length > 0 ? [] : [breach(list ?? message, 'The message has no resource')];
    },
    passes: '<ResourceList><Image/></ResourceList>',
    fails: '<ResourceList/>',
  },
  {
    code: 'profile.single_resource',
    clause: 'SimpleAudioSingle profile',
    severity: 'error',
    profiles: ['SimpleAudioSingle'],
    hint: 'A simple single has one track: send more as an audio release.',
    check: (message) => {
      const all = primary(message);
      return all.length === 1
        ? []
        : [breach(all[1] ?? child(message, 'ResourceList') ?? message, `One SoundRecording is wanted, there are ${all.length}`)];
    },
    passes: '<ResourceList><SoundRecording/><SoundRecording IsSupplemental="true"/></ResourceList>',
    fails: '<ResourceList><SoundRecording/><SoundRecording/></ResourceList>',
  },
  {
    code: 'profile.label_missing',
    clause: '7.3.5',
    severity: 'error',
    hint: 'Name the label of the release in every territory that it is licensed for.',
    check: (message) => {
      const release = mainRelease(message);
      if (!release) return [];
      const labels = childrenNamed(release, 'ReleaseLabelReference');
      if (labels.length === 0) return [breach(release, 'The release names no label')];
      const where = labels.map((label) => attributeOf(label, 'ApplicableTerritoryCode') ?? 'Worldwide');
      if (where.includes('Worldwide')) return [];
      const uncovered = path(message, 'DealList', 'ReleaseDeal', 'Deal', 'DealTerms', 'TerritoryCode').find(
        (code) => !where.includes(code.text.trim()),
      );
      return uncovered ? [breach(uncovered, `The release names no label for ${uncovered.text.trim()}, where it has a deal`)] : [];
    },
    passes: '<ReleaseList><Release><ReleaseLabelReference>P1</ReleaseLabelReference></Release></ReleaseList>',
    fails:
      '<ReleaseList><Release><ReleaseLabelReference ApplicableTerritoryCode="NG">P1</ReleaseLabelReference></Release></ReleaseList><DealList><ReleaseDeal><Deal><DealTerms><TerritoryCode>GB</TerritoryCode></DealTerms></Deal></ReleaseDeal></DealList>',
  },
  {
    code: 'profile.side_group',
    clause: '7.3.8',
    severity: 'error',
    hint: 'Sides belong to records and cassettes: leave them out of a release that is only streamed and downloaded.',
    check: (message) => {
      const release = mainRelease(message);
      const isPhysical = path(message, 'DealList', 'ReleaseDeal', 'Deal', 'DealTerms', 'UseType').some(
        (use) => use.text.trim() === 'PurchaseAsPhysicalProduct',
      );
      return release && !isPhysical
        ? [...everyElement(release)]
            .filter((group) => group.name === 'ResourceGroup' && attributeOf(group, 'ResourceGroupType') === 'Side')
            .map((group) => breach(group, 'A ResourceGroup is a side, and nothing physical is sold', 'ResourceGroupType'))
        : [];
    },
    passes: '<ReleaseList><Release><ResourceGroup><ResourceGroup ResourceGroupType="Component"/></ResourceGroup></Release></ReleaseList>',
    fails: '<ReleaseList><Release><ResourceGroup><ResourceGroup ResourceGroupType="Side"/></ResourceGroup></Release></ReleaseList>',
  },
  {
    code: 'profile.sequence_twice',
    clause: '7.4.3',
    severity: 'error',
    hint: 'Two tracks cannot have the same place in the running order.',
    check: (message) => {
      const release = mainRelease(message);
      const groups = release ? [...everyElement(release)].filter((element) => element.name === 'ResourceGroup') : [];
      return groups.flatMap((group) => {
        const seen = new Set<string>();
        return path(group, 'ResourceGroupContentItem', 'SequenceNumber')
          .filter((number) => seen.size === seen.add(number.text.trim()).size)
          .map((number) => breach(number, `Sequence number ${number.text.trim()} is given twice in one ResourceGroup`));
      });
    },
    passes:
      '<ReleaseList><Release><ResourceGroup><ResourceGroupContentItem><SequenceNumber>1</SequenceNumber></ResourceGroupContentItem><ResourceGroupContentItem><SequenceNumber>2</SequenceNumber></ResourceGroupContentItem></ResourceGroup></Release></ReleaseList>',
    fails:
      '<ReleaseList><Release><ResourceGroup><ResourceGroupContentItem><SequenceNumber>1</SequenceNumber></ResourceGroupContentItem><ResourceGroupContentItem><SequenceNumber>1</SequenceNumber></ResourceGroupContentItem></ResourceGroup></Release></ReleaseList>',
  },
  {
    code: 'profile.deal_period',
    clause: 'schema, ValidityPeriod',
    severity: 'error',
    hint: 'A deal cannot end before it begins.',
    check: (message) =>
      path(message, 'DealList', 'ReleaseDeal', 'Deal', 'DealTerms', 'ValidityPeriod')
        .filter((period) => {
          const [start, end] = ['Start', 'End'].map((which) =>
            spanOf(textAt(period, `${which}DateTime`) ?? textAt(period, `${which}Date`)),
          );
          return start && end && end.to + (start.isLocal === end.isLocal ? 0 : farthestZone) < start.from;
        })
        .map((period) => breach(period, 'The deal ends before it begins')),
    passes:
      '<DealList><ReleaseDeal><Deal><DealTerms><ValidityPeriod><StartDateTime>2026-06-17T00:00:00</StartDateTime><EndDateTime>2026-06-17T00:00:00</EndDateTime></ValidityPeriod></DealTerms></Deal></ReleaseDeal></DealList>',
    fails:
      '<DealList><ReleaseDeal><Deal><DealTerms><ValidityPeriod><StartDateTime>2026-06-17T00:00:00</StartDateTime><EndDateTime>2026-06-16T00:00:00</EndDateTime></ValidityPeriod></DealTerms></Deal></ReleaseDeal></DealList>',
  },
];
