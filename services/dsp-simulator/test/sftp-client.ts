import { sandboxHostKey } from '@tonegrid/dsp-registry';
import { readAcknowledgement, type AcknowledgementRead } from '@tonegrid/ddex';
import { Client, type SFTPWrapper } from 'ssh2';
import { createHash } from 'node:crypto';
import type { Bundle } from './bundle';
import { internalToken, type RunningSimulator } from './sandbox';

/** A real SFTP client that pins the sandbox's host key. */
export interface Connected {
  client: Client;
  sftp: SFTPWrapper;
  mkdir(path: string): Promise<void>;
  write(path: string, bytes: Buffer | string): Promise<void>;
  read(path: string): Promise<Buffer>;
  list(path: string): Promise<string[]>;
  rename(from: string, to: string): Promise<void>;
  /** Any operation by its name, with the SFTP status as the error's code. */
  call<T = void>(operation: string, ...args: unknown[]): Promise<T>;
  end(): void;
}

export const fingerprintOf = (key: Buffer): string => `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;

export function connect(simulator: RunningSimulator, username: string, password?: string): Promise<Connected> {
  const dsp = simulator.registry.all.find((each) => each.endpoint?.kind === 'sftp' && each.endpoint.username === username);
  const client = new Client();
  return new Promise((resolve, reject) => {
    client.once('error', reject);
    client.once('close', () => reject(new Error('closed')));
    client.once('ready', () =>
      client.sftp((error, sftp) => {
        if (error) return reject(error);
        client.on('error', () => client.end());
        resolve(wrap(client, sftp));
      }),
    );
    client.connect({
      host: '127.0.0.1',
      port: simulator.sftpPort,
      username,
      password: password ?? (dsp ? simulator.registry.sftpCredentials(dsp).password : 'none'),
      hostVerifier: (key: Buffer) => fingerprintOf(key) === sandboxHostKey(internalToken).fingerprint,
      readyTimeout: 10_000,
    });
  });
}

function wrap(client: Client, sftp: SFTPWrapper): Connected {
  const call = <T>(operation: string, ...args: unknown[]): Promise<T> =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${operation} had no answer`)), 10_000);
      const method = (sftp as unknown as Record<string, (...all: unknown[]) => void>)[operation]!;
      method.call(sftp, ...args, (error: Error | undefined, result: T) => {
        clearTimeout(late);
        if (error) reject(error);
        else resolve(result);
      });
    });
  return {
    client,
    sftp,
    call,
    mkdir: (path) => call('mkdir', path),
    write: (path, bytes) => call('writeFile', path, bytes),
    read: (path) => call<Buffer>('readFile', path),
    list: async (path) => (await call<{ filename: string }[]>('readdir', path)).map(({ filename }) => filename),
    rename: (from, to) => call('rename', from, to),
    end: () => client.end(),
  };
}

/** Uploads a bundle as delivery does: `.part`, rename, resources first, manifest last. */
export async function upload(to: Connected, bundle: Bundle, { withManifest = true } = {}): Promise<void> {
  const put = async (path: string, bytes: Buffer | string): Promise<void> => {
    await to.write(`${path}.part`, bytes);
    await to.rename(`${path}.part`, path);
  };
  await to.mkdir(`/upload/${bundle.folder}`);
  if (bundle.messageFolder !== bundle.folder) await to.mkdir(`/upload/${bundle.messageFolder}`);
  if (bundle.files.size > 0) await to.mkdir(`/upload/${bundle.messageFolder}/resources`);
  for (const [path, bytes] of bundle.files) await put(`/upload/${bundle.messageFolder}/${path}`, bytes);
  await put(`/upload/${bundle.messageFolder}/${bundle.messageName}`, bundle.xml);
  if (withManifest) await put(`/upload/${bundle.folder}/${bundle.manifestName}`, bundle.manifest);
}

/** The acknowledgements of a message that lie in the DSP's folder, in order of their names. */
export async function acknowledgements(to: Connected, bundle: Bundle): Promise<AcknowledgementRead[]> {
  const { acknowledgement } = bundle.dsp;
  if (acknowledgement.by !== 'folder') throw new Error('no folder');
  const names = (await to.list(acknowledgement.folder)).filter(
    (name) => name.startsWith(`ACK_${bundle.messageId}_`) && name.endsWith('.xml'),
  );
  const read = [];
  for (const name of names.sort()) {
    const one = readAcknowledgement(await to.read(`${acknowledgement.folder}/${name}`));
    if (!one.ok) throw new Error(one.reason);
    read.push(one);
  }
  return read;
}
