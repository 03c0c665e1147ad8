import { join } from 'node:path';
import type { DspRegistry } from '@tonegrid/dsp-registry';
import { logger } from '@tonegrid/rpc';
import type { Delivery, Report } from '../deliveries/delivery';
import type { Journal } from '../deliveries/journal';
import { Turns } from '../disk/take-turns';
import type { Settings } from '../settings';
import { putAcknowledgement } from './acknowledgement-file';
import { callBack, type CalledBack } from './call-back';

const longestWait = 60_000;

/**
 * Sends the planned reports of each delivery, one after the other, each at its time, until it has arrived. What is still to be
 * sent is read from the journal, so a restart goes on where it stopped.
 */
export class ReportSender {
  private readonly running = new Map<string, Promise<void>>();
  private readonly sleepers = new Map<NodeJS.Timeout, () => void>();
  private stopping = false;

  constructor(
    private readonly settings: Settings,
    private readonly registry: DspRegistry,
    private readonly journal: Journal,
    /** One change of a delivery at a time. */
    private readonly turns: Turns,
  ) {}

  /** Begins with what is left to be sent of a delivery; does nothing when it is at it already. */
  start({ dsp, message_id: messageId }: Delivery): void {
    const key = `${dsp}/${messageId}`;
    if (this.stopping || this.running.has(key)) return;
    const run = this.run(dsp, messageId)
      .catch((error: unknown) => logger.error({ err: error, dsp, message_id: messageId }, 'reports of a delivery could not be sent'))
      .finally(() => this.running.delete(key));
    this.running.set(key, run);
  }

  /** Says again what was said of a delivery that came once more: under the same names and ids, so nothing is there twice. */
  async repeat(delivery: Delivery): Promise<void> {
    for (const report of delivery.reports) if (report.sent_at !== null) await this.send(delivery, report);
  }

  /** Finishes what is being sent at this moment; the rest waits for the next start. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const [timer, wake] of this.sleepers) {
      clearTimeout(timer);
      wake();
    }
    await Promise.all(this.running.values());
  }

  private async run(dsp: string, messageId: string): Promise<void> {
    while (!this.stopping) {
      const delivery = this.journal.get(dsp, messageId);
      const index = delivery?.reports.findIndex((report) => report.sent_at === null && report.gave_up === null) ?? -1;
      if (!delivery || index < 0) return;
      const report = delivery.reports[index]!;
      const backOff = report.attempts === 0 ? 0 : Math.min(longestWait, this.settings.retryMs * 2 ** (report.attempts - 1));
      await this.sleep(report.attempts === 0 ? Date.parse(report.due_at) - Date.now() : backOff);
      if (this.stopping) return;
      const outcome = await this.send(delivery, report);
      await this.note(dsp, messageId, index, outcome);
    }
  }

  private async send(delivery: Delivery, report: Report): Promise<CalledBack> {
    const dsp = this.registry.get(delivery.dsp);
    if (!dsp) return { sent: false, again: false, reason: `the registry has no DSP "${delivery.dsp}" any more` };
    const { acknowledgement, endpoint } = dsp;
    if (acknowledgement.by === 'callback' || endpoint?.kind !== 'sftp')
      return callBack(this.settings.callbackUrl, delivery, report, this.registry.acknowledgementKey(dsp));
    const folder = join(this.settings.dataDir, 'sftp', endpoint.username, acknowledgement.folder);
    try {
      await putAcknowledgement(folder, delivery, report, { dpid: this.registry.recipientDpid(dsp), name: dsp.name });
      return { sent: true };
    } catch (error) {
      // A full disk, say: the report is not lost.
      return { sent: false, again: true, reason: error instanceof Error ? error.message : String(error) };
    }
  }

  private async note(dsp: string, messageId: string, index: number, outcome: CalledBack): Promise<void> {
    const context = { dsp, message_id: messageId };
    await this.turns.run(`${dsp}/${messageId}`, async () => {
      const delivery = this.journal.get(dsp, messageId)!;
      const reports = delivery.reports.map((report, at) =>
        at !== index
          ? report
          : {
              ...report,
              attempts: report.attempts + 1,
              sent_at: outcome.sent ? new Date().toISOString() : null,
              gave_up: outcome.sent || outcome.again ? null : outcome.reason,
            },
      );
      const { status, attempts } = reports[index]!;
      if (outcome.sent) logger.info({ ...context, status }, 'reported');
      else logger.warn({ ...context, status, attempts, again: outcome.again, reason: outcome.reason }, 'a report did not arrive');
      await this.journal.put({ ...delivery, reports });
    });
  }

  private sleep(milliseconds: number): Promise<void> {
    if (milliseconds <= 0 || this.stopping) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.sleepers.delete(timer);
        resolve();
      }, milliseconds);
      this.sleepers.set(timer, () => {
        this.sleepers.delete(timer);
        resolve();
      });
    });
  }
}
