import { createHash, timingSafeEqual } from 'node:crypto';
import { posix } from 'node:path';
import type { SftpCredentials, SftpEndpoint } from '@tonegrid/dsp-registry';
import { Client, type SFTPWrapper } from 'ssh2';
import { DspAway } from './failures';

/** A file in a folder of the server. */
export interface RemoteFile {
  name: string;
  size: number;
  modifiedAt: Date;
}

const noSuchFile = 2;
const connectMs = 15_000;
/** Longest wait for the answer to one request. */
const answerMs = 60_000;
const pieceBytes = 32 * 1024;
/** Writes under way at once: a megabyte on its way hides the line's latency. */
const window = 32;

/** One connection to an SFTP server. Everything that goes wrong with it is DspAway. */
export class SftpSession {
  private closed = false;

  private constructor(
    private readonly client: Client,
    private readonly sftp: SFTPWrapper,
  ) {
    // Heard here, because ssh2 neither refuses nor answers a request over what was closed between two of them.
    const closed = () => void (this.closed = true);
    client.once('close', closed);
    sftp.once('close', closed).once('end', closed);
    // An answer that is none.
    sftp.on('error', () => {
      closed();
      client.destroy();
    });
  }

  /**
   * Connects, and goes no further when the server shows another host key than the registry's (`SHA256:…`).
   * @param signal ends the connection, and with it whatever is under way
   * @param withinMs the longest wait for a session that takes requests
   */
  static open(
    endpoint: SftpEndpoint,
    credentials: SftpCredentials,
    signal?: AbortSignal,
    withinMs: number = connectMs,
  ): Promise<SftpSession> {
    const { host_key: hostKey } = credentials;
    if (!hostKey) return Promise.reject(new DspAway('No host key is configured for the SFTP server.'));
    return new Promise((resolve, reject) => {
      const client = new Client();
      // Each request under way listens for the end of the connection.
      client.setMaxListeners(0);
      let wrongKey = false;
      const fail = (error: Error) => {
        clearTimeout(late);
        client.destroy();
        reject(new DspAway(wrongKey ? 'The SFTP server shows another host key than the one configured.' : `SFTP: ${error.message}`));
      };
      // ssh2's own limit ends with the login.
      const late = setTimeout(() => fail(new Error(`no session in ${withinMs / 1000} s`)), withinMs);
      const abort = () => client.destroy();
      signal?.addEventListener('abort', abort, { once: true });
      client
        .on('error', fail)
        .on('close', () => {
          signal?.removeEventListener('abort', abort);
          fail(new Error('the connection was closed'));
        })
        .on('ready', () => {
          client.sftp((error, sftp) => {
            if (error) return fail(error);
            clearTimeout(late);
            return resolve(new SftpSession(client, sftp));
          });
        })
        .connect({
          host: endpoint.host,
          port: endpoint.port,
          username: credentials.username,
          password: credentials.password,
          privateKey: credentials.private_key,
          readyTimeout: withinMs,
          keepaliveInterval: 10_000,
          keepaliveCountMax: 3,
          hostVerifier: (key: Buffer) => {
            wrongKey = !sameKey(key, hostKey);
            return !wrongKey;
          },
        });
      if (signal?.aborted) abort();
    });
  }

  /** False when its connection was closed, from either end: it takes no more requests. */
  get isOpen(): boolean {
    return !this.closed;
  }

  close(): void {
    this.client.end();
  }

  /** Size in bytes; null when there is no such file. */
  async size(path: string): Promise<number | null> {
    const stats = await this.ask<{ size: number } | null>(`stat ${path}`, (done) =>
      this.sftp.stat(path, (error, found) => (error && codeOf(error) === noSuchFile ? done(undefined, null) : done(error, found))),
    );
    return stats?.size ?? null;
  }

  /** Makes a folder where there is none. */
  async makeFolder(path: string): Promise<void> {
    if ((await this.size(path)) !== null) return;
    try {
      await this.ask<void>(`mkdir ${path}`, (done) => this.sftp.mkdir(path, (error) => done(error ?? undefined)));
    } catch (error) {
      // Made by somebody else between the two.
      if ((await this.size(path)) === null) throw error;
    }
  }

  list(folder: string): Promise<RemoteFile[]> {
    return this.ask<RemoteFile[]>(`list ${folder}`, (done) =>
      this.sftp.readdir(folder, (error, files) =>
        done(
          error,
          files?.map(({ filename, attrs }) => ({ name: filename, size: attrs.size, modifiedAt: new Date(attrs.mtime * 1000) })),
        ),
      ),
    );
  }

  read(folder: string, name: string): Promise<Buffer> {
    const path = posix.join(folder, name);
    return this.ask<Buffer>(`read ${path}`, (done) => this.sftp.readFile(path, (error, content) => done(error, content)));
  }

  /** Writes a file from its beginning; answers how many bytes. Holds at most a megabyte. */
  async write(path: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number> {
    const handle = await this.ask<Buffer>(`open ${path}`, (done) => this.sftp.open(path, 'w', done));
    const underWay = new Set<Promise<void>>();
    let failure: Error | undefined;
    let position = 0;
    for await (const chunk of chunks) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        const piece = bytes.subarray(at, at + pieceBytes);
        const start = position;
        position += piece.length;
        while (underWay.size >= window) await Promise.race(underWay);
        if (failure) throw failure;
        const written: Promise<void> = this.ask<void>(`write ${path}`, (done) =>
          this.sftp.write(handle, piece, 0, piece.length, start, (error) => done(error ?? undefined)),
        )
          .catch((error: Error) => void (failure ??= error))
          .finally(() => underWay.delete(written));
        underWay.add(written);
      }
    }
    await Promise.all(underWay);
    if (failure) throw failure;
    await this.ask<void>(`close ${path}`, (done) => this.sftp.close(handle, (error) => done(error ?? undefined)));
    return position;
  }

  rename(from: string, to: string): Promise<void> {
    return this.ask<void>(`rename ${from}`, (done) => this.sftp.rename(from, to, (error) => done(error ?? undefined)));
  }

  remove(path: string): Promise<void> {
    return this.ask<void>(`remove ${path}`, (done) => this.sftp.unlink(path, (error) => done(error ?? undefined)));
  }

  private ask<T>(what: string, request: (done: (error?: Error, value?: T) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const fail = (reason: string) => reject(new DspAway(`SFTP, ${what}: ${reason}`));
      if (this.closed) return fail('the connection was closed');
      // A server that answers keepalives but no request any more.
      const late = setTimeout(() => {
        fail('no answer');
        this.closed = true;
        this.client.destroy();
      }, answerMs);
      const closed = () => {
        clearTimeout(late);
        fail('the connection was closed');
      };
      this.client.once('close', closed);
      const done = (error?: Error, value?: T) => {
        clearTimeout(late);
        this.client.removeListener('close', closed);
        if (error) fail(error.message);
        else resolve(value as T);
      };
      try {
        request(done);
      } catch (error) {
        done(error as Error);
      }
    });
  }
}

const codeOf = (error: Error): number | undefined => (error as { code?: number }).code;

function sameKey(key: Buffer, fingerprint: string): boolean {
  const shown = Buffer.from(createHash('sha256').update(key).digest('base64').replace(/=+$/, ''));
  const wanted = Buffer.from(fingerprint.replace(/^SHA256:/, '').replace(/=+$/, ''));
  return shown.length === wanted.length && timingSafeEqual(shown, wanted);
}
