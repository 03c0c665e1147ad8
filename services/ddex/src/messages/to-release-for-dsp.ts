import { timestampDate } from '@bufbuild/protobuf/wkt';
import {
  ArtistRole,
  ReleaseType,
  TerritoryMode,
  type AssetFile,
  type CreditedArtist,
  type EffectiveConfig,
  type GetReleaseSnapshotResponse,
  type TrackSnapshot,
} from '@tonegrid/contracts';
import type { ReleaseForDsp } from '@tonegrid/ddex';

/** What a message says beside the release: to whom, from whom, under which id and when. */
export interface Envelope {
  message: ReleaseForDsp['message'];
  sender: { dpid: string; name: string };
  dsp: ReleaseForDsp['dsp'];
}

type Credit = ReleaseForDsp['release']['artists'][number];
type Role = 'main' | 'featured' | 'remixer';
const roles: Record<ArtistRole, Role> = {
  [ArtistRole.UNSPECIFIED]: 'main',
  [ArtistRole.MAIN]: 'main',
  [ArtistRole.FEATURED]: 'featured',
  [ArtistRole.REMIXER]: 'remixer',
};
const types: Record<ReleaseType, ReleaseForDsp['release']['type']> = {
  [ReleaseType.UNSPECIFIED]: 'album',
  [ReleaseType.SINGLE]: 'single',
  [ReleaseType.EP]: 'ep',
  [ReleaseType.ALBUM]: 'album',
};
const territoryModes: Record<TerritoryMode, ReleaseForDsp['config']['territories']['mode']> = {
  [TerritoryMode.UNSPECIFIED]: 'worldwide',
  [TerritoryMode.WORLDWIDE]: 'worldwide',
  [TerritoryMode.INCLUDE]: 'include',
  [TerritoryMode.EXCLUDE]: 'exclude',
};

/**
 * The catalogue's snapshot of a release for a DSP, as libs/ddex takes it. Pure.
 * @throws Error when the snapshot has no release or configuration: the catalogue always gives both
 */
export function toReleaseForDsp(snapshot: GetReleaseSnapshotResponse, { message, sender, dsp }: Envelope): ReleaseForDsp {
  const { release, config, artistIsnis } = snapshot;
  const creditOf = (artist: CreditedArtist): Credit => ({
    id: artist.uuid,
    name: artist.name,
    role: roles[artist.role],
    isni: artistIsnis[artist.uuid] ?? null,
  });
  if (!release || !config) throw new Error('the snapshot holds no release or no configuration');
  return {
    message,
    sender,
    dsp,
    release: {
      id: release.uuid,
      title: release.title,
      versionTitle: release.versionTitle,
      type: types[release.type],
      upc: release.upc,
      grid: release.grid,
      releaseDate: release.releaseDate,
      originalReleaseDate: release.originalReleaseDate,
      genre: release.genre,
      subgenre: release.subgenre,
      language: release.language,
      label: release.label ?? snapshot.tenantName,
      copyrightYear: release.copyrightYear,
      copyrightHolder: release.copyrightHolder,
      explicit: release.explicit,
      artists: release.artists.map(creditOf),
      localizedTitles: release.localizedTitles,
    },
    tracks: snapshot.tracks.map((track) => trackOf(track, creditOf)),
    artwork: snapshot.artwork && {
      source: snapshot.artwork.storageKey,
      format: snapshot.artwork.contentType === 'image/png' ? 'png' : 'jpeg',
      width: snapshot.artworkWidth || null,
      height: snapshot.artworkHeight || null,
      ...fileOf(snapshot.artwork),
    },
    config: configOf(config),
  };
}

/** Digest and size of a stored file; null for what the catalogue does not know. */
const fileOf = (file: AssetFile) => ({ md5: file.md5 || null, sizeBytes: Number(file.sizeBytes) || null });

function trackOf(
  { track, audio, durationMs }: TrackSnapshot,
  creditOf: (artist: CreditedArtist) => Credit,
): ReleaseForDsp['tracks'][number] {
  if (!track) throw new Error('the snapshot holds a track without its facts');
  return {
    id: track.uuid,
    position: track.position,
    title: track.title,
    versionTitle: track.versionTitle,
    isrc: track.isrc,
    // The exact length of the file; before it is known, the seconds that were supplied.
    durationMs: Number(durationMs) || (track.duration ?? 0) * 1000 || null,
    explicit: track.explicit,
    language: track.language,
    artists: track.artists.map(creditOf),
    contributors: track.contributors.map(({ name, role }, index) => ({ name, role, order: index + 1 })),
    localizedTitles: track.localizedTitles,
    audio: audio
      ? {
          source: audio.storageKey,
          format: audio.contentType === 'audio/flac' ? 'flac' : 'wav',
          bitDepth: track.audioBitDepth,
          sampleRate: track.audioSampleRate,
          channels: track.audioChannels,
          ...fileOf(audio),
        }
      : null,
  };
}

function configOf(config: EffectiveConfig): ReleaseForDsp['config'] {
  const { pricingCustomTrackMinor: track, pricingCustomAlbumMinor: album, pricingCurrency: currency } = config;
  return {
    monetizationPolicies: config.monetizationPolicyCodes as ReleaseForDsp['config']['monetizationPolicies'],
    pricing: currency
      ? { currency, trackMinor: track === undefined ? null : Number(track), albumMinor: album === undefined ? null : Number(album) }
      : null,
    territories: { mode: territoryModes[config.territoryMode], codes: config.territoryCodes },
    releaseDate: config.releaseDate,
    rights: { streaming: config.rights['streaming'], download: config.rights['download'], ugc: config.rights['ugc'] },
    isTestDelivery: config.isTestDelivery,
    sentOnBehalfOf: config.soboPartyDpid ? { dpid: config.soboPartyDpid, name: config.soboPartyName ?? config.soboPartyDpid } : null,
  };
}

/** When the release was last changed, RFC 3339: the time that a preview bears, so that the same release gives the same bytes. */
export const lastChange = (snapshot: GetReleaseSnapshotResponse): string => {
  const at = snapshot.release?.updatedAt ?? snapshot.release?.createdAt;
  return (at ? timestampDate(at) : new Date(0)).toISOString();
};
