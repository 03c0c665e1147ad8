import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { acknowledgementFileName, writeAcknowledgement, type Acknowledgement } from '@tonegrid/ddex';
import { writeAtomically } from '../disk/write-atomically';
import type { Delivery, Report } from '../deliveries/delivery';

const statuses = { accepted: 'FileOK', live: 'ReleaseMadeAvailableToConsumers', taken_down: 'ReleaseNotAvailable' } as const;

/** The acknowledgement message of a report. The same report gives the same bytes. */
export function acknowledgementOf(delivery: Delivery, report: Report, dsp: { dpid: string; name: string }): string {
  const { fault } = report;
  const acknowledgement: Acknowledgement = {
    sender: dsp,
    recipient: delivery.sender,
    createdAt: report.due_at,
    releaseId: delivery.release_id,
    date: delivery.date,
    status: report.status === 'rejected' ? (fault?.status ?? 'InternalError') : statuses[report.status],
    ...(fault && { errorText: fault.text }),
    ...(fault?.action && { proposedAction: fault.action }),
    ...(fault?.affected && { affected: fault.affected }),
    ...((report.status === 'live' || report.status === 'taken_down') &&
      delivery.dsp_id && { affected: [{ proprietaryIds: [{ namespace: dsp.dpid, value: delivery.dsp_id }] }] }),
  };
  return writeAcknowledgement(acknowledgement);
}

/** Puts the acknowledgement of a report in its folder, unless it is there already: writing it again after a crash changes nothing. */
export async function putAcknowledgement(
  folder: string,
  delivery: Delivery,
  report: Report,
  dsp: { dpid: string; name: string },
): Promise<void> {
  const path = join(folder, acknowledgementFileName(delivery.message_id, report.due_at));
  const there = await lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  if (!there) await writeAtomically(path, acknowledgementOf(delivery, report, dsp), `${path}.part`);
}
