import type { MessageInitShape } from '@bufbuild/protobuf';
import { Inject, Injectable } from '@nestjs/common';
import { CatalogService, type GetArtworkRequest, type GetArtworkResponseSchema } from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { ObjectMissing, type Storage } from '@tonegrid/storage';
import { STORAGE } from '../storage';
import { artworkContentType, artworkLocation } from './artwork';

/** The picture that an artwork_url points to. Open to who knows the key, so it asks no database and no tenant. */
@Rpc(CatalogService.method.getArtwork)
@Injectable()
export class GetArtwork {
  constructor(@Inject(STORAGE) private readonly storage: Storage) {}

  async run(_caller: Caller, { key }: GetArtworkRequest): Promise<MessageInitShape<typeof GetArtworkResponseSchema>> {
    const contentType = artworkContentType(key);
    if (contentType === undefined) throw new Refused('artwork.not_found');
    try {
      const parts: Buffer[] = [];
      for await (const part of await this.storage.read(artworkLocation(key))) parts.push(part as Buffer);
      return { content: Buffer.concat(parts), contentType, fileName: key };
    } catch (error) {
      if (error instanceof ObjectMissing) throw new Refused('artwork.not_found');
      throw error;
    }
  }
}
