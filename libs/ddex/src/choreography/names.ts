/** Priority of a delivery: high, normal, low (ERN choreography, folder names). */
export type Priority = 'P' | 'N' | 'L';

/** `YYYYMMDDhhmmssnnn` in UTC, milliseconds included. @throws RangeError for what is no time */
export const folderTime = (time: string | Date): string => new Date(time).toISOString().replace(/\D/g, '').slice(0, 17);

// Part of a path at somebody else's server: nothing but these may get there.
const safe = (id: string): string => {
  if (!/^[0-9A-Za-z][0-9A-Za-z._-]{0,119}$/.test(id)) throw new RangeError(`"${id}" cannot be part of a file name`);
  return id;
};

/** Folder of one release in release-by-release choreography: `{P|N|L}_{ReleaseId}_{YYYYMMDDhhmmssnnn}`. @throws RangeError */
export const releaseFolder = (priority: Priority, releaseId: string, time: string | Date): string =>
  `${priority}_${safe(releaseId)}_${folderTime(time)}`;

/** Folder of a batch: `{P|N|L}_{BatchId}`. @throws RangeError */
export const batchFolder = (priority: Priority, batchId: string): string => `${priority}_${safe(batchId)}`;

/** File whose arrival says that all others are there: `BatchComplete_{BatchId}.xml`. @throws RangeError */
export const manifestFileName = (batchId: string): string => `BatchComplete_${safe(batchId)}.xml`;

/** `ACK_{MessageId}_{timestamp}.xml`. @throws RangeError */
export const acknowledgementFileName = (messageId: string, time: string | Date): string => `ACK_${safe(messageId)}_${folderTime(time)}.xml`;

/** The parts of a release's folder; null when the name is no such folder's. */
export function parseReleaseFolder(name: string): { priority: Priority; releaseId: string; time: string } | null {
  const match = /^([PNL])_([0-9A-Za-z][0-9A-Za-z._-]{0,119})_(\d{17})$/.exec(name);
  return match ? { priority: match[1] as Priority, releaseId: match[2]!, time: match[3]! } : null;
}

/** The batch of a manifest's file name; null when it is none. */
export const parseManifestFileName = (name: string): string | null =>
  /^BatchComplete_([0-9A-Za-z][0-9A-Za-z._-]{0,119})\.xml$/i.exec(name)?.[1] ?? null;

/**
 * The message that an acknowledgement file is about, by its name; null when it is no acknowledgement. Timestamps of 14 to 17
 * digits are met. Poll by the set of names already read, never by "newer than the last": late files can sort before it.
 */
export function parseAcknowledgementFileName(name: string): { messageId: string; time: string } | null {
  const match = /^ACK_([0-9A-Za-z][0-9A-Za-z._-]{0,119})_(\d{14,17})\.xml$/i.exec(name);
  return match ? { messageId: match[1]!, time: match[2]! } : null;
}
