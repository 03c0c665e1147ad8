import { avsVersions } from '../grammar/avs-versions';
import { parseGrid, parseUpc } from '../identifiers/products';
import { buildCredits } from './build-credits';
import { buildDeals, visibilityReference } from './build-deals';
import { buildRecording, deliveredFile, isHiRes } from './build-recording';
import { buildMovingCovers } from './build-moving-covers';
import { copyrightLine } from './copyright-line';
import type { ArtworkInput, ReleaseForDsp } from './input';
import { messageFileName, purgeFileName, shortId, threadIdFor, utcSeconds } from './naming';
import type {
  Image,
  MainRelease,
  MessageHeader,
  NotifiedFile,
  PurgeNotification,
  ReleaseIdentifiers,
  ReleaseNotification,
  ResourceLink,
  Text,
  TrackRelease,
} from './notification';
import { PartyBook } from './party-book';
import { namespace } from './roles';
import { cleanText, languageCode, titlesOf } from './texts';

/** Our own messages bear a thread and the name of their file. */
type OwnHeader = MessageHeader & Required<Pick<MessageHeader, 'threadId' | 'fileName'>>;

/** A notification, and what had to be supplied, dropped or corrected to make it. */
export interface Built<T> {
  notification: T & { header: OwnHeader };
  warnings: string[];
  /** Files that travel with the message. */
  files: NotifiedFile[];
}

/** Versions before 4.3 do not say which allowed-value sets they use. */
const avsVersionOf = ({ ernVersion = '4.3', avsVersionId }: ReleaseForDsp['dsp']): { avsVersionId?: string } => {
  const published = avsVersions[ernVersion];
  return published === undefined ? {} : { avsVersionId: String(avsVersionId ?? published) };
};

/** The lyrics of a recording, as what is linked to it. */
function lyricsOf(recording: string, texts: readonly Text[]): { linked?: ResourceLink[] } {
  const mine = texts.filter((text) => text.reference.startsWith(`${recording}_LYRICS_`));
  return mine.length > 0 ? { linked: mine.map((text) => ({ resource: text.reference, description: { value: 'Lyrics' } })) } : {};
}

function headerOf(input: ReleaseForDsp, fileName: string): OwnHeader {
  const behalf = input.config.sentOnBehalfOf;
  return {
    threadId: input.message.threadId ?? threadIdFor(input.release.id, input.dsp.slug),
    messageId: input.message.id,
    fileName,
    sender: input.sender,
    ...(behalf ? { sentOnBehalfOf: behalf } : {}),
    recipients: [{ dpid: input.dsp.dpid, name: input.dsp.name }],
    createdAt: utcSeconds(input.message.createdAt),
    control: input.config.isTestDelivery ? 'TestMessage' : 'LiveMessage',
  };
}

function identifiersOf(input: ReleaseForDsp, warn: (warning: string) => void): ReleaseIdentifiers {
  const upc = input.release.upc ? parseUpc(input.release.upc) : null;
  if (upc && !upc.ok) warn(`UPC left out: it ${upc.reason}`);
  const grid = input.release.grid ? parseGrid(input.release.grid) : null;
  if (grid && !grid.ok) warn(`GRid left out: it ${grid.reason}`);
  if (grid?.ok) grid.warnings?.forEach(warn);
  return {
    ...(grid?.ok ? { grid: grid.value } : {}),
    ...(upc?.ok ? { icpn: upc.value } : {}),
    proprietaryIds: [{ namespace, value: input.release.id }],
  };
}

/** Only what is new to say: warnings are kept once. */
function collector(): { warnings: string[]; warn: (warning: string) => void; clean: (text: string, what: string) => string } {
  const warnings: string[] = [];
  const warn = (warning: string): void => {
    if (!warnings.includes(warning)) warnings.push(warning);
  };
  const clean = (text: string, what: string): string => {
    const result = cleanText(text);
    if (result.lost) warn(`Characters that XML cannot hold were removed from the ${what}`);
    return result.text;
  };
  return { warnings, warn, clean };
}

function buildImage(artwork: ArtworkInput, input: ReleaseForDsp, stem: string, files: NotifiedFile[]): Image {
  const uri = `resources/${stem}.${artwork.format === 'png' ? 'png' : 'jpg'}`;
  files.push({
    reference: 'A_COVER_1',
    kind: 'image',
    uri,
    source: artwork.source,
    ...(artwork.md5 ? { md5: artwork.md5.toLowerCase() } : {}),
    ...(artwork.sizeBytes ? { sizeBytes: artwork.sizeBytes } : {}),
  });
  return {
    reference: 'A_COVER_1',
    type: { value: 'FrontCoverImage' },
    ids: [{ proprietaryIds: [{ namespace, value: `${input.release.id}-cover` }] }],
    advisories: [{ value: 'NotExplicit' }],
    technical: [
      {
        reference: 'T_COVER_1',
        codec: { value: artwork.format === 'png' ? 'PNG' : 'JPEG' },
        ...(artwork.height ? { heightPixels: artwork.height } : {}),
        ...(artwork.width ? { widthPixels: artwork.width } : {}),
        file: deliveredFile(uri, artwork),
        isProvided: input.message.includesFiles ?? true,
      },
    ],
  };
}

/** The release is high-resolution when most of its tracks are (schema, Release/IsHiResMusic); when not all are, a description says so. */
function hiResOf(input: ReleaseForDsp): { isHiRes?: true; hiResDescription?: string } {
  const eligible = input.tracks.filter((track) => isHiRes(track.audio)).length;
  const total = input.tracks.length;
  if (eligible * 2 <= total) return {};
  return eligible === total
    ? { isHiRes: true }
    : {
        isHiRes: true,
        hiResDescription: `${eligible} of ${total} tracks are at least 88.2 kHz and 24 bit; the others are delivered as they were recorded`,
      };
}

/**
 * Turns a release, as it stands for one DSP, into the notification that tells of it (release profile Audio).
 *
 * Never refuses: a draft can be previewed. What is missing is left out, for the validation report to tell, or supplied where
 * the schema asks for something (label, artist, genre), and `warnings` says which. The same input gives the same output.
 * @throws RangeError when a time of the input is no time.
 */
export function buildNotification(input: ReleaseForDsp): Built<ReleaseNotification> {
  const { warnings, warn, clean } = collector();
  const { release } = input;
  const tracks = [...input.tracks].sort((a, b) => a.position - b.position);
  const book = new PartyBook(warn);
  const files: NotifiedFile[] = [];
  const texts: Text[] = [];
  const ids = identifiersOf(input, warn);
  const language = languageCode(release.language ?? 'en') ?? 'en';

  let labelName = clean(release.label ?? '', 'label');
  if (labelName === '') {
    labelName =
      clean(release.copyrightHolder ?? '', 'copyright holder') ||
      clean(input.config.sentOnBehalfOf?.name ?? '', 'label') ||
      input.sender.name;
    warn(`The release names no label: ${labelName} stands in its place`);
  }
  if (release.artists.length === 0) warn(`The release names no artist: ${labelName} stands in its place`);
  const genreText = clean(release.genre ?? '', 'genre');
  if (genreText === '') warn('The release names no genre');
  const subGenre = clean(release.subgenre ?? '', 'subgenre');
  const genre = { text: genreText || 'Unknown', ...(subGenre ? { subGenre } : {}) };

  const date = input.config.releaseDate ?? release.releaseDate ?? input.message.createdAt.slice(0, 10);
  if (!release.releaseDate && !input.config.releaseDate) warn('The release has no date: its deals begin on the day of the message');
  const holder = clean(release.copyrightHolder ?? '', 'copyright holder') || undefined;
  const year = release.copyrightYear ?? (Number((release.originalReleaseDate ?? release.releaseDate ?? '').slice(0, 4)) || undefined);
  const pLine = copyrightLine(release.pLine ? clean(release.pLine, 'P line') : null, year, holder ?? labelName);
  const cLine = copyrightLine(release.cLine ? clean(release.cLine, 'C line') : null, year, holder ?? labelName);

  const stem = ids.icpn ?? shortId(release.id);
  // The release's own credits come first, so that its main artist is P_ARTIST_1.
  const credits = buildCredits(release.artists, [], book, clean, labelName);
  const label = book.reference('LABEL', { name: labelName });
  const context = { input, book, clean, warn, files, texts, fileStem: `${stem}_01_`, pLine, holder, labelName };
  const recordings = tracks.map((track, index) => buildRecording(track, index, context));
  const videos = buildMovingCovers(input, stem, files, credits.artistNames, credits.artists, warn);
  const images = input.artwork ? [buildImage(input.artwork, input, stem, files)] : [];

  const trackReleases: TrackRelease[] = recordings.map((recording, index) => {
    const track = tracks[index]!;
    const isrc = recording.editions[0]!.ids[0]!.isrc;
    return {
      reference: `R${index + 1}`,
      // Unique to the content and its context: ICPN and ISRC together (release profile 7.3).
      ids: { proprietaryIds: [{ namespace, value: ids.icpn && isrc ? `${ids.icpn}_${isrc}` : track.id }] },
      resource: recording.reference,
      labels: [{ party: label }],
      genres: [genre],
    };
  });
  const main: MainRelease = {
    reference: 'R0',
    language,
    types: [{ value: release.type === 'single' ? 'Single' : release.type === 'ep' ? 'EP' : 'Album' }],
    ...(release.type === 'compilation' ? { isMultiArtistCompilation: true } : {}),
    ids,
    ...titlesOf(release.title, release.versionTitle, language, release.localizedTitles, null, clean, warn),
    artistNames: credits.artistNames,
    artists: credits.artists,
    labels: [{ party: label }],
    pLines: [pLine],
    cLines: [cLine],
    durationSeconds: recordings.reduce((sum, recording) => sum + recording.durationSeconds, 0),
    genres: [genre],
    ...(release.releaseDate || input.config.releaseDate ? { releaseDates: [{ date }] } : {}),
    ...(release.originalReleaseDate ? { originalReleaseDates: [{ date: release.originalReleaseDate }] } : {}),
    advisories: [
      {
        value:
          release.explicit || tracks.some((track) => track.explicit)
            ? 'Explicit'
            : release.explicit === false
              ? 'NotExplicit'
              : 'NoAdviceAvailable',
      },
    ],
    ...(release.containsAi ? { containsAi: release.containsAi } : {}),
    group: {
      sequence: 1,
      content: recordings.map((recording, index) => ({
        sequence: index + 1,
        resource: recording.reference,
        ...lyricsOf(recording.reference, texts),
      })),
      ...(images.length + videos.length > 0 ? { linked: [...images, ...videos].map((item) => ({ resource: item.reference })) } : {}),
    },
    ...hiResOf(input),
  };
  const offered = buildDeals({
    config: input.config,
    dsp: input.dsp,
    message: input.message,
    date,
    main: main.reference,
    tracks: trackReleases.map((item) => item.reference),
  });
  offered.warnings.forEach(warn);
  if (offered.visibilities.length > 0) main.visibilities = [visibilityReference];
  return {
    files,
    notification: {
      header: headerOf(input, messageFileName(input.dsp.slug, release.id, input.message.createdAt)),
      language,
      ...avsVersionOf(input.dsp),
      profile: 'Audio',
      parties: book.parties,
      recordings,
      videos,
      images,
      texts,
      release: main,
      trackReleases,
      deals: offered.deals,
      visibilities: offered.visibilities,
    },
    warnings,
  };
}

/** The PurgeReleaseMessage that drops a release from a DSP altogether. The same thread as all other messages about it there. */
export function buildPurge(input: ReleaseForDsp): Built<PurgeNotification> {
  const { warnings, warn, clean } = collector();
  return {
    notification: {
      header: headerOf(input, purgeFileName(input.dsp.slug, input.release.id, input.message.createdAt)),
      language: languageCode(input.release.language ?? 'en') ?? 'en',
      ...avsVersionOf(input.dsp),
      releaseId: identifiersOf(input, warn),
      titles: [{ text: clean(input.release.title, 'title') || 'Untitled' }],
    },
    files: [],
    warnings,
  };
}
