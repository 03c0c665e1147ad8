import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { AudioStatus, CatalogService, UploadTrackAudioResponseSchema, type UploadTrackAudioRequest } from '@tonegrid/contracts';
import { Data, type Tx } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Changes } from '@tonegrid/idempotency';
import { isUuid, Rpc, type Caller } from '@tonegrid/rpc';
import type { Written } from '@tonegrid/storage';
import { v7 } from 'uuid';
import { ReleaseChanges } from '../releases/release-changes';
import { releaseOfTrack, updateTrack, viewTrack } from '../tracks/track.store';
import { insertAsset, markUnused } from './asset.store';
import { addAudioJob } from './audio-job.store';
import { AudioWorker } from './audio-worker';
import { openUpload } from './open-upload';
import { AudioRefused, type AudioFacts } from './probe/audio-facts';
import { AudioProbe } from './probe/probe-audio';
import { Uploads, withContentHash } from './uploads';

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
    private readonly uploads: Uploads,
    private readonly worker: AudioWorker,
  ) {}

  async run(
    caller: Caller,
    messages: AsyncIterable<UploadTrackAudioRequest>,
  ): Promise<MessageInitShape<typeof UploadTrackAudioResponseSchema>> {
    const { start, chunks } = await openUpload(messages);
    const { uuid } = start;
    if (!isUuid(uuid)) throw new Refused('track.not_found');
    // Asked before the first of perhaps four thousand million bytes; asked again when they are recorded.
    await this.data.transaction(caller, async (tx) => this.releases.open(tx, await releaseOfTrack(tx, uuid)));
    const asset = v7();
    const probe = new AudioProbe();
    const incoming = { storageKey: `audio/${asset}`, contentType: 'application/octet-stream', bytes: probe.through(chunks) };
    try {
      return await this.uploads.take(caller, incoming, (written) =>
        this.changes.run(withContentHash(caller, written.sha256), UploadTrackAudioResponseSchema, async (tx) => {
          await this.record(tx, uuid, { asset, fileName: start.fileName, storageKey: incoming.storageKey, written, facts: probe.finish() });
          return { message: 'Audio upload received. Processing started.', audioStatus: AudioStatus.PROCESSING };
        }),
      );
    } catch (error) {
      if (error instanceof AudioRefused) throw new Refused('audio.invalid', { field: 'audio', params: { reason: error.message } });
      throw error;
    }
  }

  private async record(
    tx: Tx,
    trackUuid: string,
    {
      asset,
      fileName,
      storageKey,
      written,
      facts,
    }: { asset: string; fileName: string; storageKey: string; written: Written; facts: AudioFacts },
  ): Promise<void> {
    const release = await this.releases.open(tx, await releaseOfTrack(tx, trackUuid));
    const track = await viewTrack(tx, trackUuid);
    const { md5, sha256, size } = written;
    await insertAsset(tx, {
      uuid: asset,
      kind: 'audio',
      storageKey,
      contentType: facts.format === 'WAV' ? 'audio/wav' : 'audio/flac',
      md5,
      sha256,
      size,
      fileName,
    });
    await markUnused(tx, track.audio_uuid);
    await updateTrack(tx, track.uuid, { audio_uuid: asset, audio_status: 'processing', audio_error: null });
    await addAudioJob(tx, track.uuid, asset);
    await this.releases.record(tx, release, ['tracks']);
    tx.afterCommit(() => this.worker.wake());
  }
}
