import { createHash } from 'node:crypto';

const hex = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The thread that every message about one release at one DSP belongs to: `TG-THREAD-` and 24 hexadecimal digits, always the same. */
export const threadIdFor = (releaseId: string, dspSlug: string): string => `TG-THREAD-${hex(`${releaseId}:${dspSlug}`).slice(0, 24)}`;

/** The id of a message, `TG-` and 32 hexadecimal digits, from the id of whatever it is sent for (a delivery attempt). Never use a seed twice. */
export const messageIdFrom = (seed: string): string => `TG-${hex(seed).slice(0, 32)}`;

/** The same for a PurgeReleaseMessage: `TG-PURGE-` and 28 hexadecimal digits. */
export const purgeMessageIdFrom = (seed: string): string => `TG-PURGE-${hex(seed).slice(0, 28)}`;

/** `20260518115400` in UTC. */
export function fileTime(createdAt: string): string {
  return new Date(createdAt).toISOString().replace(/\D/g, '').slice(0, 14);
}

/** A short, file-safe name of a release: the last 12 characters of its id, where time-ordered uuids differ (their beginnings are alike). */
export const shortId = (id: string): string => id.replace(/[^0-9A-Za-z]/g, '').slice(-12) || '0';

export const messageFileName = (slug: string, releaseId: string, createdAt: string): string =>
  `TG_${slug}_rel-${shortId(releaseId)}_${fileTime(createdAt)}.xml`;

export const purgeFileName = (slug: string, releaseId: string, createdAt: string): string =>
  `TG_purge_${slug}_${shortId(releaseId)}_${fileTime(createdAt)}.xml`;

/** RFC 3339 in UTC to the second, as message headers carry it. @throws RangeError for what is no time. */
export const utcSeconds = (time: string): string => `${new Date(time).toISOString().slice(0, 19)}Z`;
