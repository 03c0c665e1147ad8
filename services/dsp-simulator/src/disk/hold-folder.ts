import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Makes a folder this process's own: two that write the same journal would undo each other's work. A holder that is gone is
 * followed. Gives what lets go. @throws when another process that is alive holds it
 */
export async function holdFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'process.pid');
  const holder = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const pid = Number(holder);
  if (pid > 0 && pid !== process.pid && (await isSimulator(pid)))
    throw new Error(`${folder} is in use by process ${pid}: stop it, or set SIMULATOR_DATA_DIR to another folder`);
  await writeFile(path, String(process.pid));
  return () => rm(path, { force: true });
}

/** Whether a process of that id runs and is a simulator: ids are given anew, in a container nearly always the same. */
async function isSimulator(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes('dsp-simulator');
  } catch (error) {
    // No /proc on this system, or the process has just ended.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && process.platform !== 'linux';
  }
}
