import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Data } from '@tonegrid/data';
import { DspRegistry, type Dsp } from '@tonegrid/dsp-registry';
import { logger } from '@tonegrid/rpc';
import { CONFIG } from '@tonegrid/service';
import { timingOf, type DeliveryConfig } from '../config';
import { describe } from '../send/failures';
import { SftpSession } from '../send/sftp-session';
import { AckFileStore } from './ack-file.store';
import { ReadAckFolder } from './read-ack-folder';

/** A folder in which nothing is expected is looked into this many times less often. */
const idleFactor = 10;
/** And one whose server is away: twice less often with each failure, at most this many times. */
const mostFactor = 32;

interface Line {
  session: SftpSession | undefined;
  failures: number;
  busy: boolean;
}

/**
 * Looks into the acknowledgement folder of every DSP that has one and that something was sent to. Processes take turns. The
 * connection to a DSP is kept while answers are expected from it.
 */
@Injectable()
export class PollAckFolders implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly everyMs: number;
  private readonly lines = new Map<string, Line>();
  private readonly ending = new AbortController();
  private readonly underWay = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(CONFIG) config: DeliveryConfig,
    private readonly data: Data,
    private readonly registry: DspRegistry,
    private readonly files: AckFileStore,
    private readonly reader: ReadAckFolder,
  ) {
    this.everyMs = timingOf(config).ackPoll;
  }

  onApplicationBootstrap(): void {
    let looking = false;
    this.timer = setInterval(() => {
      if (looking) return;
      looking = true;
      this.track(this.round().finally(() => void (looking = false)));
    }, this.everyMs);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.ending.abort();
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }

  private async round(): Promise<void> {
    try {
      for (const { dsp: slug, waiting } of await this.files.expected(this.data)) {
        const dsp = this.registry.get(slug);
        if (dsp?.acknowledgement.by !== 'folder' || this.ending.signal.aborted) continue;
        this.track(this.look(dsp, dsp.acknowledgement.folder, waiting));
      }
    } catch (error) {
      logger.warn({ err: error }, 'acknowledgement folders cannot be looked into; it is tried again');
    }
  }

  private async look(dsp: Dsp, folder: string, waiting: boolean): Promise<void> {
    const line = this.lines.get(dsp.slug) ?? { session: undefined, failures: 0, busy: false };
    this.lines.set(dsp.slug, line);
    if (line.busy) return;
    line.busy = true;
    try {
      const factor = Math.max(waiting ? 1 : idleFactor, Math.min(2 ** line.failures, mostFactor));
      // A tenth less, so that a timer which fires a little early does not wait for its next time.
      if (!(await this.files.takeTurn(this.data, dsp.slug, this.everyMs * factor * 0.9))) return;
      if (line.session?.isOpen === false) this.hangUp(line);
      line.session ??= await this.open(dsp);
      await this.reader.run(line.session, dsp, folder);
      line.failures = 0;
      if (!waiting) this.hangUp(line);
    } catch (error) {
      this.hangUp(line);
      line.failures += 1;
      if (!this.ending.signal.aborted && (line.failures & (line.failures - 1)) === 0)
        logger.warn(
          { dsp: dsp.slug, problem: describe(error), err: error, failures: line.failures },
          'an acknowledgement folder could not be read',
        );
    } finally {
      line.busy = false;
    }
  }

  private open(dsp: Dsp): Promise<SftpSession> {
    if (dsp.endpoint?.kind !== 'sftp') return Promise.reject(new Error(`DSP "${dsp.slug}" has a folder but no SFTP endpoint`));
    return SftpSession.open(dsp.endpoint, this.registry.sftpCredentials(dsp), this.ending.signal);
  }

  private hangUp(line: Line): void {
    line.session?.close();
    line.session = undefined;
  }

  private track(work: Promise<void>): void {
    this.underWay.add(work);
    void work.finally(() => this.underWay.delete(work));
  }
}
