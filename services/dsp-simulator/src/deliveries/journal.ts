import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { logger } from '@tonegrid/rpc';
import { writeAtomically } from '../disk/write-atomically';
import { wasAccepted, type Delivery } from './delivery';

const keyOf = (dsp: string, messageId: string): string => `${dsp}/${messageId}`;

/**
 * What is known of every message, a JSON file each (`journal/<dsp>/<message id>.json`), replaced whole at each change and read
 * once at the start. Memory is changed only after the disk.
 */
export class Journal {
  private readonly deliveries = new Map<string, Delivery>();
  private readonly arrivals = new Map<string, { of: number; taken: Set<string> }>();
  private readonly folder: string;

  constructor(dataDir: string) {
    this.folder = join(dataDir, 'journal');
    mkdirSync(this.folder, { recursive: true });
    for (const entry of readdirSync(this.folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      // What a crash left of a write.
      if (entry.name.endsWith('.tmp')) rmSync(path, { force: true });
      else if (entry.name.endsWith('.json')) this.read(path);
    }
  }

  /** All deliveries in the order in which they came. */
  all(): Delivery[] {
    return [...this.deliveries.values()].sort((a, b) => (a.received_at < b.received_at ? -1 : a.received_at > b.received_at ? 1 : 0));
  }

  get(dsp: string, messageId: string): Delivery | undefined {
    return this.deliveries.get(keyOf(dsp, messageId));
  }

  /** The delivery of a message id, at whichever DSP. */
  find(messageId: string, dsp?: string): Delivery | undefined {
    if (dsp !== undefined) return this.get(dsp, messageId);
    return this.all().find((delivery) => delivery.message_id === messageId);
  }

  /** Whether all messages of this very manifest were taken before. */
  knows(arrival: string): boolean {
    const found = this.arrivals.get(arrival);
    return found !== undefined && found.taken.size >= found.of;
  }

  /** Accepted deliveries of the same release at the same DSP, in order, but for the one given. */
  earlier(delivery: Delivery, releaseKey: string): Delivery[] {
    return this.all().filter(
      (other) =>
        other.dsp === delivery.dsp && other.release_key === releaseKey && other.message_id !== delivery.message_id && wasAccepted(other),
    );
  }

  /** Writes a delivery to disk, then makes it known. Give a changed copy, never the object that `get` gave. */
  async put(delivery: Delivery): Promise<Delivery> {
    const path = join(this.folder, delivery.dsp, `${delivery.message_id}.json`);
    await mkdir(dirname(path), { recursive: true });
    await writeAtomically(path, `${JSON.stringify(delivery, null, 2)}\n`);
    this.remember(delivery);
    return delivery;
  }

  private remember(delivery: Delivery): void {
    this.deliveries.set(keyOf(delivery.dsp, delivery.message_id), delivery);
    for (const { key, of } of delivery.arrivals) {
      const found = this.arrivals.get(key) ?? { of, taken: new Set() };
      found.taken.add(delivery.message_id);
      this.arrivals.set(key, found);
    }
  }

  private read(path: string): void {
    try {
      this.remember(JSON.parse(readFileSync(path, 'utf8')) as Delivery);
    } catch (error) {
      // Writes are atomic, so somebody else was here. The message will be taken again when its manifest is found.
      if (!(error instanceof SyntaxError)) throw error;
      logger.error({ path, err: error }, 'a journal file cannot be read and is passed over');
    }
  }
}
