import type { FileStatus, ProposedAction, SupplyChainStatus } from '@tonegrid/ddex';

/** What is wrong with a delivery, in the words of the choreography. */
export interface Fault {
  status: FileStatus | SupplyChainStatus;
  /** What a person can act on. */
  text: string;
  action?: ProposedAction;
  affected?: AffectedResource[];
}

export interface AffectedResource {
  isrc?: string;
  proprietaryIds?: { namespace: string; value: string }[];
}

/** The words of a report to the sender. */
export type ReportStatus = 'accepted' | 'rejected' | 'live' | 'taken_down';

/** One acknowledgement, planned when the delivery was checked and then sent at its time. */
export interface Report {
  /** Unique for each report and the same at every attempt. */
  event_id: string;
  status: ReportStatus;
  /** RFC 3339; also the time in the acknowledgement's file name, so that writing it again writes the same file. */
  due_at: string;
  fault: Fault | null;
  attempts: number;
  sent_at: string | null;
  /** Why it is not tried any more. */
  gave_up: string | null;
}

export interface DeliveredFile {
  /** Relative to the message. */
  path: string;
  bytes: number;
  /** Hexadecimal. */
  md5: string;
}

/** Where a message came in and how it is named there: what can be said before it is read. */
export interface Arrival {
  /** The DSP's slug. */
  dsp: string;
  message_id: string;
  via: 'sftp' | 'rest';
  /** Folder of the message, relative to the data directory; its files are below. */
  folder: string;
  /** The message's name in that folder; null when it is not there. */
  message: string | null;
  /** MD5 of the message as the manifest says it. */
  message_md5: string | null;
  /** The manifest, and when it came: another value is another delivery. */
  key: string;
  /** How many messages that manifest lists. */
  of: number;
  /** The release in the path, which acknowledgements repeat. */
  release_id: string;
  /** YYYY-MM-DD in the path. */
  date: string;
  sender: { dpid: string; name: string };
  /** What is wrong: until it is checked, what the manifest alone shows. */
  fault: Fault | null;
}

/** One message that was received: the whole of what is kept about it. */
export interface Delivery extends Omit<Arrival, 'key' | 'of'> {
  received_at: string;
  /** All arrivals; the first is the one that counts. */
  arrivals: { key: string; of: number }[];
  /** How often it came again. */
  duplicates: number;
  /** Null until it is checked. */
  checked_at: string | null;
  thread_id: string | null;
  message_type: string | null;
  ern_version: string | null;
  kind: 'new' | 'update' | 'takedown' | null;
  is_test: boolean;
  title: string | null;
  icpn: string | null;
  isrcs: string[];
  /** What the same release is known by from message to message. */
  release_key: string | null;
  /** The DSP's own bare id. */
  dsp_id: string | null;
  dsp_release_id: string | null;
  live_url: string | null;
  /** Whether the schema was at hand, and why not. */
  schema: 'checked' | 'not installed' | null;
  files: DeliveredFile[];
  /** Files travelled along; an update of metadata alone brings none. */
  has_files: boolean;
  /** Magic words of the title. */
  words: string[];
  reports: Report[];
}

export type DeliveryState = 'received' | 'checked' | ReportStatus;

/** Where a delivery stands: the last report that went out, else whether it was checked. */
export function stateOf(delivery: Delivery): DeliveryState {
  const sent = delivery.reports.filter((report) => report.sent_at !== null);
  return sent.at(-1)?.status ?? (delivery.checked_at ? 'checked' : 'received');
}

/** Whether the check found nothing wrong, and nothing is held against it later. */
export const wasAccepted = (delivery: Delivery): boolean =>
  delivery.checked_at !== null && delivery.fault === null && delivery.reports.every((report) => report.status !== 'rejected');

/** Under which name a REST delivery's manifest lies beside its message. Begins with a dot, which no delivered file may. */
export const restManifestName = '.manifest.json';
