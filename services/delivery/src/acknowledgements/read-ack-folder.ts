import { Injectable } from '@nestjs/common';
import { Data } from '@tonegrid/data';
import { parseAcknowledgementFileName, readAcknowledgement, type AcknowledgementRead } from '@tonegrid/ddex';
import { DspRegistry, type Dsp } from '@tonegrid/dsp-registry';
import { Refused } from '@tonegrid/errors';
import { logger, parseDate } from '@tonegrid/rpc';
import { acknowledgementsTotal } from '../metrics';
import { DspAway, oneLine } from '../send/failures';
import type { RemoteFile, SftpSession } from '../send/sftp-session';
import { AckFileStore } from './ack-file.store';
import { ApplyAcknowledgement, type AcknowledgedMessage } from './apply-acknowledgement';
import { namesAtDsp } from './names-at-dsp';

/** Larger than any acknowledgement; what is larger is not read at all. */
const largestBytes = 1024 * 1024;

/** Reads what is new in a DSP's acknowledgement folder. The files stay where they are. */
@Injectable()
export class ReadAckFolder {
  constructor(
    private readonly data: Data,
    private readonly registry: DspRegistry,
    private readonly files: AckFileStore,
    private readonly acknowledgements: ApplyAcknowledgement,
  ) {}

  /** Answers how many acknowledgements were applied. Throws DspAway when the server does. */
  async run(session: SftpSession, dsp: Dsp, folder: string): Promise<number> {
    // Names of files that are still being written differ, by an ending or a leading dot.
    const there = (await session.list(folder)).filter(({ name }) => /^[^.].*\.xml$/i.test(name));
    const fresh = await this.files.unhandled(this.data, dsp.slug, there);
    fresh.sort((a, b) => a.modifiedAt.getTime() - b.modifiedAt.getTime() || (a.name < b.name ? -1 : 1));
    let applied = 0;
    for (const file of fresh) if (await this.takeOrPuzzle(session, dsp, folder, file)) applied += 1;
    return applied;
  }

  /** A file that cannot be taken does not keep those behind it; throws only what holds for every file: the server or the database is away. */
  private async takeOrPuzzle(session: SftpSession, dsp: Dsp, folder: string, file: RemoteFile): Promise<boolean> {
    try {
      return await this.take(session, dsp, folder, file);
    } catch (error) {
      if (!session.isOpen || (error instanceof Refused && error.code === 'service.unavailable')) throw error;
      if (error instanceof DspAway) return this.puzzle(dsp, file, 'unreadable', error.message);
      logger.error({ err: error, dsp: dsp.slug, file: file.name }, 'an acknowledgement could not be taken');
      return this.puzzle(dsp, file, 'unreadable', 'unexpected error');
    }
  }

  private async take(session: SftpSession, dsp: Dsp, folder: string, file: RemoteFile): Promise<boolean> {
    if (file.size > largestBytes) return this.puzzle(dsp, file, 'unreadable', `it has ${file.size} bytes`);
    const bytes = await session.read(folder, file.name);
    const read = readAcknowledgement(bytes);
    if (!read.ok) return this.puzzle(dsp, file, 'unreadable', read.reason);
    const message = await this.messageOf(dsp, file, read);
    if (!message) return this.puzzle(dsp, file, 'unmatched', 'no message of ours is its subject');
    const isNew = await this.data.transaction({ tenantUuid: message.tenant_uuid }, async (tx) => {
      if (!(await this.files.handled(tx, dsp.slug, file))) return false;
      return this.acknowledgements.apply(tx, message, {
        verdict: read.verdict,
        names: namesAtDsp(dsp, { id: this.idAtDsp(dsp, read) }),
        reason: reasonOf(read),
        bytes,
        fileName: file.name,
        dedupeKey: `file:${file.name}`,
      });
    });
    acknowledgementsTotal.inc({ dsp: dsp.slug, channel: 'folder', outcome: isNew ? read.verdict : 'repeated' });
    logger.info({ dsp: dsp.slug, message_id: message.message_id, status: read.status, file: file.name }, 'acknowledgement');
    return isNew;
  }

  /** By the MessageId in the file's name; DSPs that name their files otherwise are understood by release and day. */
  private async messageOf(dsp: Dsp, file: RemoteFile, read: AcknowledgementRead): Promise<AcknowledgedMessage | undefined> {
    const named = parseAcknowledgementFileName(file.name)?.messageId;
    const byName = named && (await this.acknowledgements.byMessageId(this.data, dsp.slug, named));
    if (byName) return byName;
    // Of no use where it is no day, nor in the year 0, which PostgreSQL does not know.
    const date = read.date && read.date >= '0001' && parseDate(read.date) ? read.date : null;
    return read.releaseId ? this.acknowledgements.byPath(this.data, dsp.slug, read.releaseId, date) : undefined;
  }

  private idAtDsp(dsp: Dsp, { affected }: AcknowledgementRead): string | null {
    const ids = affected.flatMap(({ proprietaryIds }) => proprietaryIds);
    const dpid = this.registry.recipientDpid(dsp);
    return ids.find(({ namespace }) => namespace === dpid)?.value ?? null;
  }

  private async puzzle(dsp: Dsp, file: RemoteFile, state: 'unreadable' | 'unmatched', problem: string): Promise<false> {
    if (await this.files.puzzled(this.data, dsp.slug, file, state, problem)) {
      acknowledgementsTotal.inc({ dsp: dsp.slug, channel: 'folder', outcome: state });
      logger.warn({ dsp: dsp.slug, file: file.name, problem: oneLine(problem) }, `an acknowledgement is ${state}`);
    }
    return false;
  }
}

/** What a person can act on, in one line. */
function reasonOf({ status, errorText, proposedAction }: AcknowledgementRead): string {
  const action = proposedAction ? ` (proposed: ${proposedAction})` : '';
  return oneLine(`${status}${errorText ? `: ${errorText}` : ''}${action}`);
}
