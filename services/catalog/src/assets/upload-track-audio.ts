import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { AudioStatus, CatalogService, UploadTrackAudioResponseSchema, type UploadTrackAudioRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Changes } from '@tonegrid/idempotency';
import { isUuid, Rpc, type Caller } from '@tonegrid/rpc';
import { ReleaseChanges } from '../releases/release-changes';
import { releaseOfTrack } from '../tracks/track.store';
import { openUpload } from './open-upload';
import { AudioRefused } from './probe/audio-facts';
import { StoreTrackAudio } from './store-track-audio';
import { withContentHash } from './uploads';

/**
 * Stores the audio of a track. It is looked at while it passes by, so what is not WAV or FLAC is refused at once; the whole
 * file is then checked in the background.
 */
@Rpc(CatalogService.method.uploadTrackAudio)
@Injectable()
export class UploadTrackAudio {
  constructor(
    private readonly data: Data,
    private readonly changes: Changes,
    private readonly releases: ReleaseChanges,
    private readonly audio: StoreTrackAudio,
  ) {}

  async run(
    caller: Caller,
    messages: AsyncIterable<UploadTrackAudioRequest>,
  ): Promise<MessageInitShape<typeof UploadTrackAudioResponseSchema>> {
    const { start, chunks } = await openUpload(messages);
    const { uuid, fileName } = start;
    if (!isUuid(uuid)) throw new Refused('track.not_found');
    // Asked before the first of perhaps four thousand million bytes; asked again when they are recorded.
    await this.data.transaction(caller, async (tx) => this.releases.open(tx, await releaseOfTrack(tx, uuid)));
    try {
      return await this.audio.run(caller, { trackUuid: uuid, fileName, bytes: chunks }, (written, record) =>
        this.changes.run(withContentHash(caller, written.sha256), UploadTrackAudioResponseSchema, async (tx) => {
          await record(tx);
          return { message: 'Audio upload received. Processing started.', audioStatus: AudioStatus.PROCESSING };
        }),
      );
    } catch (error) {
      if (error instanceof AudioRefused) throw new Refused('audio.invalid', { field: 'audio', params: { reason: error.message } });
      throw error;
    }
  }
}
