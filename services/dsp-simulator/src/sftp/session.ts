import { constants, type Dirent, type Stats } from 'node:fs';
import { lstat, mkdir, open, opendir, rename, rm, rmdir, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { logger } from '@tonegrid/rpc';
import { utils, type Attributes, type SFTPWrapper } from 'ssh2';
import type { Turns } from '../disk/take-turns';
import type { UserRoot } from './user-root';

const { STATUS_CODE, OPEN_MODE } = utils.sftp;

/** An answer other than OK. */
export class SftpRefused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** What a session needs to know of the world. */
export interface SessionSetup {
  user: string;
  root: UserRoot;
  maxFileBytes: number;
  /** Renames of one user take turns, so that two sessions cannot both find a name free. */
  turns: Turns;
  /** Asked before a file gets its final name (or was closed under it). Throws to refuse. */
  arriving(real: string, virtual: string): Promise<void>;
  /** Told after a file or folder has got its final name. */
  arrived(virtual: string): void;
  /** Ends the connection. */
  hangUp(reason: string): void;
  /** Told when the session is over and all its files are closed. */
  over(): void;
}

type Handle =
  | { kind: 'file'; file: FileHandle; real: string; virtual: string; appends: boolean; writes: boolean; reads: boolean }
  | { kind: 'folder'; entries: Dirent[]; real: string };

const maxHandles = 128;
// A client that sends on without waiting for answers is cut off here; common ones have 64 requests under way.
const maxWaiting = 1024;
const maxWaitingBytes = 64 * 1024 * 1024;
const maxUnsentBytes = 32 * 1024 * 1024;
const largestRead = 252 * 1024;

/** Serves the SFTP version 3 requests of one session (draft-ietf-secsh-filexfer-02), in the order in which they come. */
export class SftpSession {
  private readonly handles = new Map<number, Handle>();
  private nextHandle = 1;
  private tail: Promise<void> = Promise.resolve();
  private waiting = 0;
  private waitingBytes = 0;
  private unsentBytes = 0;
  private ended = false;

  constructor(
    private readonly sftp: SFTPWrapper,
    private readonly setup: SessionSetup,
  ) {
    this.listen();
  }

  /** Settles when all requests that came are answered. */
  async idle(): Promise<void> {
    await this.tail;
  }

  private listen(): void {
    const { sftp } = this;
    const on = (event: string, work: (...args: never[]) => Promise<void>, bytes: (...args: never[]) => number = () => 0): void => {
      sftp.on(
        event as 'OPEN',
        ((id: number, ...args: never[]) => this.queue(id, () => work(...([id, ...args] as never[])), bytes(...args))) as never,
      );
    };
    on('REALPATH', async (id: number, path: string) => {
      const virtual = this.setup.root.virtual(path);
      sftp.name(id, [{ filename: virtual, longname: virtual, attrs: {} as Attributes }]);
    });
    for (const event of ['STAT', 'LSTAT'])
      on(event, async (id: number, path: string) => {
        const { real } = await this.setup.root.real(path);
        sftp.attrs(id, attributes(await lstat(real)));
      });
    on('FSTAT', async (id: number, handle: Buffer) => sftp.attrs(id, attributes(await this.file(handle).file.stat())));
    // Times and modes are the server's own affair; cutting a file is not offered.
    for (const event of ['SETSTAT', 'FSETSTAT'])
      on(event, async (id: number, target: string | Buffer, attrs: { size?: number }) => {
        if (attrs.size !== undefined) throw new SftpRefused(STATUS_CODE.OP_UNSUPPORTED, 'A file is cut by opening it anew');
        if (typeof target === 'string') await lstat((await this.setup.root.real(target)).real);
        this.ok(id);
      });
    on('OPENDIR', (id: number, path: string) => this.openFolder(id, path));
    on('READDIR', (id: number, handle: Buffer) => this.readFolder(id, handle));
    on('OPEN', (id: number, path: string, flags: number) => this.openFile(id, path, flags));
    on('READ', (id: number, handle: Buffer, offset: number, length: number) => this.read(id, handle, offset, length));
    on(
      'WRITE',
      (id: number, handle: Buffer, offset: number, data: Buffer) => this.write(id, handle, offset, data),
      (_handle: Buffer, _offset: number, data: Buffer) => data.length,
    );
    on('CLOSE', (id: number, handle: Buffer) => this.close(id, handle));
    on('MKDIR', async (id: number, path: string) => {
      await mkdir((await this.setup.root.writable(path)).real, 0o755);
      this.ok(id);
    });
    on('RMDIR', async (id: number, path: string) => {
      const { real } = await this.setup.root.removable(path);
      await rmdir(real);
      this.ok(id);
    });
    on('REMOVE', async (id: number, path: string) => {
      const { real } = await this.setup.root.removable(path);
      if ((await lstat(real)).isDirectory()) throw new SftpRefused(STATUS_CODE.FAILURE, 'This is a folder');
      await rm(real);
      this.ok(id);
    });
    on('RENAME', (id: number, from: string, to: string) => this.rename(id, from, to, false));
    on('EXTENDED', (id: number, name: string, data: Buffer | undefined) => this.extended(id, name, data ?? Buffer.alloc(0)));
    // SYMLINK and READLINK have no listener: ssh2 answers OP_UNSUPPORTED.
    for (const event of ['end', 'close']) sftp.on(event, () => this.end());
    sftp.on('error', (error: Error) => {
      logger.info({ user: this.setup.user, reason: error.message }, 'an SFTP session broke off');
      this.end();
    });
  }

  private ok(id: number): void {
    this.sftp.status(id, STATUS_CODE.OK);
  }

  private queue(id: number, work: () => Promise<void>, bytes: number): void {
    if (this.ended) return;
    this.waiting++;
    this.waitingBytes += bytes;
    if (this.waiting > maxWaiting || this.waitingBytes > maxWaitingBytes) {
      this.end();
      this.setup.hangUp('too many requests under way');
      return;
    }
    this.tail = this.tail.then(async () => {
      try {
        if (!this.ended) await work();
      } catch (error) {
        this.refuse(id, error);
      } finally {
        this.waiting--;
        this.waitingBytes -= bytes;
      }
    });
  }

  private refuse(id: number, error: unknown): void {
    const { code, message } = error as NodeJS.ErrnoException;
    if (error instanceof SftpRefused) this.sftp.status(id, error.status, message);
    else if (code === 'ENOENT' || code === 'ENOTDIR') this.sftp.status(id, STATUS_CODE.NO_SUCH_FILE, 'No such file or folder');
    else if (code === 'EACCES' || code === 'EPERM') this.sftp.status(id, STATUS_CODE.PERMISSION_DENIED, message);
    // A link under the last name (O_NOFOLLOW).
    else if (code === 'ELOOP') this.sftp.status(id, STATUS_CODE.PERMISSION_DENIED, 'Symbolic links are not followed');
    else if (code === 'EEXIST' || code === 'ENOTEMPTY') this.sftp.status(id, STATUS_CODE.FAILURE, 'It exists, or is not empty');
    else {
      logger.warn({ err: error, user: this.setup.user }, 'an SFTP request failed');
      this.sftp.status(id, STATUS_CODE.FAILURE, code ?? 'Failure');
    }
  }

  private handle(buffer: Buffer): Handle {
    const found = buffer.length === 4 ? this.handles.get(buffer.readUInt32BE()) : undefined;
    if (!found) throw new SftpRefused(STATUS_CODE.FAILURE, 'No such handle');
    return found;
  }

  private file(buffer: Buffer): Extract<Handle, { kind: 'file' }> {
    const found = this.handle(buffer);
    if (found.kind !== 'file') throw new SftpRefused(STATUS_CODE.FAILURE, 'This handle is a folder');
    return found;
  }

  private give(id: number, handle: Handle): void {
    const number = this.nextHandle++ >>> 0;
    const buffer = Buffer.alloc(4);
    buffer.writeUInt32BE(number);
    this.handles.set(number, handle);
    this.sftp.handle(id, buffer);
  }

  private checkRoom(): void {
    if (this.handles.size >= maxHandles) throw new SftpRefused(STATUS_CODE.FAILURE, `At most ${maxHandles} files are open at once`);
  }

  private async openFile(id: number, path: string, flags: number): Promise<void> {
    this.checkRoom();
    const writes = (flags & (OPEN_MODE.WRITE | OPEN_MODE.APPEND)) !== 0;
    const reads = (flags & OPEN_MODE.READ) !== 0;
    const makes = (flags & (OPEN_MODE.CREAT | OPEN_MODE.TRUNC)) !== 0;
    if (makes && !writes) throw new SftpRefused(STATUS_CODE.FAILURE, 'What is made or cut must be opened for writing');
    const { real, virtual } = writes ? await this.setup.root.writable(path) : await this.setup.root.real(path);
    const mode =
      (writes ? (reads ? constants.O_RDWR : constants.O_WRONLY) : constants.O_RDONLY) |
      (flags & OPEN_MODE.CREAT ? constants.O_CREAT : 0) |
      (flags & OPEN_MODE.TRUNC ? constants.O_TRUNC : 0) |
      (flags & OPEN_MODE.EXCL ? constants.O_EXCL : 0) |
      (flags & OPEN_MODE.APPEND ? constants.O_APPEND : 0) |
      constants.O_NOFOLLOW;
    const file = await open(real, mode, 0o644);
    if (this.ended || !(await file.stat()).isFile()) {
      await file.close();
      throw new SftpRefused(STATUS_CODE.FAILURE, 'This is no file');
    }
    this.give(id, { kind: 'file', file, real, virtual, appends: (flags & OPEN_MODE.APPEND) !== 0, writes, reads });
  }

  private async openFolder(id: number, path: string): Promise<void> {
    this.checkRoom();
    const { real } = await this.setup.root.real(path);
    const entries: Dirent[] = [];
    for await (const entry of await opendir(real)) if (entry.isFile() || entry.isDirectory()) entries.push(entry);
    this.give(id, { kind: 'folder', entries, real });
  }

  private async readFolder(id: number, buffer: Buffer): Promise<void> {
    const found = this.handle(buffer);
    if (found.kind !== 'folder') throw new SftpRefused(STATUS_CODE.FAILURE, 'This handle is a file');
    const names: { filename: string; longname: string; attrs: Attributes }[] = [];
    for (const entry of found.entries.splice(0, 100)) {
      const stats = await lstat(`${found.real}/${entry.name}`).catch((error: NodeJS.ErrnoException) => {
        // Renamed or removed since the folder was opened.
        if (error.code === 'ENOENT') return null;
        throw error;
      });
      if (stats) names.push({ filename: entry.name, longname: longName(entry.name, stats), attrs: attributes(stats) });
    }
    if (names.length > 0) this.sftp.name(id, names);
    else if (found.entries.length > 0) await this.readFolder(id, buffer);
    else this.sftp.status(id, STATUS_CODE.EOF);
  }

  private async read(id: number, buffer: Buffer, offset: number, length: number): Promise<void> {
    const { file, reads } = this.file(buffer);
    if (!reads) throw new SftpRefused(STATUS_CODE.PERMISSION_DENIED, 'This file is not open for reading');
    if (!Number.isSafeInteger(offset)) throw new SftpRefused(STATUS_CODE.FAILURE, 'The offset is out of range');
    const space = Buffer.allocUnsafe(Math.min(length, largestRead));
    const { bytesRead } = await file.read(space, 0, space.length, offset);
    if (bytesRead === 0 && length > 0) return void this.sftp.status(id, STATUS_CODE.EOF);
    // False: the client takes nothing at the moment, and ssh2 keeps the answer in memory.
    const sent = this.sftp.data(id, space.subarray(0, bytesRead)) as unknown as boolean;
    this.unsentBytes = sent ? 0 : this.unsentBytes + bytesRead;
    if (this.unsentBytes > maxUnsentBytes) {
      this.end();
      this.setup.hangUp('answers are not read');
    }
  }

  private async write(id: number, buffer: Buffer, offset: number, data: Buffer): Promise<void> {
    const { file, writes, appends } = this.file(buffer);
    if (!writes) throw new SftpRefused(STATUS_CODE.PERMISSION_DENIED, 'This file is not open for writing');
    const at = appends ? (await file.stat()).size : offset;
    if (!Number.isSafeInteger(at) || at + data.length > this.setup.maxFileBytes)
      throw new SftpRefused(STATUS_CODE.FAILURE, `A file has at most ${this.setup.maxFileBytes} bytes`);
    for (let done = 0; done < data.length;) {
      const { bytesWritten } = await file.write(data, done, data.length - done, appends ? null : at + done);
      done += bytesWritten;
    }
    this.ok(id);
  }

  private async close(id: number, buffer: Buffer): Promise<void> {
    const found = this.handle(buffer);
    this.handles.delete(buffer.readUInt32BE());
    if (found.kind === 'folder') return this.ok(id);
    await found.file.close();
    if (found.writes) {
      await this.setup.arriving(found.real, found.virtual);
      this.setup.arrived(found.virtual);
    }
    this.ok(id);
  }

  private async rename(id: number, from: string, to: string, replaces: boolean): Promise<void> {
    const { root, turns, user } = this.setup;
    const source = await root.writable(from);
    const target = await root.writable(to);
    await turns.run(user, async () => {
      const taken = await lstat(target.real).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return false;
          throw error;
        },
      );
      // Version 3: "It is an error if there already exists a file with the name specified by newpath."
      if (taken && !replaces) throw new SftpRefused(STATUS_CODE.FAILURE, `${basename(target.virtual)} exists`);
      await this.setup.arriving(source.real, target.virtual);
      await rename(source.real, target.real);
    });
    this.setup.arrived(target.virtual);
    this.ok(id);
  }

  // Extensions of OpenSSH (its file PROTOCOL, 4.3 and 4.6) for clients that use them unasked: ssh2 cannot advertise any.
  private async extended(id: number, name: string, data: Buffer): Promise<void> {
    const strings = readStrings(data);
    if (name === 'posix-rename@openssh.com' && strings.length === 2)
      return this.rename(id, strings[0]!.toString(), strings[1]!.toString(), true);
    if (name === 'fsync@openssh.com' && strings.length === 1) {
      await this.file(strings[0]!).file.sync();
      return this.ok(id);
    }
    throw new SftpRefused(STATUS_CODE.OP_UNSUPPORTED, 'Not supported');
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    // After what is under way, which may still use them.
    this.tail = this.tail.then(async () => {
      for (const handle of this.handles.values())
        if (handle.kind === 'file')
          await handle.file.close().catch((error: unknown) => logger.warn({ err: error }, 'a file could not be closed'));
      this.handles.clear();
      this.setup.over();
    });
  }
}

function readStrings(data: Buffer): Buffer[] {
  const strings: Buffer[] = [];
  for (let at = 0; at < data.length;) {
    if (at + 4 > data.length) return [];
    const end = at + 4 + data.readUInt32BE(at);
    if (end > data.length) return [];
    strings.push(data.subarray(at + 4, end));
    at = end;
  }
  return strings;
}

const seconds = (time: number): number => Math.floor(time / 1000);

const attributes = (stats: Stats): Attributes => ({
  mode: stats.mode,
  uid: 0,
  gid: 0,
  size: stats.size,
  atime: seconds(stats.atimeMs),
  mtime: seconds(stats.mtimeMs),
});

const longName = (name: string, stats: Stats): string =>
  `${stats.isDirectory() ? 'drwxr-xr-x' : '-rw-r--r--'} 1 dsp dsp ${stats.size} ${stats.mtime.toISOString().slice(0, 16).replace('T', ' ')} ${name}`;
