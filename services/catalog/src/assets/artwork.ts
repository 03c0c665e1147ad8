import { getOption } from '@bufbuild/protobuf';
import { access, CatalogService } from '@tonegrid/contracts';

/** What a cover may be. */
export const artworkTypes = {
  JPEG: { extension: 'jpg', contentType: 'image/jpeg' },
  PNG: { extension: 'png', contentType: 'image/png' },
} as const;

/** Bytes of a cover at most, as the contract says: an uncompressed picture of 3000 x 3000 pixels has fewer, and it fits a gRPC message. */
export const mostArtworkBytes = Number(getOption(CatalogService.method.uploadReleaseArtwork, access).maxBodyBytes);

/** Where the picture of a key is in storage. The key is random: who has it may see the picture. */
export const artworkLocation = (key: string): string => `artwork/${key}`;

/** The content type of a picture by its key; undefined for what cannot be a key. */
export function artworkContentType(key: string): string | undefined {
  const extension = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.(jpg|png)$/.exec(key)?.[1];
  return Object.values(artworkTypes).find((type) => type.extension === extension)?.contentType;
}
