import { Injectable } from '@nestjs/common';
import type { Tx } from '@tonegrid/data';
import type { Caller } from '@tonegrid/rpc';
import type { Written } from '@tonegrid/storage';
import { v7 } from 'uuid';
import { ReleaseChanges } from '../releases/release-changes';
import { releaseOfTrack, updateTrack, viewTrack } from '../tracks/track.store';
import { insertAsset, markUnused } from './asset.store';
import { audioLocation } from './audio';
import { addAudioJob } from './audio-job.store';
import { AudioWorker } from './audio-worker';
import { dropAudioFetch } from './fetch.store';
import type { AudioFacts } from './probe/audio-facts';
import { AudioProbe } from './probe/probe-audio';
import { Uploads } from './uploads';

/** The audio of a track on its way in, uploaded or fetched. */
export interface IncomingAudio {
  trackUuid: string;
  fileName: string;
  bytes: AsyncIterable<Uint8Array>;
}

/** The one way in which audio is stored, whoever brings it: looked at while it passes by, then recorded and checked in the background. */
@Injectable()
export class StoreTrackAudio {
  constructor(
    private readonly releases: ReleaseChanges,
    private readonly uploads: Uploads,
    private readonly worker: AudioWorker,
  ) {}

  /**
   * Stores the bytes; then `commit` opens a transaction and calls `record` in it, which makes them the track's audio. Throws AudioRefused
   * for what is not WAV or FLAC and what the bytes, `record` (`track.not_found`, `release.not_editable`) or `commit` throw.
   */
  run<T>(
    caller: Caller,
    { trackUuid, fileName, bytes }: IncomingAudio,
    commit: (written: Written, record: (tx: Tx) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const asset = v7();
    const probe = new AudioProbe();
    const incoming = { storageKey: audioLocation(asset), contentType: 'application/octet-stream', bytes: probe.through(bytes) };
    return this.uploads.take(caller, incoming, (written) =>
      commit(written, (tx) => this.record(tx, trackUuid, { asset, fileName, written, facts: probe.finish() })),
    );
  }

  private async record(
    tx: Tx,
    trackUuid: string,
    { asset, fileName, written, facts }: { asset: string; fileName: string; written: Written; facts: AudioFacts },
  ): Promise<void> {
    const release = await this.releases.open(tx, await releaseOfTrack(tx, trackUuid));
    const track = await viewTrack(tx, trackUuid);
    const { md5, sha256, size } = written;
    await insertAsset(tx, {
      uuid: asset,
      kind: 'audio',
      storageKey: audioLocation(asset),
      contentType: facts.format === 'WAV' ? 'audio/wav' : 'audio/flac',
      md5,
      sha256,
      size,
      fileName,
    });
    await markUnused(tx, track.audio_uuid);
    await updateTrack(tx, track.uuid, { audio_uuid: asset, audio_status: 'processing', audio_error: null });
    await dropAudioFetch(tx, track.uuid);
    await addAudioJob(tx, track.uuid, asset);
    await this.releases.record(tx, release, ['tracks']);
    tx.afterCommit(() => this.worker.wake());
  }
}
