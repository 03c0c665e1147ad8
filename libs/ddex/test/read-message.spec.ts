import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { diffNotifications } from '../src/diff/diff-notifications';
import { ernVersions, type ErnVersion } from '../src/grammar/versions';
import { buildNotification, buildPurge } from '../src/model/build-notification';
import type { ReleaseForDsp } from '../src/model/input';
import type { ReleaseNotification } from '../src/model/notification';
import { readMessage, type ReadMessage, type ReadRelease } from '../src/read/read-message';
import { createValidator, type Validator } from '../src/validate/validator';
import { writeNewRelease, writePurge } from '../src/write/write-message';
import { describeWithSamples, sampleRelease, samplesDir, schemasDir, track } from './fixtures';

const samples = [
  'ern43/audio.xml',
  'ern43/simple-audio-single.xml',
  'ern42/audio.xml',
  'ern382/album.xml',
  'ern382/track.xml',
  'ern382/purge.xml',
];
const rewritten = (message: ReadMessage) => {
  if (!message.ok) throw new Error(message.reason);
  return message.messageType === 'PurgeReleaseMessage'
    ? writePurge(message.purge, message.ernVersion)
    : writeNewRelease(message.notification, message.ernVersion);
};
const release = (message: ReadMessage): ReadRelease => {
  if (!message.ok || message.messageType !== 'NewReleaseMessage') throw new Error(message.ok ? message.messageType : message.reason);
  return message;
};

describeWithSamples('official messages', () => {
  let validator: Validator;
  beforeAll(() => void (validator = createValidator({ schemasDir })));
  afterAll(() => validator.close());

  it.each(samples)('%s is read with nothing left over, and written again it is valid and says the same', async (name) => {
    const message = readMessage(readFileSync(join(samplesDir!, name)));
    expect(message).toMatchObject({ ok: true, unmapped: [] });
    const { xml, losses } = rewritten(message);
    expect(losses).toEqual([]);
    const report = await validator.validate(xml);
    expect(report.errors.filter((finding) => finding.stage === 'schema')).toEqual([]);
    expect(report.schema_checked).toBe(true);
    expect(readMessage(xml)).toEqual(message);
  });

  it('the catalogue’s facts stand where they belong', () => {
    const { notification } = release(readMessage(readFileSync(join(samplesDir!, 'ern43/audio.xml'))));
    expect(notification.recordings).toHaveLength(21);
    expect(notification.recordings[0]).toMatchObject({
      reference: 'A1',
      editions: [{ ids: [{ isrc: 'JPTO09404900' }], pLines: [{ year: 1994 }] }],
      performanceLanguages: [{ language: 'ja' }],
      created: { date: '1993-12-01', isApproximate: true },
    });
    expect(notification.trackReleases).toHaveLength(21);
    expect(notification.release.group.content.map((item) => item.sequence)).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
    const old = release(readMessage(readFileSync(join(samplesDir!, 'ern382/track.xml')))).notification;
    expect(old.release.titleTexts[0]!.text).toBe('Example Album');
    expect(old.release.referenceTitle).toEqual({ text: 'Example Song' });
    expect(old.recordings[0]!.editions[0]!.technical[0]!.files[0]).toMatchObject({
      sampleRateHz: 44_100,
      file: { uri: 'resources/SoundRecording_001_001.flac' },
    });
    expect(old.deals[0]!.deals[0]).toMatchObject({ start: '2023-09-02', territories: { mode: 'only', codes: ['Worldwide'] } });
  });
});

const versions = ernVersions.map((version) => [version] as const);
const rich = (ernVersion: ErnVersion): ReleaseForDsp =>
  sampleRelease({
    dsp: { ernVersion, animatedArtwork: ['canvas_loop'] },
    config: { preorderDate: '2026-06-01', sentOnBehalfOf: { dpid: 'PADPIDA2013042401U', name: 'A Label' }, isTestDelivery: true },
    animatedArtwork: [
      { kind: 'canvas_loop', source: 'motion/1', format: 'mp4', width: 1080, height: 1920, durationMs: 8_000, sizeBytes: 10_000 },
    ],
    tracks: [
      track(1, {
        lyricsLanguages: ['en', 'fr'],
        containsAi: 'Partly',
        contributors: [{ name: 'Sarz', role: 'producer', ai: 'Partly' }],
        immersive: {
          isrc: 'NGTON2600009',
          audio: { source: 'audio/9', format: 'wav', bitDepth: 24, sampleRate: 48_000, channels: 12, sizeBytes: 1_000_000 },
        },
      }),
      track(2),
    ],
  });
const write = (version: ErnVersion, change: (notification: ReleaseNotification) => void = () => undefined) => {
  const { notification } = buildNotification(rich(version));
  change(notification);
  return writeNewRelease(notification, version);
};

describe('what the versions say', () => {
  it.each(versions)('ERN %s: lyrics, moving cover, sender on behalf, test flag, pre-order and roles come back', (version) => {
    const { notification, unmapped } = release(readMessage(write(version).xml));
    expect(unmapped).toEqual([]);
    expect(notification.header).toMatchObject({ control: 'TestMessage', sentOnBehalfOf: { dpid: 'PADPIDA2013042401U' } });
    expect(notification.videos).toMatchObject([
      { type: { value: 'FrontCoverVideo' }, technical: [{ container: { value: 'MP4' }, heightPixels: 1920 }] },
    ]);
    expect(notification.texts.map((text) => [text.type!.value, text.language])).toEqual([
      ['LyricText', 'en'],
      ['LyricText', 'fr'],
    ]);
    expect(notification.release.group.content[0]!.linked).toEqual([
      { resource: 'A0001_LYRICS_1', description: { value: 'Lyrics' } },
      { resource: 'A0001_LYRICS_2', description: { value: 'Lyrics' } },
    ]);
    expect(notification.recordings[0]!.contributions[0]!.roles).toEqual([{ value: 'StudioProducer' }]);
    const [preOrder] = notification.deals[0]!.deals;
    expect(preOrder).toMatchObject({ isPreOrder: true, start: '2026-06-01T00:00:00', end: '2026-06-17T00:00:00' });
  });

  it('the share of an AI is said in ERN 4.3.2, and told as a loss elsewhere', () => {
    expect(write('4.3.2').xml).toMatch(/<ContainsAI>Partly<\/ContainsAI>/);
    expect(write('4.3.2').xml).toMatch(/<AiContribution>Partly<\/AiContribution>/);
    expect(write('4.3.2').losses).toEqual([]);
    for (const version of ['4.3', '4.2', '3.8.2'] as const)
      expect(write(version).losses.map((loss) => loss.path)).toEqual(
        expect.arrayContaining(['recordings[0].containsAi', 'recordings[0].contributions[0].ai']),
      );
  });

  it('an immersive edition is a second encoding in ERN 4.2, and cannot be said in 3.8.2', () => {
    const editions = (version: ErnVersion) => release(readMessage(write(version).xml)).notification.recordings[0]!.editions;
    for (const version of ['4.2', '4.3', '4.3.2'] as const)
      expect(editions(version)[1]).toMatchObject({ type: 'ImmersiveEdition', ids: [{ isrc: 'NGTON2600009' }], mode: 'ImmersiveAudio' });
    expect(editions('3.8.2')).toHaveLength(1);
    expect(write('3.8.2').losses).toContainEqual({ path: 'recordings[0].editions[1]', reason: 'ERN 3.8.2 knows no editions' });
  });

  it('ERN 3.8.2 says of the deals when a release is shown, and it comes back', () => {
    const { xml, losses } = write('3.8.2');
    expect(losses.filter(({ path }) => path.includes('isibilit'))).toEqual([]);
    const [preOrder, sale] = [...xml.matchAll(/<DealTerms>[\s\S]*?<\/DealTerms>/g)].map(([terms]) =>
      [...terms.matchAll(/<\/ValidityPeriod>|<(\w+(?:Display|Preview)StartDateTime)>(.*?)</g)].map(([, name, time]) => [name, time]),
    );
    const times = (clip: string) => [
      [undefined, undefined],
      ['ReleaseDisplayStartDateTime', '2026-06-01T00:00:00'],
      ['TrackListingPreviewStartDateTime', '2026-06-01T00:00:00'],
      ['CoverArtPreviewStartDateTime', '2026-06-01T00:00:00'],
      // What is left open is the start of the deal.
      ['ClipPreviewStartDateTime', clip],
    ];
    expect([preOrder, sale]).toEqual([times('2026-06-01T00:00:00'), times('2026-06-17T00:00:00')]);
    const { notification, unmapped } = release(readMessage(xml));
    expect(unmapped).toEqual([]);
    const { visibilities, release: main, deals } = buildNotification(rich('3.8.2')).notification;
    expect(notification).toMatchObject({ visibilities, release: { visibilities: main.visibilities }, deals });
    expect(writeNewRelease(notification, '3.8.2').xml).toBe(xml);
  });

  it('an update in ERN 3.8.2 names no file that does not come along', () => {
    const without = buildNotification({ ...rich('3.8.2'), message: { ...rich('3.8.2').message, includesFiles: false } }).notification;
    const { xml, losses } = writeNewRelease(without, '3.8.2');
    expect(xml).not.toMatch(/<File>|<FileName>|<HashSum>/);
    expect(losses.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        'recordings[0].editions[0].technical[0].files[0].file',
        'images[0].technical[0].file',
        'videos[0].technical[0].file',
      ]),
    );
    const { notification } = release(readMessage(xml));
    expect(notification.recordings[0]!.editions[0]!.technical[0]!.files[0]).not.toHaveProperty('file');
    expect(write('3.8.2').xml.match(/<FileName>/g)).toHaveLength(4);
    // That the files stay away is no difference.
    expect(diffNotifications(release(readMessage(write('3.8.2').xml)).notification, notification)).toEqual([]);
  });

  it('in ERN 3.8.2 a visibility of some territories is said of the deals there, and what no deal can say is told', () => {
    const { xml, losses } = write('3.8.2', (notification) => {
      const [visibility] = notification.visibilities;
      visibility!.territories = { mode: 'only', codes: ['NG'] };
      notification.deals[0]!.deals[0]!.territories = { mode: 'only', codes: ['NG'] };
      notification.visibilities.push({ reference: 'V2', releaseDisplayStart: '2026-06-02T00:00:00' });
      notification.trackReleases[1]!.visibilities = ['V2'];
    });
    expect(xml.match(/<ReleaseDisplayStartDateTime>/g)).toHaveLength(1);
    expect(losses.map(({ path }) => path).filter((path) => path.includes('isibilit'))).toEqual([
      'trackReleases[1].visibilities',
      'visibilities[0].territories',
      'visibilities[1]',
    ]);
  });

  it('genres have the name of their version', () => {
    expect(write('4.3').xml).toContain('<Genre ');
    expect(write('4.3.2').xml).toContain('<DisplayGenre ');
    expect(write('4.3.2').xml).not.toContain('<Genre ');
  });

  it.each(versions)('ERN %s: what the model has and the version has not is told, also deep down', (version) => {
    const { losses } = write(version, (notification) => {
      notification.recordings[1]!.genres = [{ text: 'Afrobeats' }];
      notification.release.labels[0]!.isInOriginalLanguage = true;
    });
    const told = losses.map((loss) => loss.path);
    expect(told).toContain('release.labels[0].isInOriginalLanguage');
    expect(told.includes('recordings[1].genres')).toBe(version !== '3.8.2');
  });
});

describe('what has no place', () => {
  const xml = write('4.3').xml;

  it('is listed with its XPath: elements, attributes, second ones, values of no type', () => {
    const odd = xml
      .replace('<Duration>', '<IsPotpourri>true</IsPotpourri>\n<Duration>')
      .replace('<ReleaseType>', '<ReleaseType Colour="red">')
      .replace('<BitsPerSample>24', '<BitsPerSample>many')
      .replace('</DealList>', '<TrackReleaseVisibility><VisibilityReference>V9</VisibilityReference></TrackReleaseVisibility></DealList>');
    const { unmapped, notification } = release(readMessage(odd));
    expect(unmapped).toHaveLength(4);
    expect(unmapped).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          xpath: expect.stringMatching(/^\/ern:NewReleaseMessage\/ReleaseList\/Release\/ReleaseType\/@Colour$/),
          value: 'red',
        }),
        expect.objectContaining({ xpath: expect.stringMatching(/BitsPerSample$/), reason: 'is no value of its type', value: 'many' }),
        expect.objectContaining({ xpath: '/ern:NewReleaseMessage/DealList/TrackReleaseVisibility', value: null }),
      ]),
    );
    expect(notification.release.types).toEqual([{ value: 'EP' }]);
  });

  it.each([
    [
      'a video profile',
      (text: string) => text.replace('ReleaseProfileVersionId="Audio"', 'ReleaseProfileVersionId="Video"'),
      'ern.profile',
      /Video is not one of audio/,
    ],
    [
      'a ringtone',
      (text: string) => text.replace('ReleaseProfileVersionId="Audio"', 'ReleaseProfileVersionId="Ringtone"'),
      'ern.profile',
      /Ringtone/,
    ],
    [
      'a boxed set',
      (text: string) => text.replace('AvsVersionId', 'ReleaseProfileVariantVersionId="BoxedSet" AvsVersionId'),
      'ern.profile',
      /boxed set/,
    ],
    [
      'a ringtone release',
      (text: string) => text.replace('<ReleaseType>EP', '<ReleaseType>RingtoneRelease'),
      'ern.profile',
      /RingtoneRelease/,
    ],
    [
      'a video as content',
      (text: string) => text.replace('<ReleaseResourceReference>A0002', '<ReleaseResourceReference>A_MOTION_1'),
      'ern.content',
      /A_MOTION_1 .* is a video/,
    ],
    [
      'a video that is no cover',
      (text: string) => text.replace('<Type>FrontCoverVideo', '<Type>ShortFormMusicalWorkVideo'),
      'ern.content',
      /ShortFormMusicalWorkVideo/,
    ],
    ['no main release', (text: string) => text.replace(/<Release [\s\S]*<\/Release>/, ''), 'ern.incomplete', /does not say its release/],
    [
      'no message id',
      (text: string) => text.replace(/<MessageId>.*<\/MessageId>/, ''),
      'ern.incomplete',
      /MessageHeader does not say its messageId/,
    ],
    ['another version', (text: string) => text.replace('ern/43"', 'ern/411"'), 'ern.version', /ern\/411/],
    [
      'another message',
      (text: string) => text.replaceAll('ern:NewReleaseMessage', 'ern:CatalogListMessage'),
      'ern.not_a_message',
      /CatalogListMessage/,
    ],
    ['no message at all', () => '<rss/>', 'ern.not_a_message', /rss/],
    ['broken XML', (text: string) => text.slice(0, -20), 'xml.malformed', /./],
    ['a DOCTYPE', (text: string) => text.replace('?>', '?><!DOCTYPE x>'), 'xml.doctype', /DOCTYPE/],
  ])('%s is refused with the reason', (_, change, code, reason) => {
    const message = readMessage(change(xml));
    expect(message).toMatchObject({ ok: false, code, reason: expect.stringMatching(reason) });
  });

  it('in ERN 3, other territories’ details, second releases and foreign profiles are told or refused', () => {
    const old = write('3.8.2').xml;
    const block = /<SoundRecordingDetailsByTerritory>[\s\S]*?<\/SoundRecordingDetailsByTerritory>/.exec(old)![0];
    const { unmapped } = release(readMessage(old.replace(block, block.replace('Worldwide', 'JP') + block)));
    expect(unmapped).toMatchObject([{ xpath: expect.stringMatching(/SoundRecording\[1\]\/SoundRecordingDetailsByTerritory\[1\]$/) }]);
    const refused = readMessage(old.replace(/CommonReleaseTypes\/14\/\w+/, 'CommonReleaseTypes/14/VideoSingle'));
    expect(refused).toMatchObject({ ok: false, code: 'ern.profile' });
  });
});

describe('purges', () => {
  it.each(versions)('ERN %s: the identifiers and the title, on the thread of the release', (version) => {
    const { notification } = buildPurge(rich(version));
    const { xml, losses } = writePurge(notification, version);
    expect(losses).toEqual([]);
    expect(readMessage(xml)).toMatchObject({ ok: true, ernVersion: version, purge: notification, unmapped: [] });
    expect(notification.header.threadId).toBe(buildNotification(rich(version)).notification.header.threadId);
  });
});
