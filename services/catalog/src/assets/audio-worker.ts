import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Data, type Tx } from '@tonegrid/data';
import { Outbox } from '@tonegrid/events';
import { logger } from '@tonegrid/rpc';
import type { Storage } from '@tonegrid/storage';
import { audioFailed, audioProcessed } from '../releases/release-events';
import { findRelease } from '../releases/release.store';
import { STORAGE } from '../storage';
import { updateTrack, viewTrack } from '../tracks/track.store';
import { endAudioJob, postponeAudioJob, takeAudioJob, type AudioJob } from './audio-job.store';
import { AudioRefused, type AudioFacts } from './probe/audio-facts';
import { verifyAudio } from './probe/probe-audio';

/** A job is held for so long at a time; the holder asks for more at half of it. */
const leaseSeconds = 30;
/** Jobs of other processes, and those whose time has come, are looked for this often. */
const pollMs = 1_000;
/** A file that cannot be read this many times in a row, over about an hour, is given up. */
const mostAttempts = 20;

type Verdict = { facts: AudioFacts } | { reason: string };

/**
 * Checks uploaded audio from its first to its last byte, one file at a time in each process. Jobs are rows that are held for a
 * while: if this process is killed, another takes the job when that time is over, and whoever comes late changes nothing.
 */
@Injectable()
export class AudioWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private awaken: () => void = () => undefined;

  constructor(
    private readonly data: Data,
    private readonly outbox: Outbox,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.loop();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    this.awaken();
    await this.running;
  }

  /** There is something to do. */
  wake(): void {
    this.awaken();
  }

  private async loop(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const woken = new Promise<void>((resolve) => (this.awaken = resolve));
      const found = await this.workOnce().catch((error: unknown) => {
        logger.warn({ err: error }, 'audio could not be checked');
        return false;
      });
      if (found || this.stopping.signal.aborted) continue;
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([woken, new Promise((resolve) => (timer = setTimeout(resolve, pollMs)))]);
      clearTimeout(timer);
    }
  }

  private async workOnce(): Promise<boolean> {
    const job = await this.data.system((tx) => takeAudioJob(tx, leaseSeconds));
    if (!job) return false;
    const renew = setInterval(() => {
      this.data
        .system((tx) => postponeAudioJob(tx, job, leaseSeconds))
        .catch((error: unknown) => logger.warn({ err: error, track: job.track_uuid }, 'the lease of an audio job could not be renewed'));
    }, leaseSeconds * 500);
    try {
      const verdict = await this.judge(job);
      await this.data.transaction({ tenantUuid: job.tenant_uuid }, (tx) => this.conclude(tx, job, verdict));
    } catch (error) {
      const stopped = this.stopping.signal.aborted;
      if (!stopped) logger.warn({ err: error, track: job.track_uuid, attempt: job.attempts }, 'audio will be checked again');
      await this.data.system((tx) => postponeAudioJob(tx, job, stopped ? 0 : Math.min(300, 2 ** job.attempts)));
    } finally {
      clearInterval(renew);
    }
    return true;
  }

  /** Throws what may be over at the next attempt: storage that is away, a stop. */
  private async judge(job: AudioJob): Promise<Verdict> {
    try {
      const facts = await verifyAudio(this.untilStopped(await this.storage.read(job.storage_key)));
      if (facts.md5 !== job.md5) throw new Error(`the stored file ${job.storage_key} is not what was uploaded`);
      const { expected_audio_md5: expected } = job;
      return expected !== null && expected !== facts.md5
        ? { reason: `The file has the MD5 ${facts.md5}; ${expected} was announced.` }
        : { facts };
    } catch (error) {
      if (error instanceof AudioRefused) return { reason: error.message };
      if (job.attempts < mostAttempts || this.stopping.signal.aborted) throw error;
      logger.error({ err: error, track: job.track_uuid }, 'audio was given up');
      return { reason: 'The stored file could not be read. Please upload it again.' };
    }
  }

  private async *untilStopped(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      this.stopping.signal.throwIfAborted();
      yield chunk;
    }
  }

  private async conclude(tx: Tx, job: AudioJob, verdict: Verdict): Promise<void> {
    const release = await findRelease(tx, job.release_uuid);
    if (!(await endAudioJob(tx, job)) || !release) return;
    const track = await viewTrack(tx, job.track_uuid);
    // A newer upload has its own job.
    if (track.audio_uuid !== job.asset_uuid) return;
    const named = { uuid: track.uuid, release_uuid: release.uuid, tenant_uuid: release.tenant_uuid };
    if ('reason' in verdict) {
      await updateTrack(tx, track.uuid, { audio_status: 'failed', audio_error: verdict.reason });
      await this.outbox.add(tx, audioFailed(named, verdict.reason));
    } else {
      const { format, sample_rate, bit_depth, channels, duration_ms, md5 } = verdict.facts;
      await updateTrack(tx, track.uuid, {
        audio_status: 'processed',
        audio_error: null,
        audio_format: format,
        audio_bit_depth: bit_depth,
        audio_sample_rate: sample_rate,
        audio_channels: channels,
        duration_ms: String(duration_ms),
      });
      const audio = { format, sampleRate: sample_rate, bitDepth: bit_depth, channels, durationMs: duration_ms, md5 };
      await this.outbox.add(tx, audioProcessed(named, audio));
    }
    // Messages carry what the file says of itself.
    await tx.query('update releases set revision = revision + 1, updated_at = now() where uuid = $1', [release.uuid]);
  }
}
