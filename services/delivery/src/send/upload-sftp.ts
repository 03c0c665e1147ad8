import type { Storage } from '@tonegrid/storage';
import { DspAway } from './failures';
import type { Plan } from './plan-upload';
import { readChecked } from './read-checked';
import type { SftpSession } from './sftp-session';

/**
 * Brings a delivery to an SFTP server: resources, then the message, then the manifest. Each file is written under a temporary
 * name and gets its own when its size is right, so that what has its name is whole, and an attempt after a crash goes on where
 * the last one stopped. When the manifest is there, nothing is left to do. Answers how many bytes were written.
 */
export async function uploadSftp(session: SftpSession, plan: Plan, storage: Storage): Promise<number> {
  if ((await session.size(plan.manifest.path)) === plan.manifest.content.length) return 0;
  for (const folder of plan.folders) await session.makeFolder(folder);
  let written = 0;
  for (const { path, resource } of plan.resources) {
    written += await put(session, path, resource.size, () => readChecked(storage, resource));
  }
  for (const { path, content } of [plan.message, plan.manifest]) written += await put(session, path, content.length, () => [content]);
  return written;
}

async function put(
  session: SftpSession,
  path: string,
  size: number,
  bytes: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<number> {
  const there = await session.size(path);
  if (there === size) return 0;
  const part = `${path}.part`;
  await session.write(part, bytes());
  const arrived = await session.size(part);
  if (arrived !== size) throw new DspAway(`${path} has ${arrived ?? 0} bytes at the DSP; ${size} were sent.`);
  // Not whole under its own name: not from us, since ours are renamed only when they are. It would keep ours from its place.
  if (there !== null) await session.remove(path);
  await session.rename(part, path);
  return size;
}
