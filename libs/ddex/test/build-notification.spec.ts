import { buildNotification, buildPurge } from '../src/model/build-notification';
import { amountOf } from '../src/model/build-deals';
import { inspectMessage, isTakedown } from '../src/inspect/inspect-message';
import type { ReleaseForDsp } from '../src/model/input';
import { writeNewRelease43, writePurge43 } from '../src/write/write-message';
import { sampleRelease, track } from './fixtures';

const render = (input: Parameters<typeof buildNotification>[0]): string => writeNewRelease43(buildNotification(input).notification);
const all = (xml: string, tag: string): string[] =>
  [...xml.matchAll(new RegExp(`<${tag}(?: [^>]*)?>([^<]*)</${tag}>`, 'g'))].map((match) => match[1]!);
const dealsOf = (input: Parameters<typeof buildNotification>[0]) => buildNotification(input).notification.deals;

describe('a message', () => {
  it('is the same to the byte for the same input', () => expect(render(sampleRelease())).toBe(render(sampleRelease())));

  it('keeps the thread and the identifiers whatever its own id and time', () => {
    const { header } = buildNotification(sampleRelease()).notification;
    const later = buildNotification(sampleRelease({ message: { id: 'TG-2', createdAt: '2027-01-01T00:00:00Z' } })).notification;
    expect(header.threadId).toMatch(/^TG-THREAD-[0-9a-f]{24}$/);
    expect(later.header.threadId).toBe(header.threadId);
    expect(later.release.ids).toEqual(buildNotification(sampleRelease()).notification.release.ids);
    expect(header.fileName).toBe('TG_spotify_rel-ef1234567890_20260518115400.xml');
    expect(header.createdAt).toBe('2026-05-18T11:54:00Z');
  });

  it('is marked a test, and sent on behalf of another, where the configuration says so', () => {
    const xml = render(
      sampleRelease({ config: { isTestDelivery: true, sentOnBehalfOf: { dpid: 'PADPIDA2013042401U', name: 'A Label' } } }),
    );
    expect(all(xml, 'MessageControlType')).toEqual(['TestMessage']);
    expect(xml).toMatch(/<SentOnBehalfOf>\s*<PartyId>PADPIDA2013042401U/);
  });
});

describe('what the reference’s sample must be bettered in', () => {
  const xml = render(sampleRelease());

  it('every track has a TrackRelease', () => {
    expect(
      buildNotification(sampleRelease()).notification.trackReleases.map((item) => [
        item.reference,
        item.resource,
        item.ids.proprietaryIds![0]!.value,
      ]),
    ).toEqual([
      ['R1', 'A0001', '0123456789012_NGTON2600001'],
      ['R2', 'A0002', '0123456789012_NGTON2600002'],
    ]);
  });

  it('streams are licensed on the TrackReleases, the bundle is sold on the main release', () => {
    const [main, tracks] = dealsOf(sampleRelease());
    expect(main).toMatchObject({
      releases: ['R0'],
      deals: [
        {
          commercialModels: [{ value: 'PayAsYouGoModel' }],
          useTypes: [{ value: 'PermanentDownload' }],
          prices: [{ wholesale: { amount: '9.99', currency: 'USD' } }],
        },
      ],
    });
    expect(tracks!.releases).toEqual(['R1', 'R2']);
    expect(tracks!.deals.map((deal) => [deal.commercialModels[0]!.value, deal.prices?.[0]!.wholesale!.amount])).toEqual([
      ['AdvertisementSupportedModel', undefined],
      ['SubscriptionModel', undefined],
      ['PayAsYouGoModel', '1.29'],
    ]);
  });

  it('a release of one track carries its streaming deals on both', () => {
    const [main, tracks] = dealsOf(sampleRelease({ tracks: [track(1)], release: { type: 'single' } }));
    expect(main!.deals.map((deal) => deal.commercialModels[0]!.value)).toEqual([
      'AdvertisementSupportedModel',
      'SubscriptionModel',
      'PayAsYouGoModel',
    ]);
    expect(tracks!.releases).toEqual(['R1']);
    expect(tracks!.deals).toHaveLength(3);
  });

  it('each deal has one commercial model, and a price only where something is sold', () => {
    for (const terms of xml.split('<DealTerms>').slice(1)) {
      expect(all(terms, 'CommercialModelType')).toHaveLength(1);
      expect(terms.includes('WholesalePricePerUnit')).toBe(terms.includes('PayAsYouGoModel'));
    }
    expect(xml).not.toContain('PriceType');
  });

  it('each title has its text with the same language, and the text includes the version', () => {
    const recording = xml.slice(xml.indexOf('<SoundRecording>'), xml.indexOf('</SoundRecording>'));
    expect(all(recording, 'DisplayTitleText')).toEqual([
      'Lagos Skyline (Radio Edit)',
      'Horizon de Lagos (Radio Edit)',
      'Itọju Eko (Radio Edit)',
    ]);
    const languages = (tag: string): string[] =>
      [...recording.matchAll(new RegExp(`<${tag} LanguageAndScriptCode="([^"]+)"`, 'g'))].map((match) => match[1]!);
    expect(languages('DisplayTitle')).toEqual(['en', 'fr', 'yo']);
    expect(languages('DisplayTitleText')).toEqual(['en', 'fr', 'yo']);
  });

  it('files are named relative to the message, sized in kilobytes and hashed', () => {
    expect(all(xml, 'URI')).toEqual([
      'resources/0123456789012_01_001.wav',
      'resources/0123456789012_01_002.wav',
      'resources/0123456789012.jpg',
    ]);
    // The reference's own figure, for 125,000,000 bytes.
    expect(all(xml, 'FileSize')).toEqual(['122071', '122071', '879']);
    expect(all(xml, 'HashSumValue')[0]).toBe('d41d8cd98f00b204e9800998ecf8427e');
    expect(buildNotification(sampleRelease()).files.map((file) => [file.source, file.uri])).toEqual([
      ['audio/1', 'resources/0123456789012_01_001.wav'],
      ['audio/2', 'resources/0123456789012_01_002.wav'],
      ['artwork/1', 'resources/0123456789012.jpg'],
    ]);
  });

  it('deals begin at local midnight, or at the instant that the release is timed to', () => {
    expect(new Set(all(xml, 'StartDateTime'))).toEqual(new Set(['2026-06-17T00:00:00']));
    expect(dealsOf(sampleRelease({ config: { releaseInstant: '2026-06-17T18:00:00+02:00' } }))[0]!.deals[0]!.start).toBe(
      '2026-06-17T16:00:00Z',
    );
  });

  it('the version of the allowed-value sets is theirs, not a year', () => expect(xml).toContain('AvsVersionId="3"'));

  it('the version of the allowed-value sets is that of the version of ERN, unless the DSP says another', () => {
    const avsOf = (dsp: Partial<ReleaseForDsp['dsp']>) => [
      buildNotification(sampleRelease({ dsp })).notification.avsVersionId,
      buildPurge(sampleRelease({ dsp })).notification.avsVersionId,
    ];
    expect(avsOf({})).toEqual(['3', '3']);
    expect(avsOf({ ernVersion: '4.3.2' })).toEqual(['9', '9']);
    expect(avsOf({ ernVersion: '4.3.2', avsVersionId: 10 })).toEqual(['10', '10']);
    for (const ernVersion of ['3.8.2', '4.2'] as const) expect(avsOf({ ernVersion, avsVersionId: 3 })).toEqual([undefined, undefined]);
  });

  it('a release is high-resolution when most of its tracks are, and says which are not', () => {
    const low = { ...track(2).audio!, sampleRate: 44_100, bitDepth: 16 };
    const release = (...tracks: ReturnType<typeof track>[]) => buildNotification(sampleRelease({ tracks })).notification.release;
    expect(release(track(1), track(2))).toMatchObject({ isHiRes: true });
    expect(release(track(1), track(2)).hiResDescription).toBeUndefined();
    expect(release(track(1), track(2), track(3, { audio: low }))).toMatchObject({
      isHiRes: true,
      hiResDescription: expect.stringContaining('2 of 3 tracks'),
    });
    expect(release(track(1), track(2, { audio: low })).isHiRes).toBeUndefined();
  });

  it('an IPI has 11 digits and an ISWC no dashes', () => {
    const input = sampleRelease({
      tracks: [
        track(1, { iswc: 'T-034.524.680-1', publishers: [{ name: 'Lagos Sound Publishing', ipi: '987654321', sharePercent: 100 }] }),
      ],
    });
    expect(all(render(input), 'IpiNameNumber')).toEqual(['00987654321']);
    expect(all(render(input), 'ISWC')).toEqual(['T0345246801']);
  });

  it('contributors have roles of DDEX, one composite for each party, instruments by type', () => {
    const contributors = [
      { name: 'Sarz', role: 'producer', order: 1 },
      { name: 'Sarz', role: 'mix_engineer', order: 3 },
      { name: 'Tems', role: 'featured_artist', order: 2 },
      { name: 'Drum group', role: 'instrumentalist', roleDetail: 'Drums', order: 5 },
      { name: 'Drum group', role: 'other', roleDetail: 'Hand claps', order: 6 },
      { name: 'Ayodeji Balogun', role: 'Composer' },
    ];
    const recording = buildNotification(sampleRelease({ tracks: [track(1, { contributors })] })).notification.recordings[0]!;
    expect(recording.artistNames).toEqual([{ text: 'Ada Okafor feat. Tems' }]);
    expect(recording.artists.map((artist) => [artist.sequence, artist.role.value])).toEqual([
      [1, 'MainArtist'],
      [2, 'FeaturedArtist'],
    ]);
    expect(
      recording.contributions.map((item) => [
        ...item.roles.map((role) => role.userDefined?.value ?? role.value),
        ...item.instruments.map((role) => role.value),
      ]),
    ).toEqual([['StudioProducer', 'MixingEngineer'], ['Artist'], ['Musician', 'Hand claps', 'DrumKit'], ['Composer']]);
  });
});

describe('the P line of a track', () => {
  it('is its own, with the year that it states; else that of the release', () => {
    const lineOf = (pLine: string | null) =>
      buildNotification(sampleRelease({ release: { copyrightYear: 2026, copyrightHolder: 'Lagos Sound' }, tracks: [track(1, { pLine })] }))
        .notification.recordings[0]!.editions[0]!.pLines;
    expect(lineOf('(P) 2019 Old Records')).toEqual([{ year: 2019, text: '(P) 2019 Old Records' }]);
    expect(lineOf('Old Records')).toEqual([{ year: 2026, text: 'Old Records' }]);
    expect(lineOf(null)).toEqual([{ year: 2026, text: '2026 Lagos Sound' }]);
  });
});

describe('editions and files', () => {
  const immersive = {
    isrc: 'NGTON2600009',
    audio: { source: 'audio/atmos', format: 'wav' as const, bitDepth: 24, sampleRate: 48_000, channels: 12 },
  };

  it('an immersive mix is a second edition, for DSPs that take it', () => {
    const editions = (supportsAtmos: boolean) =>
      buildNotification(sampleRelease({ tracks: [track(1, { immersive })], dsp: { supportsAtmos } })).notification.recordings[0]!.editions;
    expect(
      editions(true).map((edition) => [edition.type, edition.ids[0]!.isrc, edition.mode, edition.technical[0]!.files[0]!.codec!.value]),
    ).toEqual([
      ['NonImmersiveEdition', 'NGTON2600001', 'Stereo', 'PCM'],
      ['ImmersiveEdition', 'NGTON2600009', 'ImmersiveAudio', 'DolbyAtmosMasterADM'],
    ]);
    expect(editions(false)).toHaveLength(1);
  });

  it('an update may leave the binaries out', () => {
    const xml = render(sampleRelease({ message: { includesFiles: false } }));
    expect(new Set(all(xml, 'IsProvidedInDelivery'))).toEqual(new Set(['false']));
  });
});

describe('deals', () => {
  it('hold where both the release and the DSP are', () => {
    const territories = (mode: 'worldwide' | 'include' | 'exclude', codes: string[], served?: string[]) =>
      dealsOf(sampleRelease({ config: { territories: { mode, codes } }, dsp: { territories: served } }))[0]?.deals[0]!.territories;
    expect(territories('worldwide', [])).toEqual({ mode: 'only', codes: ['Worldwide'] });
    expect(territories('include', ['NG', 'gh'])).toEqual({ mode: 'only', codes: ['GH', 'NG'] });
    expect(territories('exclude', ['US', 'CA'])).toEqual({ mode: 'except', codes: ['CA', 'US'] });
    expect(territories('worldwide', [], ['JP'])).toEqual({ mode: 'only', codes: ['JP'] });
    expect(territories('exclude', ['JP'], ['JP', 'KR'])).toEqual({ mode: 'only', codes: ['KR'] });
    expect(territories('include', ['NG'], ['JP'])).toBeUndefined();
  });

  it('follow the rights envelope, and a restricted release has none', () => {
    const models = (config: object) =>
      dealsOf(sampleRelease({ config })).flatMap((item) => item.deals.map((deal) => deal.commercialModels[0]!.value));
    expect(models({ rights: { streaming: false } })).toEqual(['PayAsYouGoModel', 'PayAsYouGoModel']);
    expect(models({ rights: { download: false } })).toEqual(['AdvertisementSupportedModel', 'SubscriptionModel']);
    expect(models({ monetizationPolicies: ['restricted'] })).toEqual([]);
    expect(models({ monetizationPolicies: ['ugc_monetization'] })).toEqual(['RightsClaimModel']);
  });

  it('a takedown ends them at its instant, or leaves them out', () => {
    const ended = dealsOf(sampleRelease({ message: { takedown: { strategy: 'end_deals', at: '2026-08-01T10:00:00Z' } } }));
    expect(ended[0]!.deals[0]).toMatchObject({ start: '2026-06-17T00:00:00', end: '2026-08-01T10:00:00Z' });
    const early = dealsOf(sampleRelease({ message: { takedown: { strategy: 'end_deals', at: '2026-06-01T10:00:00Z' } } }));
    expect(early[0]!.deals[0]).toMatchObject({ start: '2026-06-01T10:00:00Z', end: '2026-06-01T10:00:00Z' });
    const none = render(sampleRelease({ message: { takedown: { strategy: 'no_deals', at: '2026-08-01T10:00:00Z' } } }));
    expect(none).not.toContain('DealList');
    const at = new Date('2026-08-01T10:00:01Z');
    const takedown = (xml: string): boolean => {
      const message = inspectMessage(xml);
      return message.ok && isTakedown(message, at);
    };
    expect(takedown(none)).toBe(true);
    expect(takedown(render(sampleRelease()))).toBe(false);
    expect(takedown(render(sampleRelease({ message: { takedown: { strategy: 'end_deals', at: '2026-08-01T10:00:00Z' } } })))).toBe(true);
    expect(takedown(writePurge43(buildPurge(sampleRelease()).notification))).toBe(true);
  });

  it('amounts have the decimals of their currency', () => {
    const price = (currency: string) =>
      dealsOf(sampleRelease({ config: { pricing: { albumMinor: 999, trackMinor: 5, currency } } })).map(
        (item) => item.deals.at(-1)!.prices![0]!.wholesale!.amount,
      );
    expect(price('USD')).toEqual(['9.99', '0.05']);
    expect(price('JPY')).toEqual(['999', '5']);
    expect(price('KWD')).toEqual(['0.999', '0.005']);
  });

  it.each([
    ['12345', 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'],
    ['123.45', 'AUD BRL EUR GBP GHS HUF IDR INR MGA MRU MXN NGN TWD USD UYU XCD ZAR'],
    ['12.345', 'BHD IQD JOD KWD LYD OMR TND'],
    ['1.2345', 'CLF UYW'],
  ])('12345 minor units are %s in %s', (amount, currencies) => {
    for (const currency of currencies.split(' ')) expect([currency, amountOf(12_345, currency)]).toEqual([currency, amount]);
  });
});

describe('what is missing', () => {
  it('among titles is told: languages that no message can name, and a second title in one language', () => {
    const titles = { de: 'Mitternacht', 'de-1996': 'Mitternacht in Lagos', 'x-foo': 'Foo', 'ZH-HANT-tw': '午夜', fr: 'Minuit', fr_: '' };
    const { notification, warnings } = buildNotification(
      sampleRelease({ release: { title: '拉各斯午夜', language: 'zh-Hant-TW', localizedTitles: titles }, tracks: [track(1)] }),
    );
    expect(notification.release.titles.map(({ language, text }) => [language, text])).toEqual([
      ['zh-Hant-TW', '拉各斯午夜'],
      ['de', 'Mitternacht'],
      ['fr', 'Minuit'],
    ]);
    expect(warnings.filter((text) => text.startsWith('The title'))).toEqual([
      'The title "午夜" in ZH-HANT-tw is left out: there is one in ZH-HANT-tw, "拉各斯午夜"',
      'The title "Mitternacht in Lagos" in de-1996 is left out: there is one in de, "Mitternacht"',
      'The title "Foo" in x-foo is left out: messages cannot name that language',
    ]);
    const same = sampleRelease({ release: { title: 'Midnight', language: 'en', localizedTitles: { EN: 'Midnight' } }, tracks: [track(1)] });
    expect(buildNotification(same).warnings).toEqual([]);
  });

  it('is supplied or left out, and told', () => {
    const { notification, warnings } = buildNotification(
      sampleRelease({
        release: { label: null, artists: [], genre: null, upc: '195497123456', releaseDate: null },
        tracks: [track(1, { isrc: null, audio: null, durationMs: null })],
        artwork: null,
      }),
    );
    expect(warnings).toEqual([
      'UPC left out: it has a wrong check digit (2 expected)',
      'The release names no label: ToneGrid stands in its place',
      'The release names no artist: ToneGrid stands in its place',
      'The release names no genre',
      'The release has no date: its deals begin on the day of the message',
      'The length of track 1 is unknown',
    ]);
    expect(notification.recordings[0]!.editions[0]!.ids[0]!.proprietaryIds![0]!.value).toBe(track(1).id);
    expect(() => writeNewRelease43(notification)).not.toThrow();
  });

  it('characters that XML cannot hold are removed, and told', () => {
    const { notification, warnings } = buildNotification(sampleRelease({ release: { title: 'A\0B\uD800 \n C' } }));
    expect(notification.release.titles[0]!.text).toBe('AB C');
    expect(warnings).toEqual(['Characters that XML cannot hold were removed from the title']);
  });

  it('two profiles of one name are two parties, one profile is one party', () => {
    const names = buildNotification(
      sampleRelease({
        release: {
          artists: [
            { id: '1', name: 'Tems' },
            { id: '2', name: 'Tems' },
            { id: '1', name: 'Tems' },
          ],
        },
      }),
    ).notification;
    expect(names.parties.filter((party) => party.names[0]!.full === 'Tems')).toHaveLength(2);
    expect(names.release.artists).toHaveLength(2);
  });
});
