import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { diffNotifications } from '../src/diff/diff-notifications';
import type { ErnVersion } from '../src/grammar/versions';
import { buildNotification } from '../src/model/build-notification';
import type { ReleaseNotification } from '../src/model/notification';
import { readMessage } from '../src/read/read-message';
import { writeNewRelease } from '../src/write/write-message';
import { releases } from './arbitrary-releases';
import { describeWithSamples, sampleRelease, samplesDir, track } from './fixtures';

/** References, and what says which message it is and whether its files come along: no differences. */
const unsaid = new Set([
  ...['reference', 'party', 'resource', 'releases', 'visibilities', 'isProvided'],
  ...['messageId', 'createdAt', 'fileName'],
]);

/** Words that are one of two. */
const others: Readonly<Record<string, string>> = { only: 'except', except: 'only' };

type Path = (string | number)[];

/** Paths of all single values, at most `most` of each kind: `recordings[].editions[].ids[].isrc`. */
function leaves(value: unknown, most: number): Path[] {
  const found = new Map<string, Path[]>();
  const walk = (item: unknown, path: Path): void => {
    if (Array.isArray(item)) {
      if (!(unsaid.has(String(path.at(-1))) && item.every((entry) => typeof entry === 'string')))
        item.forEach((entry, index) => walk(entry, [...path, index]));
    } else if (item !== null && typeof item === 'object') {
      for (const [key, entry] of Object.entries(item)) if (Array.isArray(entry) || !unsaid.has(key)) walk(entry, [...path, key]);
    } else if (item !== undefined) {
      const kind = path.map((step) => (typeof step === 'number' ? '[]' : step)).join('.');
      found.set(kind, [...(found.get(kind) ?? []), path]);
    }
  };
  walk(value, []);
  return [...found.values()].flatMap((paths) => paths.filter((_, index) => index < most - 1 || index === paths.length - 1));
}

function changed(notification: ReleaseNotification, path: Path): ReleaseNotification {
  const copy = structuredClone(notification);
  let holder = copy as unknown as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) holder = holder[step] as Record<string | number, unknown>;
  const key = path.at(-1)!;
  const value = holder[key];
  holder[key] =
    typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : (others[String(value)] ?? `${String(value)}Z9`);
  return copy;
}

/** Changes that alter the message and of which nothing is told. */
function untold(notification: ReleaseNotification, version: ErnVersion, paths: readonly Path[]): string[] {
  const { xml } = writeNewRelease(notification, version);
  return paths
    .filter((path) => {
      const other = changed(notification, path);
      return diffNotifications(notification, other).length === 0 && writeNewRelease(other, version).xml !== xml;
    })
    .map((path) => path.join('.'));
}

/** A release of which everything is said that can be said otherwise. */
function rich(): ReleaseNotification {
  const { notification } = buildNotification(
    sampleRelease({
      dsp: { ernVersion: '4.3.2', animatedArtwork: ['canvas_loop'] },
      config: { preorderDate: '2026-06-01', sentOnBehalfOf: { dpid: 'PADPIDA2013042401U', name: 'A Label' } },
      release: { localizedTitles: { fr: 'Minuit à Lagos' }, copyrightHolder: 'A Holder', containsAi: 'Partly' },
      animatedArtwork: [{ kind: 'canvas_loop', source: 'motion/1', format: 'webm', width: 1080, height: 1920, durationMs: 8_000 }],
      tracks: [
        track(1, {
          lyricsLanguages: ['en', 'fr'],
          language: 'yo',
          iswc: 'T0345246801',
          contributors: [
            { id: 'c1', name: 'John', role: 'vocalist', ipi: '123456789', ai: 'Partly' },
            { id: 'c2', name: 'John', role: 'instrumentalist', roleDetail: 'Nose Flute' },
          ],
          publishers: [{ name: 'A Publisher', sharePercent: 50, territoryCodes: ['NG'] }],
          immersive: { isrc: 'NGTON2600009', audio: { source: 'audio/9', format: 'wav', bitDepth: 24, channels: 12, md5: '0'.repeat(32) } },
        }),
        track(2),
        track(3),
      ],
    }),
  );
  const [first, second] = notification.recordings;
  Object.assign(first!, {
    versionTypes: [{ value: 'RadioEdit' }],
    referenceTitle: { text: 'A', subTitle: 'B' },
    additionalTitles: [{ text: 'Formal', type: { value: 'FormalTitle' }, subTitles: [{ text: 'Mix', type: 'Version', sequence: 1 }] }],
    created: { date: '2020', isApproximate: true, territory: 'NG' },
    firstPublished: [{ date: '2021', isDefault: true }],
    courtesyLines: [{ text: 'Courtesy', language: 'en' }],
    performanceLanguages: [{ language: 'yo', isMain: true }, { language: 'en' }],
    isCover: false,
  });
  second!.editions[0]!.technical[0]!.clips = [
    { reference: 'C1', type: { value: 'Preview' }, timings: [{ start: 1, durationsSeconds: [30] }], expression: 'Informative' },
  ];
  Object.assign(second!.editions[0]!.technical[0]!, { language: 'en', territory: 'NG', isDefault: true });
  notification.parties[0]!.names = [
    { full: 'Ada Okafor', indexed: 'Okafor, Ada', key: 'Okafor', language: 'en' },
    { full: 'Àdá Òkàfọ̀', language: 'yo' },
    { full: 'Ada', territory: 'US', ascii: 'Ada' },
  ];
  notification.parties.push({ reference: 'P_NOBODY', names: [{ full: 'Nobody' }], ipn: '1' });
  const { group } = notification.release;
  const [one, two, three] = group.content;
  Object.assign(one!, { isBonus: true, isInstantGratification: false, displaySequence: 'A1' });
  group.groups = [
    { sequence: 1, type: 'Side', titleTexts: [{ text: 'Side A' }], titles: [{ text: 'Side A' }], content: [two!] },
    {
      sequence: 2,
      displaySequence: 'B',
      durationSeconds: 5,
      content: [{ ...three!, isPreOrderIncentive: true }],
      linked: [{ resource: 'A_COVER_1', language: 'en' }],
    },
  ];
  group.content = [one!];
  Object.assign(notification.visibilities[0]!, {
    clipPreviewStart: '2026-05-01T00:00:00',
    territories: { mode: 'only', codes: ['NG', 'GH'] },
  });
  notification.trackReleases[0]!.visibilities = ['V2'];
  notification.visibilities.push(
    { reference: 'V2', releaseDisplayStart: '2026-06-02T00:00:00' },
    { reference: 'V3', clipPreviewStart: '2026-06-03' },
  );
  notification.trackReleases[0]!.linked = [{ resource: 'A_COVER_1', description: { value: 'CoverArt' } }];
  const [deal] = notification.deals[1]!.deals;
  notification.deals[1]!.deals.push({ ...deal!, territories: { mode: 'except', codes: ['US'] } }, { ...deal!, start: '2027-01-01' });
  Object.assign(deal!, {
    channels: [{ dpid: 'PADPIDA2011072101T', name: 'A Shop' }],
    prices: [{ code: { namespace: 'x', value: 'A' }, type: { value: 'MidPrice' } }, { wholesale: { amount: '1.00', currency: 'USD' } }],
  });
  notification.release.labels[0] = {
    ...notification.release.labels[0]!,
    language: 'en',
    type: { value: 'UserDefined', userDefined: { namespace: 'x', value: 'Imprint' } },
  };
  return notification;
}

describe('whatever a message says otherwise is told', () => {
  it('of a release with everything', () => {
    const notification = rich();
    const paths = leaves(notification, 3);
    expect(paths.length).toBeGreaterThan(250);
    expect(untold(notification, '4.3.2', paths)).toEqual([]);
  });

  it('of generated releases', () => {
    fc.assert(
      fc.property(releases, fc.nat(), (input, number) => {
        const { notification } = buildNotification(input);
        const paths = leaves(notification, 2);
        const some = [0, 1, 2, 3].map((step) => paths[(number + step * 7919) % paths.length]!);
        expect(untold(notification, input.dsp.ernVersion!, some)).toEqual([]);
      }),
      { numRuns: 200, seed: 20260617 },
    );
  });
});

describeWithSamples('whatever a message says otherwise is told', () => {
  it.each(['ern43/audio', 'ern43/simple-audio-single', 'ern42/audio', 'ern382/album', 'ern382/track'])('of %s', (name) => {
    const message = readMessage(readFileSync(join(samplesDir!, `${name}.xml`)));
    if (!message.ok || message.messageType !== 'NewReleaseMessage') throw new Error('not read');
    expect(untold(message.notification, message.ernVersion, leaves(message.notification, 2))).toEqual([]);
  });
});
