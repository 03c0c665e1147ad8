import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Data, type Tx } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Outbox } from '@tonegrid/events';
import { DownloadFailed, Downloads } from '@tonegrid/outbound';
import { logger, systemCaller } from '@tonegrid/rpc';
import { Vault } from '@tonegrid/secrets';
import { editing } from '../releases/release';
import { ReleaseChanges } from '../releases/release-changes';
import { audioFailed } from '../releases/release-events';
import { findRelease, updateRelease } from '../releases/release.store';
import { updateTrack } from '../tracks/track.store';
import { mostArtworkBytes } from './artwork';
import { mostAudioBytes } from './audio';
import { FETCH_TIMING, secondsAfter, type FetchTiming } from './fetch-timing';
import { fileNameOf, openUrl } from './fetch-url';
import { endFetch, postponeFetch, takeFetch, type FileFetch } from './fetch.store';
import { AudioRefused } from './probe/audio-facts';
import { ImageRefused } from './probe/probe-image';
import { StoreReleaseArtwork } from './store-release-artwork';
import { StoreTrackAudio } from './store-track-audio';
import { NotRecorded } from './uploads';

/** Files that one process fetches at once, and of one tenant: a slow server delays nobody else's files. */
const mostAtOnce = 4;
const mostOfTenant = 2;
/** Files of other processes, and those whose time has come, are looked for this often. */
const pollMs = 1_000;
/** A file that was taken up this many times and never ended, because of us, is given up. */
const mostAttempts = 25;

/** The file is no longer to be fetched, or not by this worker. */
class NoLongerOurs extends Error {
  override readonly name = 'NoLongerOurs';
}

/**
 * Fetches audio and covers from where their owners have them, and hands them on as uploads are. Files to fetch are rows that are held for
 * a while: if this process is killed, another takes the file when that time is over. The row ends in the transaction that records the
 * file, so whoever comes late, after another worker or an upload by hand, records nothing.
 */
@Injectable()
export class FetchWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  /** What is under way → its tenant. */
  private readonly underWay = new Map<Promise<void>, string>();
  private running: Promise<void> = Promise.resolve();
  private awaken: () => void = () => undefined;

  constructor(
    private readonly data: Data,
    private readonly outbox: Outbox,
    private readonly vault: Vault,
    private readonly downloads: Downloads,
    private readonly releases: ReleaseChanges,
    private readonly audio: StoreTrackAudio,
    private readonly artwork: StoreReleaseArtwork,
    @Inject(FETCH_TIMING) private readonly timing: FetchTiming,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.loop();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort(new Error('stopping'));
    this.awaken();
    await this.running;
    await Promise.all(this.underWay.keys());
    await this.downloads.close();
  }

  /** There is something to do. */
  wake(): void {
    this.awaken();
  }

  private async loop(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const woken = new Promise<void>((resolve) => (this.awaken = resolve));
      const begun = await this.begin().catch((error: unknown) => {
        logger.warn({ err: error }, 'files to fetch could not be looked for');
        return false;
      });
      if (begun || this.stopping.signal.aborted) continue;
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([woken, new Promise((resolve) => (timer = setTimeout(resolve, pollMs)))]);
      clearTimeout(timer);
    }
  }

  /** Takes one file up, if there is room and one is due. */
  private async begin(): Promise<boolean> {
    if (this.underWay.size >= mostAtOnce) return false;
    const fetch = await this.data.system((tx) => takeFetch(tx, this.timing.leaseSeconds, this.tenantsWithTheirShare()));
    if (!fetch) return false;
    const work = this.work(fetch)
      .catch((error: unknown) =>
        logger.warn({ err: error, fetch: fetch.uuid }, 'the end of a fetch could not be written; it is taken up again'),
      )
      .finally(() => {
        this.underWay.delete(work);
        this.awaken();
      });
    this.underWay.set(work, fetch.tenant_uuid);
    return true;
  }

  private tenantsWithTheirShare(): string[] {
    const tenants = [...this.underWay.values()];
    return [...new Set(tenants)].filter((tenant) => tenants.filter((each) => each === tenant).length >= mostOfTenant);
  }

  private async work(fetch: FileFetch): Promise<void> {
    const ending = new AbortController();
    const stop = () => ending.abort(this.stopping.signal.reason);
    this.stopping.signal.addEventListener('abort', stop, { once: true });
    if (this.stopping.signal.aborted) stop();
    const tooLong = new DownloadFailed('The server sends the file too slowly.', true);
    const whole = setTimeout(() => ending.abort(tooLong), this.timing.wholeMs);
    const renew = setInterval(() => void this.renew(fetch, ending), (this.timing.leaseSeconds * 1000) / 3);
    try {
      await this.fetch(fetch, ending.signal);
    } catch (error) {
      clearInterval(renew);
      await this.conclude(fetch, error);
    } finally {
      clearInterval(renew);
      clearTimeout(whole);
      this.stopping.signal.removeEventListener('abort', stop);
      // Whatever of the download nobody has read.
      ending.abort(new NoLongerOurs());
    }
  }

  /** Holds the file for longer, or ends the download when it is no longer wanted: uploaded by hand, deleted, taken by another. */
  private async renew(fetch: FileFetch, ending: AbortController): Promise<void> {
    try {
      if (!(await this.data.system((tx) => postponeFetch(tx, fetch, this.timing.leaseSeconds)))) ending.abort(new NoLongerOurs());
    } catch (error) {
      logger.warn({ err: error, fetch: fetch.uuid }, 'the lease of a fetch could not be renewed');
    }
  }

  private async fetch(fetch: FileFetch, signal: AbortSignal): Promise<void> {
    const { uuid, tenant_uuid: tenantUuid, release_uuid: releaseUuid, track_uuid: trackUuid } = fetch;
    if (fetch.attempts > mostAttempts) throw new DownloadFailed('It was begun too often without coming to an end.', false);
    const caller = { ...systemCaller('catalog', tenantUuid, uuid), signal };
    // Asked before the first byte; asked again when they are recorded.
    await this.data.transaction(caller, (tx) => this.releases.open(tx, releaseUuid));
    const url = openUrl(this.vault, fetch.url, uuid);
    const fileName = fileNameOf(url);
    const bytes = await this.downloads.open(url, { mostBytes: trackUuid === null ? mostArtworkBytes : mostAudioBytes, signal });
    const commit = (record: (tx: Tx) => Promise<void>) =>
      this.data.transaction(caller, async (tx) => {
        await this.releases.open(tx, releaseUuid);
        if (!(await endFetch(tx, fetch))) throw new NotRecorded();
        await record(tx);
      });
    if (trackUuid === null) await this.artwork.run(caller, { releaseUuid, fileName, bytes }, (_stored, record) => commit(record));
    else await this.audio.run(caller, { trackUuid, fileName, bytes }, (_written, record) => commit(record));
  }

  /** What becomes of a file that did not come. */
  private async conclude(fetch: FileFetch, error: unknown): Promise<void> {
    const { uuid, release_uuid: release, track_uuid: track, attempts, failures } = fetch;
    const about = { fetch: uuid, release, track, attempts };
    if (error instanceof NoLongerOurs || error instanceof NotRecorded) return;
    if (error instanceof AudioRefused || error instanceof ImageRefused) return this.giveUp(fetch, error.message);
    if (error instanceof DownloadFailed) {
      logger.info({ ...about, reason: error.message, passing: error.passing }, 'a file could not be fetched');
      if (!error.passing) return this.giveUp(fetch, error.message);
      const pause = secondsAfter(failures + 1, error.wishedSeconds, this.timing);
      if (pause === undefined) return this.giveUp(fetch, `${error.message} It was tried ${failures + 1} times.`);
      await this.data.system((tx) => postponeFetch(tx, fetch, pause, true));
      return;
    }
    if (error instanceof Refused && error.status < 500) {
      // Of a release whose files can no longer be changed; one that is gone has taken the row along.
      logger.info({ ...about, code: error.code }, 'a file is no longer to be fetched');
      await this.data.transaction({ tenantUuid: fetch.tenant_uuid }, (tx) => endFetch(tx, fetch));
      return;
    }
    const stopped = this.stopping.signal.aborted;
    if (!stopped) logger.warn({ ...about, err: error }, 'a file will be fetched again: the fault is on our side');
    await this.data.system((tx) => postponeFetch(tx, fetch, stopped ? 0 : Math.min(300, 2 ** attempts)));
  }

  /** Tells the owner why the file does not come, in the transaction that ends the fetch. */
  private giveUp(fetch: FileFetch, reason: string): Promise<void> {
    return this.data.transaction({ tenantUuid: fetch.tenant_uuid }, async (tx) => {
      const release = await findRelease(tx, fetch.release_uuid);
      if (!release || !(await endFetch(tx, fetch)) || editing(release.status) === 'closed') return;
      if (fetch.track_uuid === null) {
        await updateRelease(tx, release.uuid, { artwork_warnings: [`The artwork could not be fetched: ${reason}`] });
        await this.releases.recordIntent(tx, release, ['warnings']);
        return;
      }
      const sentence = `The audio could not be fetched: ${reason}`;
      await updateTrack(tx, fetch.track_uuid, { audio_status: 'failed', audio_error: sentence });
      await tx.query('update releases set updated_at = now() where uuid = $1', [release.uuid]);
      const named = { uuid: fetch.track_uuid, release_uuid: release.uuid, tenant_uuid: release.tenant_uuid };
      await this.outbox.add(tx, audioFailed(named, sentence));
    });
  }
}
