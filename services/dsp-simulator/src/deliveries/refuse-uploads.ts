import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspectMessage } from '@tonegrid/ddex';
import { Turns } from '../disk/take-turns';
import { writeAtomically } from '../disk/write-atomically';
import { askedFailures, magicWords } from './magic-words';

const marker = Buffer.from('[fail-upload');
const largest = 4 * 1024 * 1024;

/** Lets the uploads of messages fail that ask for it by `[fail-upload]` in the title. Counts on disk, for `[fail-upload:2]`. */
export class UploadRefusals {
  private readonly folder: string;
  private readonly turns = new Turns();

  constructor(dataDir: string) {
    this.folder = join(dataDir, 'refused-uploads');
    mkdirSync(this.folder, { recursive: true });
  }

  /** Whether this upload of a message is to fail; counts it when so. */
  async refuses(xml: Uint8Array): Promise<boolean> {
    // Nearly no message has the word: look for its bytes before reading the message.
    const bytes = Buffer.from(xml.buffer, xml.byteOffset, xml.byteLength);
    if (xml.byteLength > largest || !bytes.toString('latin1').toLowerCase().includes(marker.toString())) return false;
    const message = inspectMessage(xml);
    if (!message.ok) return false;
    const failures = askedFailures(magicWords(message.release.title));
    if (failures === 0) return false;
    const name = createHash('sha256')
      .update(message.messageId ?? xml)
      .digest('hex')
      .slice(0, 32);
    return this.turns.run(name, async () => {
      const path = join(this.folder, name);
      const count = await this.count(path);
      if (count >= failures) return false;
      await writeAtomically(path, String(count + 1));
      return true;
    });
  }

  private async count(path: string): Promise<number> {
    try {
      return Number(await readFile(path, 'utf8')) || 0;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
      throw error;
    }
  }
}
