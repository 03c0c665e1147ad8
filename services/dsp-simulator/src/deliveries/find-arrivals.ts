import { lstat, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, posix, relative } from 'node:path';
import { inspectMessage, parseManifestFileName, parseReleaseFolder, readManifest, sniff, type Validator } from '@tonegrid/ddex';
import type { Dsp, DspRegistry } from '@tonegrid/dsp-registry';
import { logger } from '@tonegrid/rpc';
import type { SftpUser } from '../users';
import type { Arrival, Fault } from './delivery';
import { messageFacts } from './message-facts';

const largestManifest = 4 * 1024 * 1024;
const largestMessage = 20 * 1024 * 1024;

const statusOfManifest = (text: string): Fault => ({ status: 'ErnMissing', text, action: 'ResendXmlAndResources' });

/** A file of ours, if there is one (no folder, no link) and it is not larger than that. */
export async function readPlainFile(path: string, largest: number): Promise<Buffer | null> {
  try {
    const stats = await lstat(path);
    return stats.isFile() && stats.size <= largest ? await readFile(path) : null;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

/** The manifests in an upload folder's child, by path on disk. Half-written ones (`.part`) are none. */
export async function manifestsIn(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder, { withFileTypes: true });
    return names.filter((entry) => entry.isFile() && parseManifestFileName(entry.name) !== null).map((entry) => join(folder, entry.name));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

/** What names this very manifest: its path, and when it came to be there. Null when it is gone. */
export async function arrivalKey(dataDir: string, manifest: string): Promise<string | null> {
  try {
    return `${relative(dataDir, manifest)}@${Math.floor((await lstat(manifest)).mtimeMs)}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

export interface FoundBy {
  dataDir: string;
  registry: DspRegistry;
  validator: Validator;
}

/**
 * Reads a manifest: one arrival for each message that it lists, with what the manifest and the names already show to be wrong.
 * Never throws for what a sender wrote. A manifest from which no message id can be had gives none: nobody could be told.
 */
export async function arrivalsOf(manifestPath: string, key: string, user: SftpUser, by: FoundBy): Promise<Arrival[]> {
  const folder = dirname(manifestPath);
  const bytes = await readPlainFile(manifestPath, largestManifest);
  if (!bytes) return [];
  const manifest = readManifest(bytes);
  const problem = manifest.ok ? await problemOf(manifestPath, bytes, manifest.messages.length, by.validator) : manifest.reason;
  const header = sniff(bytes);
  const listed = manifest.ok ? manifest.messages.filter((message) => usable(message.messageId)) : [];
  const messages = listed.length > 0 ? listed : await guessMessage(folder);
  if (messages.length === 0) {
    logger.warn({ manifest: relative(by.dataDir, manifestPath), problem }, 'a manifest names no message id: nobody can be told');
    return [];
  }
  return Promise.all(
    messages.map(async (message): Promise<Arrival> => {
      const path = locate(message.url, manifest.ok ? manifest.rootDirectory : '', folder, user);
      const there = path === null ? null : await readPlainFile(path, largestMessage);
      const own = there ? sniff(there) : null;
      const senderOf = own?.ok && own.senderDpid ? there! : bytes;
      const sender = own?.ok && own.senderDpid ? own.senderDpid : header.ok ? header.senderDpid : null;
      const messageFolder = path && there ? dirname(path) : folder;
      return {
        dsp: dspFor(user.dsps, [own?.ok ? own.recipientDpid : null, header.ok ? header.recipientDpid : null], by.registry).slug,
        message_id: message.messageId,
        via: 'sftp',
        folder: relative(by.dataDir, messageFolder),
        message: path && there ? basename(path) : null,
        message_md5: message.md5 ?? null,
        key,
        of: messages.length,
        ...namesOf(folder, messageFolder),
        sender: { dpid: sender ?? '', name: nameIn(senderOf) ?? sender ?? 'Unknown' },
        fault: problem
          ? { status: 'NewReleaseMessageInvalid', text: `The manifest is wrong: ${problem}`, action: 'ResendXmlOnly' }
          : there
            ? null
            : statusOfManifest(`The manifest names ${message.url || 'no file'}, which is not below its folder`),
      };
    }),
  );
}

const usable = (messageId: string): boolean => /^[0-9A-Za-z][0-9A-Za-z._-]{0,119}$/.test(messageId);

async function problemOf(path: string, bytes: Buffer, messages: number, validator: Validator): Promise<string | null> {
  if (messages === 0) return 'it lists no message';
  const batch = parseManifestFileName(basename(path));
  const named = basename(dirname(path)).replace(/^[PNL]_/, '');
  if (!/^[PNL]_/.test(basename(dirname(path)))) return `its folder ${basename(dirname(path))} begins with no priority (P_, N_ or L_)`;
  if (batch !== named) return `it is named for ${batch ?? 'nothing'} and its folder for ${named}`;
  const report = await validator.validate(bytes);
  if (report.valid) return null;
  return report.errors
    .filter((finding) => finding.severity === 'error')
    .slice(0, 3)
    .map((finding) => `line ${finding.line}: ${finding.message}`)
    .join('; ');
}

/** When the manifest cannot be read: the one message that lies in its folder, so that its sender hears of it. */
async function guessMessage(folder: string): Promise<{ messageId: string; url: string; md5?: string }[]> {
  const found: { messageId: string; url: string }[] = [];
  for (const name of await readdir(folder)) {
    if (!/\.xml$/i.test(name) || parseManifestFileName(name) !== null) continue;
    const bytes = await readPlainFile(join(folder, name), largestMessage);
    const message = bytes && inspectMessage(bytes);
    if (message?.ok && message.messageId && usable(message.messageId)) found.push({ messageId: message.messageId, url: name });
  }
  return found.length === 1 ? found : [];
}

/** The message of a manifest's `URL`, which must lie below the manifest's own folder; null when it points elsewhere. */
function locate(url: string, rootDirectory: string, folder: string, user: SftpUser): string | null {
  if (!url || url.includes('\0')) return null;
  const base = `/${relative(user.root, folder)}`;
  const candidates = [
    posix.resolve('/', url),
    posix.resolve('/', rootDirectory || '/', url),
    posix.resolve('/', rootDirectory || '/', url.replace(/^\/+/, '')),
    posix.resolve(base, url),
    posix.resolve(posix.dirname(base), url),
  ];
  const virtual = candidates.find((path) => path.startsWith(`${base}/`));
  return virtual ? join(user.root, virtual) : null;
}

/** The DSP that a message is for: by its recipient, else by the manifest's; one of the user's in any case. */
function dspFor(dsps: Dsp[], recipients: (string | null)[], registry: DspRegistry): Dsp {
  for (const recipient of recipients) {
    const found = recipient && dsps.find((dsp) => registry.recipientDpid(dsp) === recipient);
    if (found) return found;
  }
  return dsps[0]!;
}

/** ReleaseId and date as the path has them: of the release's own folder, or of the batch and the release's folder in it. */
function namesOf(folder: string, messageFolder: string): { release_id: string; date: string } {
  const own = parseReleaseFolder(basename(folder));
  const time = own && messageFolder === folder ? own.time : (/_(\d{17})/.exec(basename(folder))?.[1] ?? own?.time);
  return {
    release_id: messageFolder === folder ? (own?.releaseId ?? basename(folder)) : basename(messageFolder),
    date: time ? `${time.slice(0, 4)}-${time.slice(4, 6)}-${time.slice(6, 8)}` : new Date().toISOString().slice(0, 10),
  };
}

function nameIn(xml: Uint8Array): string | null {
  return sniff(xml).ok ? messageFacts(xml).senderName : null;
}
