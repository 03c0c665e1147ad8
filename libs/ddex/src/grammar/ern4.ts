import type * as model from '../model/notification';
import { attribute, duration, flag, integer, many, one, record, text, view, within, type Codec, type Field } from './codec';
import { ern4Parts, type Ern4Parts, type Ern4Version } from './ern4-parts';
import { ern4Resources } from './ern4-resources';
import { framed, whole } from './ern4-supplied';
import { coded } from './values';

function resourceGroup(parts: Ern4Parts): Codec<model.ResourceGroup> {
  const item = record<model.ContentItem>([
    one('SequenceNumber', 'sequence', integer),
    one('DisplaySequence', 'displaySequence', text),
    one('ReleaseResourceReference', 'resource', text, { required: true }),
    many('LinkedReleaseResourceReference', 'linked', parts.linked),
    one('IsBonusResource', 'isBonus', flag),
    one('IsInstantGratificationResource', 'isInstantGratification', flag),
    one('IsPreOrderIncentiveResource', 'isPreOrderIncentive', flag),
  ]);
  // A group holds groups: the table refers to itself, so it is looked up when it is used.
  const inner: Codec<model.ResourceGroup> = {
    write: (value, name, context) => group.write(value, name, context),
    read: (element, context) => group.read(element, context),
  };
  const group: Codec<model.ResourceGroup> = record<model.ResourceGroup>([
    attribute('ResourceGroupType', 'type', text),
    ...parts.optionalTitles<model.ResourceGroup>(),
    ...parts.additionalTitles<model.ResourceGroup>(),
    one('SequenceNumber', 'sequence', integer),
    one('DisplaySequence', 'displaySequence', text),
    one('Duration', 'durationSeconds', duration),
    many('ResourceGroup', 'groups', inner),
    many('ResourceGroupContentItem', 'content', item, { listed: true }),
    many('LinkedReleaseResourceReference', 'linked', parts.linked),
  ]);
  return group;
}

/** NewReleaseMessage and PurgeReleaseMessage of one version of ERN 4. */
export function ern4(version: Ern4Version): { release: Codec<model.ReleaseNotification>; purge: Codec<model.PurgeNotification> } {
  const parts = ern4Parts(version);
  const resources = ern4Resources(parts);
  const genres = parts.since432 ? 'DisplayGenre' : 'Genre';
  const texts = (name: string, key: 'keywords' | 'synopses' | 'marketingComments'): Field<model.MainRelease> =>
    many(name, key, parts.narrowText);
  const date = parts.eventDate({ territory: 'written-out', isDefault: true, approximate: true });

  const mainRelease = record<model.MainRelease>([
    attribute('LanguageAndScriptCode', 'language', text),
    one('ReleaseReference', 'reference', text, { required: true }),
    many('ReleaseType', 'types', coded(), { listed: true }),
    one('ReleaseId', 'ids', parts.releaseIds, { required: true }),
    ...parts.titles<model.MainRelease>(),
    ...(parts.since43 ? parts.versions<model.MainRelease>() : []),
    ...parts.artists<model.MainRelease>(),
    many('ReleaseLabelReference', 'labels', parts.label, { listed: true }),
    many('PLine', 'pLines', parts.copyright('P')),
    many('CLine', 'cLines', parts.copyright('C')),
    many('CourtesyLine', 'courtesyLines', parts.narrowText),
    one('Duration', 'durationSeconds', duration),
    many(genres, 'genres', parts.genre, { listed: true }),
    many('ReleaseDate', 'releaseDates', date),
    many('OriginalReleaseDate', 'originalReleaseDates', date),
    many('ReleaseVisibilityReference', 'visibilities', text),
    many('ParentalWarningType', 'advisories', parts.advisory, { listed: true }),
    many('RelatedRelease', 'relatedReleases', parts.relatedRelease),
    one('IsSingleArtistCompilation', 'isSingleArtistCompilation', flag),
    one('IsMultiArtistCompilation', 'isMultiArtistCompilation', flag),
    one('ResourceGroup', 'group', resourceGroup(parts), { required: true }),
    texts('Keywords', 'keywords'),
    texts('Synopsis', 'synopses'),
    one('HiResMusicDescription', 'hiResDescription', text),
    ...(parts.since432 ? [one<model.MainRelease, 'containsAi'>('ContainsAI', 'containsAi', text)] : []),
    one('IsSoundtrack', 'isSoundtrack', flag),
    one('IsHiResMusic', 'isHiRes', flag),
    texts('MarketingComment', 'marketingComments'),
  ]);
  const trackRelease = record<model.TrackRelease>([
    attribute('IsMainRelease', 'isMain', flag),
    one('ReleaseReference', 'reference', text, { required: true }),
    one('ReleaseId', 'ids', parts.releaseIds, { required: true }),
    ...parts.optionalTitles<model.TrackRelease>(),
    ...parts.additionalTitles<model.TrackRelease>(),
    one('ReleaseResourceReference', 'resource', text, { required: true }),
    many('LinkedReleaseResourceReference', 'linked', parts.linked),
    many('ReleaseLabelReference', 'labels', parts.label, { listed: true }),
    many(genres, 'genres', parts.genre, { listed: true }),
    many('ReleaseVisibilityReference', 'visibilities', text),
    many('RelatedRelease', 'relatedReleases', parts.relatedRelease),
  ]);

  const frame = <T extends { language?: string; avsVersionId?: string; header: model.MessageHeader }>(): Field<T>[] =>
    [
      ...(parts.since43 ? [attribute<model.PurgeNotification, 'avsVersionId'>('AvsVersionId', 'avsVersionId', text)] : []),
      attribute<model.PurgeNotification, 'language'>('LanguageAndScriptCode', 'language', text),
    ] as unknown as Field<T>[];
  type Message = model.ReleaseNotification;
  const release = record<Message>([
    ...frame<Message>(),
    attribute('ReleaseProfileVersionId', 'profile', text),
    attribute('ReleaseProfileVariantVersionId', 'profileVariant', text),
    one('MessageHeader', 'header', parts.header, { required: true }),
    within('PartyList', [many<Message, 'parties'>('Party', 'parties', parts.party, { listed: true })], { always: true }),
    within(
      'ResourceList',
      [
        many<Message, 'recordings'>('SoundRecording', 'recordings', resources.recording, { listed: true }),
        many<Message, 'videos'>('Video', 'videos', resources.video, { listed: true }),
        many<Message, 'images'>('Image', 'images', resources.image, { listed: true }),
        many<Message, 'texts'>('Text', 'texts', resources.text, { listed: true }),
      ],
      { always: true },
    ),
    within(
      'ReleaseList',
      [
        one<Message, 'release'>('Release', 'release', mainRelease, { required: true }),
        many<Message, 'trackReleases'>('TrackRelease', 'trackReleases', trackRelease, { listed: true }),
      ],
      { always: true },
    ),
    within('DealList', [
      many<Message, 'deals'>('ReleaseDeal', 'deals', parts.releaseDeal, { listed: true }),
      many<Message, 'visibilities'>('ReleaseVisibility', 'visibilities', parts.visibility, { listed: true }),
    ]),
  ]);

  interface Purged {
    releaseId?: model.ReleaseIdentifiers;
    titles: model.PurgedTitle[];
  }
  const purged = record<Purged>([
    one('ReleaseId', 'releaseId', parts.releaseIds),
    many(
      'Title',
      'titles',
      record<model.PurgedTitle>([
        attribute('LanguageAndScriptCode', 'language', text),
        attribute('TitleType', 'type', text),
        one('TitleText', 'text', text, { required: true }),
        one('SubTitle', 'subTitle', text),
      ]),
      { listed: true },
    ),
  ]);
  type PurgeShape = Omit<model.PurgeNotification, 'releaseId' | 'titles'> & { purged: Purged };
  const purge = record<PurgeShape>([
    ...(frame<model.PurgeNotification>() as unknown as Field<PurgeShape>[]),
    one('MessageHeader', 'header', parts.header, { required: true }),
    one('PurgedRelease', 'purged', purged, { required: true }),
  ]);
  return {
    release: view(
      release,
      (notification, context) => whole(notification, version, context),
      (notification) => notification,
    ),
    purge: view(
      purge,
      (message, context) => {
        const { releaseId, titles, ...rest } = framed(message, version, message.titles, context);
        return { ...rest, purged: { ...(releaseId ? { releaseId } : {}), titles } };
      },
      ({ purged: said, ...rest }) => ({ ...rest, ...(said ?? { titles: [] }) }),
    ),
  };
}
