import { lstat } from 'node:fs/promises';
import { join, posix } from 'node:path';

/** A path that the user may not use. Becomes PERMISSION_DENIED. */
export class PathRefused extends Error {
  readonly code = 'EACCES';
}

const deepest = 16;
const longest = 1024;

/**
 * The tree of one user: its `/` is a folder of ours, and no path leads out of it. What climbs above `/` is refused, not clamped,
 * so that a mistake is seen; a symbolic link, which nobody can make over SFTP, is refused wherever it lies.
 */
export class UserRoot {
  /** Virtual paths of the folders that are always there. */
  private readonly fixed: Set<string>;

  constructor(
    private readonly root: string,
    private readonly uploadFolder: string,
    acknowledgementFolders: string[],
  ) {
    this.fixed = new Set(['/']);
    for (const folder of [uploadFolder, ...acknowledgementFolders])
      for (let at = posix.normalize(folder); at !== '/'; at = posix.dirname(at)) this.fixed.add(at);
  }

  /** A path as the user wrote it, made absolute: `/upload/x`. @throws PathRefused */
  virtual(path: string): string {
    if (path.includes('\0')) throw new PathRefused('The path has a NUL character');
    if (Buffer.byteLength(path) > longest) throw new PathRefused(`Paths have at most ${longest} bytes`);
    let depth = 0;
    for (const part of path.split('/')) {
      if (part === '..') depth--;
      else if (part !== '' && part !== '.') depth++;
      if (depth < 0) throw new PathRefused('The path leads out of your folder');
      if (Buffer.byteLength(part) > 255) throw new PathRefused('A name has at most 255 bytes');
      if (depth > deepest) throw new PathRefused(`Folders go at most ${deepest} deep`);
    }
    const absolute = posix.resolve('/', path);
    return absolute;
  }

  /** The path on disk; no part of it is a symbolic link, and the last need not exist. @throws PathRefused, ENOENT */
  async real(path: string): Promise<{ virtual: string; real: string }> {
    const virtual = this.virtual(path);
    const parts = virtual.split('/').filter(Boolean);
    let at = this.root;
    for (const [index, part] of parts.entries()) {
      at = join(at, part);
      try {
        if ((await lstat(at)).isSymbolicLink()) throw new PathRefused('Symbolic links are not followed');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT' && index === parts.length - 1) break;
        throw error;
      }
    }
    return { virtual, real: join(this.root, ...parts) };
  }

  /** The same for what is to be made, changed or renamed: below the upload folder only. @throws PathRefused */
  async writable(path: string): Promise<{ virtual: string; real: string }> {
    const found = await this.real(path);
    if (!this.inUpload(found.virtual)) throw new PathRefused(`Write below ${this.uploadFolder}`);
    return found;
  }

  /** The same for a file to be removed: uploads, and acknowledgements that were read. @throws PathRefused */
  async removable(path: string): Promise<{ virtual: string; real: string }> {
    const found = await this.real(path);
    if (this.fixed.has(found.virtual)) throw new PathRefused('This folder stays');
    return found;
  }

  private inUpload(virtual: string): boolean {
    return virtual.startsWith(`${this.uploadFolder}/`);
  }
}
