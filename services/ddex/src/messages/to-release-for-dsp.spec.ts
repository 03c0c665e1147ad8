import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { ArtistRole, GetReleaseSnapshotResponseSchema, ReleaseType, TerritoryMode } from '@tonegrid/contracts';
import { lastChange, toReleaseForDsp, type Envelope } from './to-release-for-dsp';

const envelope: Envelope = {
  message: { id: 'TG-0', createdAt: '2026-05-18T11:54:00.000Z' },
  sender: { dpid: 'PADPIDA2026012301U', name: 'ToneGrid' },
  dsp: { slug: 'spotify', name: 'Spotify', dpid: 'PADPIDA2011072101T' },
};
const uuid = '0198f0aa-0000-7000-8000-000000000001';
const snapshot = (changes: object = {}) =>
  create(GetReleaseSnapshotResponseSchema, {
    release: { uuid, title: 'Midnight in Lagos', type: ReleaseType.EP, artists: [{ uuid, name: 'Ada Okafor', role: ArtistRole.MAIN }] },
    tracks: [
      {
        track: {
          uuid,
          title: 'Lagos Skyline',
          position: 1,
          duration: 218,
          audioBitDepth: 24,
          contributors: [
            { name: 'Sarz', role: 'producer' },
            { name: 'Tems', role: 'Composer' },
          ],
        },
        audio: { storageKey: 'audio/a', md5: 'd41d8cd98f00b204e9800998ecf8427e', sizeBytes: 125000000n, contentType: 'audio/flac' },
        durationMs: 218_400n,
      },
    ],
    config: { monetizationPolicyCodes: ['subscription_streaming'], territoryMode: TerritoryMode.EXCLUDE, territoryCodes: ['CN'] },
    tenantName: 'Harbour Records',
    ...changes,
  });

describe('a snapshot becomes what a message is made of', () => {
  it('with the release, its tracks in their files, and the resolved configuration', () => {
    const { release, tracks, config } = toReleaseForDsp(snapshot(), envelope);
    expect(release).toMatchObject({ id: uuid, type: 'ep', artists: [{ name: 'Ada Okafor', role: 'main' }] });
    expect(tracks[0]).toMatchObject({
      durationMs: 218_400,
      audio: { source: 'audio/a', format: 'flac', bitDepth: 24, sizeBytes: 125_000_000 },
      contributors: [
        { name: 'Sarz', role: 'producer', order: 1 },
        { name: 'Tems', role: 'Composer', order: 2 },
      ],
    });
    expect(config).toMatchObject({ territories: { mode: 'exclude', codes: ['CN'] }, pricing: null, sentOnBehalfOf: null });
  });

  it('with the ISNIs of the artists that have one, of the release and of its tracks', () => {
    const other = '0198f0aa-0000-7000-8000-000000000002';
    const artists = [
      { uuid, name: 'Ada Okafor', role: ArtistRole.MAIN },
      { uuid: other, name: 'Tems', role: ArtistRole.FEATURED },
    ];
    const made = toReleaseForDsp(
      snapshot({
        release: { uuid, artists },
        tracks: [{ track: { uuid, title: 'x', position: 1, artists } }],
        artistIsnis: { [uuid]: '0000000121032683' },
      }),
      envelope,
    );
    for (const credited of [made.release.artists, made.tracks[0]!.artists])
      expect(credited.map(({ name, isni }) => [name, isni])).toEqual([
        ['Ada Okafor', '0000000121032683'],
        ['Tems', null],
      ]);
  });

  it('under the tenant’s name as label where the release has none', () => {
    expect(toReleaseForDsp(snapshot(), envelope).release.label).toBe('Harbour Records');
  });

  it('with the supplied seconds while the file has not been measured, and no file while there is none', () => {
    const pending = snapshot({ tracks: [{ track: { uuid, title: 'x', position: 1, duration: 10 } }] });
    expect(toReleaseForDsp(pending, envelope).tracks[0]).toMatchObject({ durationMs: 10_000, audio: null });
    expect(toReleaseForDsp(pending, envelope).artwork).toBeUndefined();
  });

  it('with prices, and the party that it is sent on behalf of', () => {
    const config = {
      pricingCurrency: 'USD',
      pricingCustomTrackMinor: 70n,
      soboPartyDpid: 'PADPIDA2011072101T',
      soboPartyName: 'A label',
      isTestDelivery: true,
    };
    expect(toReleaseForDsp(snapshot({ config }), envelope).config).toMatchObject({
      pricing: { currency: 'USD', trackMinor: 70, albumMinor: null },
      sentOnBehalfOf: { dpid: 'PADPIDA2011072101T', name: 'A label' },
      isTestDelivery: true,
    });
  });

  it('never without release or configuration', () => {
    expect(() => toReleaseForDsp(create(GetReleaseSnapshotResponseSchema, {}), envelope)).toThrow('no release');
  });
});

test('a preview bears the time of the last change', () => {
  const updatedAt = timestampFromDate(new Date('2026-05-18T11:54:00Z'));
  expect(lastChange(snapshot({ release: { uuid, updatedAt } }))).toBe('2026-05-18T11:54:00.000Z');
});
