import { getOption } from '@bufbuild/protobuf';
import { access, CatalogService } from '@tonegrid/contracts';

/** Bytes of a track's audio at most, as the contract says. */
export const mostAudioBytes = Number(getOption(CatalogService.method.uploadTrackAudio, access).maxBodyBytes);

/** Where the bytes of an audio asset are in storage. */
export const audioLocation = (assetUuid: string): string => `audio/${assetUuid}`;
