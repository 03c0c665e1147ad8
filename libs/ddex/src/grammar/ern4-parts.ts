import type * as model from '../model/notification';
import type { XmlElement } from '../read/scan-xml';
import type { Reading, Writing } from './codec';
import { attribute, content, decimal, duration, flag, integer, many, one, record, text, within, type Codec, type Field } from './codec';
import {
  coded,
  codedAttributes,
  codedContent,
  hashValue,
  money,
  nearest,
  period,
  pixels,
  proprietaryId,
  share,
  territories,
  territoryCode,
} from './values';

/** The versions of ERN 4 that are spoken. */
export type Ern4Version = '4.2' | '4.3' | '4.3.2';

const language = <T extends { language?: string }>(): Field<T> =>
  attribute<T, Extract<keyof T, string>>('LanguageAndScriptCode', 'language' as never, text as never);

/** What is smaller than a resource, a release or a deal, in one version of ERN 4. */
export function ern4Parts(version: Ern4Version) {
  const since43 = version !== '4.2';
  const since432 = version === '4.3.2';

  const scope = <T extends model.Scope>(options: { territory: 'written-out' | 'if-any' }): Field<T>[] => {
    const fields: Field<model.Scope>[] = [
      attribute('LanguageAndScriptCode', 'language', text),
      territoryCode('ApplicableTerritoryCode', { writtenOut: options.territory === 'written-out' }),
      attribute('IsDefault', 'isDefault', flag),
    ];
    if (since43) fields.push(attribute('IsInOriginalLanguage', 'isInOriginalLanguage', flag));
    return fields;
  };
  /** Where IsInOriginalLanguage has no place. */
  const narrowScope = <T extends model.Scope>(options: { territory: 'written-out' | 'if-any' }): Field<T>[] =>
    scope<T>(options).filter((field) => field.attribute?.name !== 'IsInOriginalLanguage');

  const localText = record<model.LocalText>([...scope<model.LocalText>({ territory: 'written-out' }), content('text', text)]);
  const narrowText = record<model.LocalText>([...narrowScope<model.LocalText>({ territory: 'written-out' }), content('text', text)]);
  const subTitle = record<model.SubTitle>([
    attribute('SequenceNumber', 'sequence', integer),
    attribute('IsDisplayedInTitle', 'isDisplayedInTitle', flag),
    attribute('SubTitleType', 'type', text),
    content('text', text),
  ]);
  const titleFields: Field<model.Title>[] = [
    ...scope<model.Title>({ territory: 'written-out' }),
    one('TitleText', 'text', text, { required: true }),
    many('SubTitle', 'subTitles', subTitle),
  ];
  const title = record<model.Title>(titleFields);

  /** ERN 4.3.2 has an element for each kind of further title that it still knows; the others had one element with a type. */
  const additionalTitles = <T extends { additionalTitles?: model.AdditionalTitle[] }>(): Field<T>[] => {
    if (!since432) {
      const codec = record<model.AdditionalTitle>([
        ...(titleFields as unknown as Field<model.AdditionalTitle>[]),
        ...(codedAttributes('type', 'TitleType') as unknown as Field<model.AdditionalTitle>[]),
      ]);
      return [many<T, Extract<keyof T, string>>('AdditionalTitle', 'additionalTitles' as never, codec as never)];
    }
    return (['FormalTitle', 'GroupingTitle'] as const).map((name, order): Field<T> => ({
      keys: ['additionalTitles' as Extract<keyof T, string>],
      write(value, out, context) {
        value.additionalTitles?.forEach((item, index) => {
          const { type, ...itself } = item;
          if (type?.value === name && !type.userDefined) out.push(title.write(itself, name, context));
          else if (order === 0 && (type?.value !== 'GroupingTitle' || type.userDefined)) context.lose(`additionalTitles[${index}]`);
        });
      },
      elements: {
        [name](element, target, context) {
          const read = title.read(element, context);
          if (read) (target.additionalTitles ??= []).push({ ...read, type: { value: name } });
        },
      },
    }));
  };

  /** ERN 4.3.2 puts the word into an element of its own, with the instruments of that role beside it. */
  const word = coded();
  const composed = (element: XmlElement, instruments: (child: XmlElement) => void, context: Reading): model.CodedValue | undefined => {
    let said: model.CodedValue | undefined;
    for (const given of element.attributes) context.drop(element, undefined, given.name);
    for (const child of element.children) {
      if (child.name === 'Value') said ??= word.read(child, context);
      else if (child.name === 'InstrumentType') instruments(child);
      else context.drop(child);
    }
    if (!said) context.drop(element, 'names no role');
    return said;
  };
  const role: Codec<model.CodedValue> = since432
    ? {
        write: (value, name, context) => ({ name, attributes: null, content: [word.write(value, 'Value', context)] }),
        read: (element, context) => composed(element, (child) => context.drop(child), context),
      }
    : word;
  /** The instruments of a role are held with those of the whole contribution. */
  const roleWithInstruments: Field<model.Contribution> = {
    keys: ['roles'],
    listed: ['roles'],
    write(value, out, context) {
      for (const item of value.roles) out.push(role.write(item, 'Role', context));
    },
    elements: {
      Role(element, target, context) {
        const said = composed(element, (child) => void (target.instruments ??= []).push(word.read(child, context)!), context);
        if (said) (target.roles ??= []).push(said);
      },
    },
  };
  const versionType = coded();
  const displayArtist = record<model.DisplayArtist>([
    attribute('SequenceNumber', 'sequence', integer),
    one('ArtistPartyReference', 'party', text, { required: true }),
    one('DisplayArtistRole', 'role', coded(), { required: true }),
    many('ArtisticRole', 'artisticRoles', role),
  ]);
  const artists = <T extends model.Described>(): Field<T>[] => [
    many<model.Described, 'artistNames'>('DisplayArtistName', 'artistNames', localText, { listed: true }),
    many<model.Described, 'artists'>('DisplayArtist', 'artists', displayArtist, { listed: true }),
  ];
  const titles = <T extends model.Described>(): Field<T>[] => [
    many<model.Described, 'titleTexts'>('DisplayTitleText', 'titleTexts', localText, { listed: true }),
    many<model.Described, 'titles'>('DisplayTitle', 'titles', title, { listed: true }),
    ...additionalTitles<model.Described>(),
  ];
  const versions = <T extends model.Described>(): Field<T>[] => [
    many<model.Described, 'versionTypes'>('VersionType', 'versionTypes', versionType),
  ];
  const optionalTitles = <T extends { titleTexts?: model.LocalText[]; titles?: model.Title[] }>(): Field<T>[] => [
    many<{ titleTexts?: model.LocalText[] }, 'titleTexts'>('DisplayTitleText', 'titleTexts', localText),
    many<{ titles?: model.Title[] }, 'titles'>('DisplayTitle', 'titles', title),
  ];

  const contribution = record<model.Contribution>([
    attribute('SequenceNumber', 'sequence', integer),
    one('ContributorPartyReference', 'party', text, { required: true }),
    since432 ? roleWithInstruments : many<model.Contribution, 'roles'>('Role', 'roles', role, { listed: true }),
    many('InstrumentType', 'instruments', coded(since43 ? undefined : (word) => word !== 'Voice'), { listed: true }),
    ...(since432 ? [one<model.Contribution, 'ai'>('AiContribution', 'ai', text)] : []),
    one('HasMadeFeaturedContribution', 'isFeatured', flag),
    one('HasMadeContractedContribution', 'isContracted', flag),
  ]);
  const controls = since43 ? text : nearest({ RightsHolder: 'RightsController' });
  // ERN 4.2 wants to be told which uses the rights are delegated for, and says nothing of a controller's type and territories here.
  const resourceRights = record<model.RightsController>([
    attribute('SequenceNumber', 'sequence', integer),
    one('RightsControllerPartyReference', 'party', text, { required: true }),
    many('RightsControlType', 'controls', controls, { listed: true }),
    share(),
    { keys: [], listed: ['territories'] },
  ]);
  const workRights = record<model.RightsController>([
    one('RightsControllerPartyReference', 'party', text, { required: true }),
    many('RightsControlType', 'controls', controls, { listed: true }),
    one('RightsControllerType', 'type', text),
    share(),
    many('Territory', 'territories', text, { listed: true }),
    one('StartDate', 'startDate', text),
    one('EndDate', 'endDate', text),
  ]);
  const copyright = (letter: 'P' | 'C'): Codec<model.CopyrightLine> =>
    record<model.CopyrightLine>([
      ...narrowScope<model.CopyrightLine>({ territory: 'written-out' }),
      one('Year', 'year', integer),
      one(`${letter}LineCompany`, 'company', text),
      one(`${letter}LineText`, 'text', text, { required: true }),
    ]);
  const advisory = record<model.Advisory>([
    territoryCode(),
    attribute('IsDefault', 'isDefault', flag),
    ...((since432 ? codedContent('TypeNamespace', 'TypeUserDefinedValue') : codedContent()) as unknown as Field<model.Advisory>[]),
  ]);
  const eventDate = (options: { territory: 'written-out' | 'if-any'; isDefault: boolean; approximate: boolean }): Codec<model.EventDate> =>
    record<model.EventDate>([
      territoryCode('ApplicableTerritoryCode', { writtenOut: options.territory === 'written-out' }),
      ...(options.isDefault ? [attribute<model.EventDate, 'isDefault'>('IsDefault', 'isDefault', flag)] : []),
      ...(options.approximate ? [attribute<model.EventDate, 'isApproximate'>('IsApproximate', 'isApproximate', flag)] : []),
      content('date', text),
    ]);

  const file = record<model.DeliveredFile>([
    one('URI', 'uri', text, { required: true }),
    one(
      'HashSum',
      'hash',
      record<NonNullable<model.DeliveredFile['hash']>>([
        one('Algorithm', 'algorithm', coded(), { required: true }),
        one('HashSumValue', 'value', hashValue, { required: true }),
      ]),
    ),
    one('FileSize', 'sizeKilobytes', decimal),
  ]);

  const resourceIds = record<model.ResourceIdentifiers>([
    attribute('IsReplaced', 'isReplaced', flag),
    one('ISRC', 'isrc', text),
    one('CatalogNumber', 'catalogNumber', proprietaryId),
    many('ProprietaryId', 'proprietaryIds', proprietaryId),
  ]);
  const proprietaryIds = record<model.ResourceIdentifiers>([
    attribute('IsReplaced', 'isReplaced', flag),
    many('ProprietaryId', 'proprietaryIds', proprietaryId),
  ]);
  const releaseIds = record<model.ReleaseIdentifiers>([
    one('GRid', 'grid', text),
    one('ICPN', 'icpn', text),
    one('CatalogNumber', 'catalogNumber', proprietaryId),
    many('ProprietaryId', 'proprietaryIds', proprietaryId),
  ]);
  const workId = record<model.WorkId>([
    one('ISWC', 'iswc', text),
    one('OpusNumber', 'opus', text),
    many('ComposerCatalogNumber', 'composerCatalogNumbers', text),
    many('ProprietaryId', 'proprietaryIds', proprietaryId),
  ]);
  const relatedRelease = record<model.RelatedRelease>([
    one('ReleaseRelationshipType', 'relationship', coded(), { required: true }),
    one('ReleaseId', 'ids', releaseIds, { required: true }),
  ]);
  const genre = record<model.Genre>([
    ...narrowScope<model.Genre>({ territory: 'written-out' }),
    one('GenreText', 'text', text, { required: true }),
    one('SubGenre', 'subGenre', text),
  ]);
  const label = record<model.LabelCredit>([
    ...narrowScope<model.LabelCredit>({ territory: 'written-out' }),
    ...(codedAttributes('type', 'LabelType') as unknown as Field<model.LabelCredit>[]),
    content('party', text),
  ]);
  // `Lyrics` came with 4.3.2.
  const linkWords = ['CoverArt', 'VideoScreenCapture', 'UserDefined'];
  const link = record<model.ResourceLink>([
    attribute('LanguageAndScriptCode', 'language', text),
    ...(codedAttributes('description', 'LinkDescription') as unknown as Field<model.ResourceLink>[]),
    content('resource', text),
  ]);
  const linked: Codec<model.ResourceLink> = since432
    ? link
    : {
        write(value, name, context) {
          const word = value.description;
          if (!word || word.userDefined || linkWords.includes(word.value)) return link.write(value, name, context);
          return link.write(
            { ...value, description: { value: 'UserDefined', userDefined: { namespace: 'ddex.net', value: word.value } } },
            name,
            context,
          );
        },
        read(element, context) {
          const read = link.read(element, context);
          const own = read?.description?.userDefined;
          if (read && own?.namespace === 'ddex.net' && own.value) read.description = { value: own.value };
          return read;
        },
      };

  const messagingParty = record<model.MessagingParty>([
    one('PartyId', 'dpid', text, { required: true }),
    within('PartyName', [one<model.MessagingParty, 'name'>('FullName', 'name', text)]),
    one('TradingName', 'tradingName', text),
  ]);
  const header = record<model.MessageHeader>([
    one('MessageThreadId', 'threadId', text),
    one('MessageId', 'messageId', text, { required: true }),
    one('MessageFileName', 'fileName', text),
    one('MessageSender', 'sender', messagingParty, { required: true }),
    one('SentOnBehalfOf', 'sentOnBehalfOf', messagingParty),
    many('MessageRecipient', 'recipients', messagingParty, { required: true }),
    one('MessageCreatedDateTime', 'createdAt', text, { required: true }),
    one('MessageControlType', 'control', text as never),
  ]);

  // The parts of a name may bear a language of their own in the schema; that of the whole name is the one that is kept.
  const partyName = record<model.PartyName>([
    ...scope<model.PartyName>({ territory: 'written-out' }),
    one('FullName', 'full', text, { required: true }),
    one('FullNameAsciiTranscribed', 'ascii', text),
    one('FullNameIndexed', 'indexed', text),
    one('NamesBeforeKeyName', 'beforeKey', text),
    one('KeyName', 'key', text),
    one('NamesAfterKeyName', 'afterKey', text),
    one('AbbreviatedName', 'abbreviated', text),
  ]);
  const party = record<model.Party>([
    one('PartyReference', 'reference', text, { required: true }),
    many('PartyName', 'names', partyName, { listed: true }),
    within('PartyId', [
      one<model.Party, 'isni'>('ISNI', 'isni', text),
      one<model.Party, 'dpid'>('DPID', 'dpid', text),
      one<model.Party, 'ipi'>('IpiNameNumber', 'ipi', text),
      one<model.Party, 'ipn'>('IPN', 'ipn', text),
      one<model.Party, 'cisacSocietyId'>('CisacSocietyId', 'cisacSocietyId', text),
      many<model.Party, 'proprietaryIds'>('ProprietaryId', 'proprietaryIds', proprietaryId),
    ]),
    many('ArtistProfilePage', 'profilePages', text),
  ]);

  const priceParts: Field<model.Price>[] = [
    ...(codedAttributes('type', 'PriceType') as unknown as Field<model.Price>[]),
    one('PriceCode', 'code', proprietaryId),
    one('WholesalePricePerUnit', 'wholesale', money),
    one('SuggestedRetailPrice', 'suggestedRetail', money),
  ];
  const channel = record<{ dpid: string; name?: string }>([
    one('PartyId', 'dpid', text, { required: true }),
    within('PartyName', [one<{ dpid: string; name?: string }, 'name'>('FullName', 'name', text)]),
  ]);
  const terms: Field<model.Deal>[] = [
    territories(),
    within('ValidityPeriod', [period<model.Deal>()]),
    many('CommercialModelType', 'commercialModels', coded(), { listed: true }),
    many('UseType', 'useTypes', coded(), { listed: true }),
    many('DistributionChannel', 'channels', channel),
    within('RightsClaimPolicy', [one<model.Deal, 'rightsClaimPolicy'>('RightsClaimPolicyType', 'rightsClaimPolicy', text)]),
    many('PriceInformation', 'prices', record<model.Price>(priceParts)),
    one('IsPromotional', 'isPromotional', flag),
    one('IsPreOrderDeal', 'isPreOrder', flag),
  ];
  const deal = record<model.Deal>([many('DealReference', 'references', text), within('DealTerms', terms)]);
  const releaseDeal = record<model.ReleaseDeal>([
    many('DealReleaseReference', 'releases', text, { listed: true }),
    many('Deal', 'deals', deal, { listed: true }),
  ]);
  const visibility = record<model.Visibility>([
    one('VisibilityReference', 'reference', text, { required: true }),
    territories(),
    one('ReleaseDisplayStartDateTime', 'releaseDisplayStart', text),
    one('CoverArtPreviewStartDateTime', 'coverArtPreviewStart', text),
    one('FullTrackListingPreviewStartDateTime', 'trackListingPreviewStart', text),
    one('ClipPreviewStartDateTime', 'clipPreviewStart', text),
  ]);

  return {
    since43,
    since432,
    language,
    scope,
    narrowScope,
    localText,
    narrowText,
    titles,
    versions,
    artists,
    optionalTitles,
    additionalTitles,
    contribution,
    resourceRights,
    workRights,
    copyright,
    advisory,
    eventDate,
    file,
    resourceIds,
    proprietaryIds,
    releaseIds,
    workId,
    relatedRelease,
    genre,
    label,
    linked,
    header,
    party,
    releaseDeal,
    visibility,
    pixels,
    duration,
  };
}

export type Ern4Parts = ReturnType<typeof ern4Parts>;

/** ERN 4.2's ResourceRightsController must name delegated uses, which the model has none of: the controllers are left out, and told. */
export const withoutControllers = (rights: readonly model.RightsController[], context: Writing): void =>
  rights.forEach((_, index) => context.lose(`resourceRights[${index}]`, 'ERN 4.2 wants the uses that are delegated, which are not known'));
