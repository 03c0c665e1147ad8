import type * as model from '../model/notification';
import {
  attribute,
  content,
  decimal,
  derived,
  duration,
  flag,
  integer,
  many,
  one,
  record,
  text,
  view,
  within,
  type Codec,
  type Field,
  type Writing,
} from './codec';
import { withoutControllers, type Ern4Parts } from './ern4-parts';
import { bitRate, coded, frequency, nearest, onlyFirst, pixels, proprietaryId } from './values';

type Fields<T> = readonly Field<T>[];

const laterVideoCodecs = new Set([
  'HEVC',
  'ProRes-422',
  'ProRes-422_HQ',
  'ProRes-422_LT',
  'ProRes-422_Proxy',
  'ProRes-4444',
  'ProRes-4444_XQ',
]);
const laterAudioCodecs = new Set(['AC-4', 'DolbyAtmosMasterADM', 'DolbyDigitalPlus', 'MPEG-H_3D']);

/** Channels as ERN 4.2 and older count them: whole numbers. */
export function countedChannels(channels: string | undefined, where: string, context: Writing): string | undefined {
  if (channels === undefined || /^\d+$/.test(channels)) return channels;
  const sum = /^\d+(\.\d+)+$/.test(channels) ? channels.split('.').reduce((total, part) => total + Number(part), 0) : null;
  context.lose(where, sum === null ? undefined : `ERN ${context.version} counts channels: ${channels} is written as ${sum}`);
  return sum === null ? undefined : String(sum);
}

const timing = record<model.Timing>([
  one('StartPoint', 'start', decimal),
  one('EndPoint', 'end', decimal),
  many('DurationUsed', 'durationsSeconds', duration),
]);

/** What comes before and after the editions of a recording is alike in all of ERN 4. */
function describedFields(parts: Ern4Parts): {
  before: Fields<model.SoundRecording>;
  titles: Fields<model.SoundRecording>;
  until: Fields<model.SoundRecording>;
  after: Fields<model.SoundRecording>;
} {
  const { since43, since432 } = parts;
  return {
    before: [
      attribute('LanguageAndScriptCode', 'language', text),
      attribute('IsSupplemental', 'isSupplemental', flag),
      one('ResourceReference', 'reference', text, { required: true }),
      one('Type', 'type', coded()),
    ],
    titles: [
      many('WorkId', 'workIds', parts.workId),
      ...parts.titles<model.SoundRecording>(),
      ...parts.versions<model.SoundRecording>(),
      ...parts.artists<model.SoundRecording>(),
      many('Contributor', 'contributions', parts.contribution, { listed: true }),
      many('ResourceRightsController', 'resourceRights', parts.resourceRights, { listed: true }),
      many('WorkRightsController', 'workRights', parts.workRights, { listed: true }),
    ],
    until: [
      many('CourtesyLine', 'courtesyLines', parts.narrowText),
      one('Duration', 'durationSeconds', duration, { required: true }),
      one('CreationDate', 'created', parts.eventDate({ territory: 'if-any', isDefault: false, approximate: true })),
      one('MasteredDate', 'mastered', parts.eventDate({ territory: 'if-any', isDefault: false, approximate: true })),
      one('RemasteredDate', 'remastered', parts.eventDate({ territory: 'if-any', isDefault: false, approximate: true })),
      many('FirstPublicationDate', 'firstPublished', parts.eventDate({ territory: 'written-out', isDefault: true, approximate: false })),
      many('ParentalWarningType', 'advisories', parts.advisory, { listed: true }),
      many('RelatedRelease', 'relatedReleases', parts.relatedRelease),
      ...(since432 ? [one<model.SoundRecording, 'containsAi'>('ContainsAI', 'containsAi', text)] : []),
      one('IsCover', 'isCover', flag),
      ...(since43 ? [one<model.SoundRecording, 'hasVocals'>('HasVocalPerformance', 'hasVocals', flag)] : []),
      one('IsInstrumental', 'isInstrumental', flag),
      one('ContainsHiddenContent', 'isHidden', flag),
      one('IsRemastered', 'isRemastered', flag),
      one('IsHiResMusic', 'isHiRes', flag),
    ],
    after: [
      many(
        'LanguageOfPerformance',
        'performanceLanguages',
        record<model.PerformanceLanguage>([
          ...(since43 ? [attribute<model.PerformanceLanguage, 'isMain'>('IsMainLanguage', 'isMain', flag)] : []),
          content('language', text),
        ]),
      ),
    ],
  };
}

/** Since ERN 4.3 a recording has editions, and their technical details have delivery files and clips. */
function editionedRecording(parts: Ern4Parts): Codec<model.SoundRecording> {
  const audioFile = record<model.AudioFile>([
    one('Type', 'type', text, { required: true }),
    one('ContainerFormat', 'container', coded()),
    one('AudioCodecType', 'codec', coded()),
    one('BitRate', 'bitRateKbps', bitRate),
    one('OriginalBitRate', 'originalBitRateKbps', bitRate),
    one('NumberOfChannels', 'channels', text),
    one('NumberOfAudioObjects', 'audioObjects', integer),
    one('SamplingRate', 'sampleRateHz', frequency),
    one('OriginalSamplingRate', 'originalSampleRateHz', frequency),
    one('BitsPerSample', 'bitsPerSample', integer),
    one('Duration', 'durationSeconds', duration),
    one('File', 'file', parts.file),
    one('IsProvidedInDelivery', 'isProvided', flag),
  ]);
  const clip = record<model.Clip>([
    one('TechnicalResourceDetailsReference', 'reference', text, { required: true }),
    one('ClipType', 'type', coded(), { required: true }),
    many('Timing', 'timings', timing, { listed: true }),
    one('ExpressionType', 'expression', text, { required: true }),
  ]);
  const technical = record<model.TechnicalDetails>([
    ...parts.narrowScope<model.TechnicalDetails>({ territory: 'if-any' }),
    one('TechnicalResourceDetailsReference', 'reference', text, { required: true }),
    many('DeliveryFile', 'files', audioFile, { listed: true }),
    one('HasImmersiveAudioMetadata', 'hasImmersiveMetadata', flag),
    one('IsClip', 'isClip', flag),
    many('ClipDetails', 'clips', clip),
  ]);
  const edition = record<model.RecordingEdition>([
    one('Type', 'type', text as never),
    many('ResourceId', 'ids', parts.resourceIds, { listed: true }),
    many('PLine', 'pLines', parts.copyright('P')),
    one('RecordingMode', 'mode', text),
    many('TechnicalDetails', 'technical', technical, { listed: true }),
  ]);
  const { before, titles, until, after } = describedFields(parts);
  return record<model.SoundRecording>([
    ...before,
    many('SoundRecordingEdition', 'editions', edition, { required: true }),
    ...titles,
    ...until,
    ...after,
  ]);
}

/** Technical details as ERN 4.2 has them: of one file, with the ids of its own edition and at most one preview. */
interface FlatTechnical extends Omit<model.AudioFile, 'type' | 'container' | 'audioObjects'>, model.Scope {
  reference: string;
  encodingId?: model.ResourceIdentifiers;
  isClip?: boolean;
  preview?: { start?: number; end?: number; durationSeconds?: number; expression: string };
}

interface FlatRecording extends Omit<model.SoundRecording, 'editions'> {
  ids: model.ResourceIdentifiers[];
  pLines?: model.CopyrightLine[];
  mode?: string;
  technical: FlatTechnical[];
}

/** The one preview that older versions hold beside a file. */
export function previewOf(details: model.TechnicalDetails, context: Writing): FlatTechnical['preview'] {
  const clip = onlyFirst(details.clips ?? [], 'clips', context);
  if (!clip) return undefined;
  const moment = onlyFirst(clip.timings, 'clips[0].timings', context);
  if (clip.type.value !== 'Preview' || clip.type.userDefined) context.lose('clips[0].type');
  if (clip.reference !== `${details.reference}C`) context.lose('clips[0].reference');
  const length = onlyFirst(moment?.durationsSeconds ?? [], 'clips[0].timings[0].durationsSeconds', context);
  return {
    ...(moment?.start === undefined ? {} : { start: moment.start }),
    ...(moment?.end === undefined ? {} : { end: moment.end }),
    ...(length === undefined ? {} : { durationSeconds: length }),
    expression: clip.expression,
  };
}

/** The clip that a preview is. */
export const clipOf = (reference: string, preview: NonNullable<FlatTechnical['preview']>): model.Clip => {
  const { start, end, durationSeconds, expression } = preview;
  const moment: model.Timing = {
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
    ...(durationSeconds === undefined ? {} : { durationsSeconds: [durationSeconds] }),
  };
  return { reference: `${reference}C`, type: { value: 'Preview' }, timings: Object.keys(moment).length > 0 ? [moment] : [], expression };
};

function flatten(recording: model.SoundRecording, context: Writing): FlatRecording {
  const { editions, ...rest } = recording;
  const [main, ...others] = editions;
  const technicalOf = (edition: model.RecordingEdition, at: number): FlatTechnical[] =>
    edition.technical.map((details, index) => {
      context.enter('editions');
      context.enter(at);
      context.enter('technical');
      context.enter(index);
      const { files, clips: _, hasImmersiveMetadata, ...kept } = details;
      const first = onlyFirst(files, 'files', context);
      const { type, container, audioObjects, ...file } = first ?? { type: 'AudioFile' };
      if (type !== 'AudioFile') context.lose('files[0].type');
      if (container) context.lose('files[0].container');
      if (audioObjects !== undefined) context.lose('files[0].audioObjects');
      // An encoding in Atmos has its metadata; nothing else can say so.
      if (hasImmersiveMetadata !== undefined && !(at > 0 && hasImmersiveMetadata)) context.lose('hasImmersiveMetadata');
      const preview = previewOf(details, context);
      const channels = countedChannels(file.channels, 'files[0].channels', context);
      for (let step = 0; step < 4; step++) context.leave();
      return {
        ...kept,
        ...file,
        ...(channels === undefined ? {} : { channels }),
        ...(preview ? { preview } : {}),
        ...(at > 0 ? { encodingId: edition.ids[0] ?? {} } : {}),
      };
    });
  const carried: FlatTechnical[] = [];
  others.forEach((edition, index) => {
    const where = `editions[${index + 1}]`;
    const atmos = edition.technical.every((details) => details.files[0]?.codec?.value === 'DolbyAtmosMasterADM');
    const isSame = JSON.stringify(edition.pLines) === JSON.stringify(main?.pLines);
    // What makes an immersive edition in 4.2 is a second encoding, with an ISRC of its own.
    if (
      edition.type !== 'ImmersiveEdition' ||
      edition.mode !== 'ImmersiveAudio' ||
      !atmos ||
      edition.technical.length !== 1 ||
      edition.ids.length !== 1
    )
      return context.lose(where, 'ERN 4.2 knows no editions but a second encoding in Atmos');
    if (!isSame) context.lose(`${where}.pLines`);
    if (!edition.technical[0]!.hasImmersiveMetadata) context.lose(`${where}.technical[0].hasImmersiveMetadata`);
    carried.push(...technicalOf(edition, index + 1));
  });
  if (main?.type !== undefined && !(main.type === 'NonImmersiveEdition' && carried.length > 0)) context.lose('editions[0].type');
  if (main?.type === undefined && carried.length > 0) context.lose('editions[0].type');
  if (rest.resourceRights.length > 0) withoutControllers(rest.resourceRights, context);
  return {
    ...rest,
    resourceRights: [],
    ids: main?.ids ?? [],
    ...(main?.pLines ? { pLines: main.pLines } : {}),
    ...(main?.mode === undefined ? {} : { mode: main.mode }),
    technical: [...(main ? technicalOf(main, 0) : []), ...carried],
  };
}

function unflatten({ ids, pLines, mode, technical, ...rest }: FlatRecording): model.SoundRecording {
  const detailsOf = ({
    reference,
    encodingId,
    isClip,
    preview,
    language,
    territory,
    isDefault,
    ...file
  }: FlatTechnical): model.TechnicalDetails => ({
    reference,
    ...(language === undefined ? {} : { language }),
    ...(territory === undefined ? {} : { territory }),
    ...(isDefault === undefined ? {} : { isDefault }),
    files: Object.keys(file).length > 0 ? [{ type: 'AudioFile', ...file }] : [],
    ...(encodingId ? { hasImmersiveMetadata: true } : {}),
    ...(isClip === undefined ? {} : { isClip }),
    ...(preview ? { clips: [clipOf(reference, preview)] } : {}),
  });
  const isEncoding = (details: FlatTechnical): boolean =>
    details.encodingId !== undefined && details.codec?.value === 'DolbyAtmosMasterADM';
  const encodings = technical.filter(isEncoding);
  const lines = pLines ? { pLines } : {};
  return {
    ...rest,
    editions: [
      {
        ...(encodings.length > 0 ? { type: 'NonImmersiveEdition' as const } : {}),
        ids,
        ...lines,
        ...(mode === undefined ? {} : { mode }),
        technical: technical.filter((details) => !isEncoding(details)).map(detailsOf),
      },
      ...encodings.map((details) => ({
        type: 'ImmersiveEdition' as const,
        ids: [details.encodingId!],
        ...lines,
        mode: 'ImmersiveAudio',
        technical: [detailsOf(details)],
      })),
    ],
  };
}

function flatRecording(parts: Ern4Parts): Codec<model.SoundRecording> {
  const preview = record<NonNullable<FlatTechnical['preview']>>([
    one('StartPoint', 'start', decimal),
    one('EndPoint', 'end', decimal),
    one('Duration', 'durationSeconds', duration),
    one('ExpressionType', 'expression', text, { required: true }),
  ]);
  const plainCodec = coded((word) => !laterAudioCodecs.has(word));
  const codec: Codec<model.CodedValue> = {
    // What 4.3 calls a DolbyAtmosMasterADM was Atmos.
    write: (value, name, context) => plainCodec.write(value.value === 'DolbyAtmosMasterADM' ? { value: 'Atmos' } : value, name, context),
    read(element, context) {
      const value = plainCodec.read(element, context);
      return value?.value === 'Atmos' ? { value: 'DolbyAtmosMasterADM' } : value;
    },
  };
  const technical = record<FlatTechnical>([
    ...parts.narrowScope<FlatTechnical>({ territory: 'if-any' }),
    one('TechnicalResourceDetailsReference', 'reference', text, { required: true }),
    one('EncodingId', 'encodingId', parts.resourceIds),
    one('AudioCodecType', 'codec', codec),
    one('BitRate', 'bitRateKbps', bitRate),
    one('OriginalBitRate', 'originalBitRateKbps', bitRate),
    one('NumberOfChannels', 'channels', text),
    one('SamplingRate', 'sampleRateHz', frequency),
    one('OriginalSamplingRate', 'originalSampleRateHz', frequency),
    one('BitsPerSample', 'bitsPerSample', integer),
    one('Duration', 'durationSeconds', duration),
    one('IsPreview', 'isClip', flag),
    one('PreviewDetails', 'preview', preview),
    one('File', 'file', parts.file),
    one('IsProvidedInDelivery', 'isProvided', flag),
  ]);
  const { before, titles, until, after } = describedFields(parts);
  const flat = record<FlatRecording>([
    ...(before as unknown as Fields<FlatRecording>),
    many('ResourceId', 'ids', parts.resourceIds, { listed: true }),
    ...(titles as unknown as Fields<FlatRecording>),
    many('PLine', 'pLines', parts.copyright('P')),
    ...(until as unknown as Fields<FlatRecording>),
    ...(after as unknown as Fields<FlatRecording>),
    one('AudioChannelConfiguration', 'mode', nearest({ ImmersiveAudio: 'MultichannelAudio' })),
    many('TechnicalDetails', 'technical', technical, { listed: true }),
  ]);
  return view(flat, flatten, unflatten);
}

function video(parts: Ern4Parts): Codec<model.Video> {
  const codec = parts.since43 ? coded() : coded((word) => !laterVideoCodecs.has(word));
  const size: Fields<model.VideoDetails> = [
    one('ImageHeight', 'heightPixels', pixels),
    one('ImageWidth', 'widthPixels', pixels),
    one('AspectRatio', 'aspectRatio', decimal),
    one('Duration', 'durationSeconds', duration),
    one('File', 'file', parts.file),
    one('IsProvidedInDelivery', 'isProvided', flag),
  ];
  const technical = record<model.VideoDetails>([
    ...parts.narrowScope<model.VideoDetails>({ territory: 'if-any' }),
    one('TechnicalResourceDetailsReference', 'reference', text, { required: true }),
    ...(parts.since43
      ? [
          within<model.VideoDetails>('DeliveryFile', [
            derived(
              'Type',
              () => 'VisualFile',
              (type) => type === 'VisualFile',
            ),
            one('ContainerFormat', 'container', coded()),
            one('VideoCodecType', 'codec', codec),
            ...size,
          ]),
        ]
      : [
          one<model.VideoDetails, 'container'>('ContainerFormat', 'container', coded()),
          one<model.VideoDetails, 'codec'>('VideoCodecType', 'codec', codec),
          ...size,
        ]),
  ]);
  const ids: Fields<model.Video> = [many('ResourceId', 'ids', parts.resourceIds, { listed: true })];
  const details: Fields<model.Video> = [many('TechnicalDetails', 'technical', technical, { listed: true })];
  const described: Fields<model.Video> = [
    ...parts.titles<model.Video>(),
    ...parts.versions<model.Video>(),
    ...parts.artists<model.Video>(),
    one('Duration', 'durationSeconds', duration, { required: true }),
    many('ParentalWarningType', 'advisories', parts.advisory, { listed: true }),
  ];
  return record<model.Video>([
    attribute('LanguageAndScriptCode', 'language', text),
    one('ResourceReference', 'reference', text, { required: true }),
    one('Type', 'type', parts.since43 ? coded() : coded((word) => word !== 'FrontCoverVideo')),
    ...(parts.since43 ? [within<model.Video>('VideoEdition', [...ids, ...details]), ...described] : [...ids, ...described, ...details]),
  ]);
}

function image(parts: Ern4Parts): Codec<model.Image> {
  const technical = record<model.ImageDetails>([
    ...parts.narrowScope<model.ImageDetails>({ territory: 'if-any' }),
    one('TechnicalResourceDetailsReference', 'reference', text, { required: true }),
    one('ImageCodecType', 'codec', coded()),
    one('ImageHeight', 'heightPixels', pixels),
    one('ImageWidth', 'widthPixels', pixels),
    one('File', 'file', parts.file),
    one('IsProvidedInDelivery', 'isProvided', flag),
  ]);
  return record<model.Image>([
    attribute('LanguageAndScriptCode', 'language', text),
    one('ResourceReference', 'reference', text, { required: true }),
    one('Type', 'type', coded()),
    many('ResourceId', 'ids', parts.proprietaryIds, { listed: true }),
    ...parts.optionalTitles<model.Image>(),
    many('CLine', 'cLines', parts.copyright('C')),
    many('ParentalWarningType', 'advisories', parts.advisory, { listed: true }),
    many('TechnicalDetails', 'technical', technical, { listed: true }),
  ]);
}

function words(parts: Ern4Parts): Codec<model.Text> {
  const technical = record<model.TextDetails>([
    one('TechnicalResourceDetailsReference', 'reference', text, { required: true }),
    one('TextCodecType', 'codec', coded()),
    one('File', 'file', parts.file),
    one('IsProvidedInDelivery', 'isProvided', flag),
  ]);
  return record<model.Text>([
    attribute('LanguageAndScriptCode', 'language', text),
    one('ResourceReference', 'reference', text, { required: true }),
    one('Type', 'type', coded()),
    within('ResourceId', [many<model.Text, 'proprietaryIds'>('ProprietaryId', 'proprietaryIds', proprietaryId)]),
    many('TechnicalDetails', 'technical', technical),
    ...(parts.since43 ? [many<model.Text, 'languages'>('LanguageOfText', 'languages', text)] : []),
  ]);
}

/** The resources of an ERN 4 message. */
export const ern4Resources = (parts: Ern4Parts) => ({
  recording: parts.since43 ? editionedRecording(parts) : flatRecording(parts),
  video: video(parts),
  image: image(parts),
  text: words(parts),
});
