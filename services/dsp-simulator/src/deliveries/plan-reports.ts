import type { Delivery, Fault, Report, ReportStatus } from './delivery';

export interface Delays {
  acceptDelayMs: number;
  liveDelayMs: number;
}

const slowness = 20;

/**
 * The acknowledgements of a checked delivery, with their times. All of them are fixed here, before the first is sent: whatever
 * happens afterwards, the same ones go out under the same names.
 */
export function planReports(delivery: Delivery, fault: Fault | null, checkedAt: Date, delays: Delays): Report[] {
  const has = (word: string): boolean => delivery.words.some((item) => item.split(':')[0] === word);
  if (has('silent')) return [];
  const pace = has('slow') ? slowness : 1;
  const accepted = checkedAt.getTime() + delays.acceptDelayMs * pace;
  // A millisecond apart at least, since the time is part of a file's name.
  const later = accepted + Math.max(1, delays.liveDelayMs * pace);
  const report = (status: ReportStatus, at: number, why: Fault | null = null): Report => ({
    event_id: `${delivery.message_id}-${status}`,
    status,
    due_at: new Date(at).toISOString(),
    fault: why,
    attempts: 0,
    sent_at: null,
    gave_up: null,
  });
  if (fault) return [report('rejected', accepted, fault)];
  const reports = [report('accepted', accepted)];
  // A test is binding to no one: it is answered, and nothing comes of it (reference, MessageControlType TestMessage).
  if (delivery.is_test) return reports;
  if (delivery.kind === 'takedown') return [...reports, report('taken_down', later)];
  if (has('late-reject'))
    return [
      ...reports,
      report('rejected', later, {
        status: 'RightsConflict',
        text: 'The title asks for a late rejection: another party claims the recording',
        action: 'ResendXmlOnly',
      }),
    ];
  return has('never-live') ? reports : [...reports, report('live', later)];
}
