import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join, posix, relative } from 'node:path';
import { kilobytes, parseManifestFileName, type ListedFile } from '@tonegrid/ddex';
import type { DeliveredFile, Fault } from './delivery';
import type { FileFacts } from './message-facts';

/** Files that a message brings, as they were found; the first thing wrong with them. */
export interface FilesChecked {
  files: DeliveredFile[];
  fault: Fault | null;
}

/** MD5 of a file, read in pieces. */
export async function md5Of(path: string): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

const inside = (uri: string): string | null => {
  const path = posix.normalize(uri);
  return path.startsWith('/') || path === '..' || path.startsWith('../') || path.includes('\0') || /^[a-z][a-z0-9+.-]*:/i.test(uri)
    ? null
    : path;
};

/**
 * Compares what a message lists with what lies beside it: each file there, of its size, with its MD5, and none besides.
 * @param folder of the message, on disk
 * @param own names in that folder which are no resources: the message itself, and over REST the manifest
 */
export async function checkFiles(
  folder: string,
  own: string[],
  listed: ListedFile[],
  facts: Map<string, FileFacts>,
  namespace: string,
): Promise<FilesChecked> {
  const files: DeliveredFile[] = [];
  const brought = listed.filter((file) => file.isProvided);
  const affects = (file: ListedFile): Fault['affected'] => {
    const isrc = facts.get(file.uri)?.isrc;
    return [isrc ? { isrc } : { proprietaryIds: [{ namespace, value: file.reference || file.uri }] }];
  };
  const faulty = (file: ListedFile, status: Fault['status'], text: string): FilesChecked => ({
    files,
    fault: { status, text, action: 'ResendXmlAndResources', affected: affects(file) },
  });

  const missing = [];
  for (const file of brought) {
    const path = inside(file.uri);
    if (path === null) return faulty(file, 'NewReleaseMessageInvalid', `The file ${file.uri} is no path relative to the message`);
    const stats = await lstat(join(folder, path)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
      throw error;
    });
    if (!stats?.isFile()) missing.push(file);
  }
  if (missing.length > 0)
    return {
      files,
      fault: {
        status: 'ResourceMissing',
        text: `Not delivered: ${missing.map((file) => file.uri).join(', ')}`.slice(0, 2000),
        action: 'ResendXmlAndResources',
        affected: missing.flatMap((file) => affects(file) ?? []).slice(0, 100),
      },
    };

  for (const file of brought) {
    const path = inside(file.uri)!;
    const bytes = (await lstat(join(folder, path))).size;
    if (bytes === 0) return faulty(file, 'ResourceCorrupt', `${file.uri} is empty`);
    if (!file.md5)
      return faulty(
        file,
        'SignatureOrHashSumWrongOrMissing',
        `The message gives no MD5 of ${file.uri}${file.hash ? ` (${file.hash.algorithm} is not taken)` : ''}`,
      );
    const md5 = await md5Of(join(folder, path));
    files.push({ path, bytes, md5 });
    if (md5 !== file.md5)
      return faulty(file, 'SignatureOrHashSumWrongOrMissing', `${file.uri} has the MD5 ${md5}, the message says ${file.md5}`);
    const stated = facts.get(file.uri)?.kilobytes ?? null;
    // Kilobytes of 1,000 or of 1,024 bytes, rounded either way: senders differ.
    if (stated !== null && (stated < Math.floor(bytes / 1024) || stated > Math.ceil(bytes / 1000)))
      return faulty(file, 'ResourceCorrupt', `${file.uri} has ${kilobytes(bytes)} kilobytes, the message says ${stated}`);
  }

  const expected = new Set([...own, ...listed.map((file) => inside(file.uri)).filter((path) => path !== null)]);
  const extra = (await filesBelow(folder)).filter((path) => !expected.has(path));
  if (extra.length > 0)
    return {
      files,
      fault: {
        status: 'NewReleaseMessageInvalid',
        text: `Delivered but not named in the message: ${extra.slice(0, 20).join(', ')}`,
        action: 'ResendXmlAndResources',
      },
    };
  return { files, fault: null };
}

/** All files below a folder but manifests and what is still being written, relative to it. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && !entry.name.endsWith('.part'))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => path.includes('/') || parseManifestFileName(path) === null);
}
