import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Validator } from '@tonegrid/ddex';
import type { DspRegistry } from '@tonegrid/dsp-registry';
import { logger } from '@tonegrid/rpc';
import { Desks, Turns } from '../disk/take-turns';
import type { ReportSender } from '../reports/send-reports';
import type { Settings } from '../settings';
import type { SftpUser } from '../users';
import { checkDelivery } from './check-delivery';
import type { Arrival, Delivery } from './delivery';
import { arrivalKey, arrivalsOf, manifestsIn } from './find-arrivals';
import type { Journal } from './journal';
import { planReports } from './plan-reports';

const retryMs = 2000;

/**
 * Takes what has arrived: notes it, checks it, plans its acknowledgements. Each step is on disk before the next begins and can be
 * done again, so that a process that dies anywhere goes on from there when it starts.
 */
export class Intake {
  private readonly desks = new Desks(2);
  private readonly scans = new Turns();
  private readonly timers = new Set<NodeJS.Timeout>();
  private stopping = false;

  constructor(
    private readonly settings: Settings,
    private readonly registry: DspRegistry,
    private readonly validator: Validator,
    private readonly journal: Journal,
    private readonly sender: ReportSender,
    private readonly turns: Turns,
  ) {}

  /** Looks for manifests in one folder of a user's uploads. Returns at once. */
  notice(user: SftpUser, folder: string): void {
    if (this.stopping) return;
    this.scans
      .run(`${user.name}/${folder}`, () => this.scan(user, join(user.root, user.uploadFolder, folder)))
      .catch((error: unknown) => this.later(error, () => this.notice(user, folder)));
  }

  /** What came, or was left half done, while the process was not there. */
  async resume(users: Iterable<SftpUser>): Promise<void> {
    for (const delivery of this.journal.all()) {
      if (delivery.checked_at) this.sender.start(delivery);
      else this.check(delivery);
    }
    for (const user of users) for (const folder of await readdir(join(user.root, user.uploadFolder))) this.notice(user, folder);
  }

  /** Takes one message: notes it, or counts it when its id is known. True when it is new. */
  async take(arrival: Arrival): Promise<boolean> {
    const { key, of, ...about } = arrival;
    const context = { dsp: arrival.dsp, message_id: arrival.message_id };
    const { delivery, isNew, isAgain } = await this.turns.run(`${arrival.dsp}/${arrival.message_id}`, async () => {
      const known = this.journal.get(arrival.dsp, arrival.message_id);
      if (known?.arrivals.some((earlier) => earlier.key === key)) return { delivery: known, isNew: false, isAgain: false };
      if (known) {
        const again = await this.journal.put({ ...known, arrivals: [...known.arrivals, { key, of }], duplicates: known.duplicates + 1 });
        return { delivery: again, isNew: false, isAgain: true };
      }
      const noted = await this.journal.put({ ...unchecked, ...about, arrivals: [{ key, of }], received_at: new Date().toISOString() });
      return { delivery: noted, isNew: true, isAgain: false };
    });
    if (isNew) {
      logger.info(context, 'received');
      this.check(delivery);
      return true;
    }
    if (isAgain) {
      logger.warn({ ...context, duplicates: delivery.duplicates }, 'delivered again: nothing is done twice');
      await this.sender.repeat(delivery);
    }
    return false;
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const timer of this.timers) clearTimeout(timer);
    await this.scans.idle();
    await this.turns.idle();
  }

  private async scan(user: SftpUser, folder: string): Promise<void> {
    for (const manifest of await manifestsIn(folder)) {
      const key = await arrivalKey(this.settings.dataDir, manifest);
      if (key === null || this.journal.knows(key)) continue;
      const by = { dataDir: this.settings.dataDir, registry: this.registry, validator: this.validator };
      for (const arrival of await arrivalsOf(manifest, key, user, by)) await this.take(arrival);
    }
  }

  private check({ dsp: slug, message_id: messageId }: Delivery): void {
    const work = async (): Promise<void> => {
      const delivery = this.journal.get(slug, messageId)!;
      const dsp = this.registry.get(slug);
      if (!dsp || delivery.checked_at || this.stopping) return;
      const checked = await checkDelivery(delivery, dsp, {
        dataDir: this.settings.dataDir,
        registry: this.registry,
        validator: this.validator,
        journal: this.journal,
      });
      const now = new Date();
      const done = await this.journal.put({
        ...checked.delivery,
        // Duplicates are counted while a delivery is being checked.
        arrivals: this.journal.get(slug, messageId)!.arrivals,
        duplicates: this.journal.get(slug, messageId)!.duplicates,
        fault: checked.fault,
        checked_at: now.toISOString(),
        reports: planReports(checked.delivery, checked.fault, now, this.settings),
      });
      logger.info({ dsp: slug, message_id: messageId, kind: done.kind, fault: checked.fault?.status ?? null }, 'checked');
      this.sender.start(done);
    };
    this.desks
      // The key of the release's thread would be truer, but is not known before the message is read.
      .run(() => this.turns.run(`${slug}/${messageId}`, work))
      .catch((error: unknown) => this.later(error, () => this.check(this.journal.get(slug, messageId)!)));
  }

  /** A disk that is full or a worker that is gone must not lose a delivery. */
  private later(error: unknown, again: () => void): void {
    if (this.stopping) return;
    logger.error({ err: error }, 'a delivery could not be taken; it is tried again');
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      again();
    }, retryMs);
    this.timers.add(timer);
  }
}

const unchecked = {
  duplicates: 0,
  checked_at: null,
  thread_id: null,
  message_type: null,
  ern_version: null,
  kind: null,
  is_test: false,
  title: null,
  icpn: null,
  isrcs: [],
  release_key: null,
  dsp_id: null,
  dsp_release_id: null,
  live_url: null,
  schema: null,
  files: [],
  has_files: false,
  words: [],
  reports: [],
} satisfies Partial<Delivery>;
