import { randomBytes } from 'node:crypto';
import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { pause, startProcess } from '@tonegrid/testing';
import { Client } from 'ssh2';
import { makeBundle } from './bundle';
import { dspsFile, startSimulator, type RunningSimulator } from './sandbox';
import { connect, upload, type Connected } from './sftp-client';

let simulator: RunningSimulator;
let spotify: Connected;

beforeAll(async () => {
  simulator = await startSimulator({ SIMULATOR_MAX_FILE_BYTES: '1000000' });
  spotify = await connect(simulator, 'spotify');
});
afterAll(async () => {
  spotify?.end();
  await simulator?.close();
});

const alive = async (): Promise<void> => {
  const client = await connect(simulator, 'deezer');
  expect(await client.list('/')).toEqual(expect.arrayContaining(['ack', 'upload']));
  client.end();
};

describe('logging in', () => {
  it('needs the right user and password', async () => {
    await expect(connect(simulator, 'spotify', 'wrong')).rejects.toThrow(/authentication/i);
    await expect(connect(simulator, 'nobody', 'x')).rejects.toThrow(/authentication/i);
    await expect(
      connect(simulator, 'applemusic', simulator.registry.sftpCredentials(simulator.registry.get('spotify')!).password),
    ).rejects.toThrow();
  });

  it('gives no shell, no command and no tunnel', async () => {
    const ask = (what: (client: Client, done: (error: Error | undefined) => void) => void) =>
      new Promise<Error | undefined>((resolve) => what(spotify.client, resolve));
    expect(await ask((client, done) => client.exec('id', (error) => done(error)))).toBeInstanceOf(Error);
    expect(await ask((client, done) => client.shell((error) => done(error)))).toBeInstanceOf(Error);
    expect(await ask((client, done) => client.forwardOut('127.0.0.1', 0, '127.0.0.1', 22, (error) => done(error)))).toBeInstanceOf(Error);
  });
});

describe('a user', () => {
  it('does not get out of its folder', async () => {
    for (const path of ['../../journal', '/../../etc/passwd', '/upload/../../deezer/upload', '..', '/upload/a/../../../x'])
      for (const operation of ['stat', 'lstat', 'opendir', 'readFile', 'realpath', 'mkdir', 'unlink', 'rmdir'])
        await expect(spotify.call(operation, path)).rejects.toThrow();
    await expect(spotify.write('/../deezer/upload/x', 'x')).rejects.toThrow();
    await expect(spotify.rename('/upload/../../x', '/upload/x')).rejects.toThrow();
    await expect(spotify.call('stat', '/upload/a\0b')).rejects.toThrow();
    expect(await spotify.call('realpath', '/upload/./a/..')).toBe('/upload');
  });

  it('makes no links, and follows none', async () => {
    await expect(spotify.call('symlink', '/etc/passwd', '/upload/link')).rejects.toThrow();
    writeFileSync(join(simulator.dataDir, 'secret'), 'secret');
    symlinkSync(join(simulator.dataDir, 'secret'), join(simulator.dataDir, 'sftp', 'spotify', 'upload', 'planted'));
    symlinkSync(simulator.dataDir, join(simulator.dataDir, 'sftp', 'spotify', 'upload', 'folder'));
    await expect(spotify.read('/upload/planted')).rejects.toThrow();
    await expect(spotify.write('/upload/planted', 'x')).rejects.toThrow();
    await expect(spotify.read('/upload/folder/secret')).rejects.toThrow();
    expect(await spotify.list('/upload')).toEqual([]);
  });

  it('writes below /upload only, and what is always there stays', async () => {
    for (const path of ['/x', '/ack/x', '/upload']) await expect(spotify.write(path, 'x')).rejects.toThrow();
    for (const path of ['/ack', '/upload', '/']) await expect(spotify.call('rmdir', path)).rejects.toThrow();
    await expect(spotify.rename('/upload', '/upload/x')).rejects.toThrow();
  });

  it('writes, appends, reads at a place, lists, renames and removes', async () => {
    await spotify.mkdir('/upload/n');
    await spotify.write('/upload/n/a.part', 'hello');
    await spotify.call('appendFile', '/upload/n/a.part', ' world');
    await spotify.rename('/upload/n/a.part', '/upload/n/a');
    expect((await spotify.read('/upload/n/a')).toString()).toBe('hello world');
    await spotify.write('/upload/n/b', 'other');
    await expect(spotify.rename('/upload/n/b', '/upload/n/a')).rejects.toThrow('exists');
    expect((await spotify.call<{ size: number }>('stat', '/upload/n/a')).size).toBe(11);
    await spotify.call('setstat', '/upload/n/a', { mtime: 1, atime: 1 });
    expect((await spotify.list('/upload/n')).sort()).toEqual(['a', 'b']);
    await spotify.call('unlink', '/upload/n/a');
    await expect(spotify.call('rmdir', '/upload/n')).rejects.toThrow();
    await spotify.call('unlink', '/upload/n/b');
    await spotify.call('rmdir', '/upload/n');
    await expect(spotify.call('stat', '/upload/n')).rejects.toMatchObject({ code: 2 });
  });

  it('writes no file above the limit and holds no more than 128 open', async () => {
    await expect(spotify.write('/upload/large', Buffer.alloc(1_000_001))).rejects.toThrow('1000000');
    const open = () => spotify.call<Buffer>('open', '/upload/large', 'r');
    const handles: Buffer[] = [];
    await expect(
      (async () => {
        for (let i = 0; i < 200; i++) handles.push(await open());
      })(),
    ).rejects.toThrow('128');
    for (const handle of handles) await spotify.call('close', handle);
    expect((await spotify.call<Buffer>('open', '/upload/large', 'r')).length).toBe(4);
  });
});

describe('garbage', () => {
  const send = (bytes: Buffer): Promise<void> =>
    new Promise((resolve) => {
      const socket = connectTcp(simulator.sftpPort, '127.0.0.1', () => socket.end(bytes));
      socket.on('error', () => resolve());
      socket.on('close', () => resolve());
      socket.resume();
    });

  it('before the handshake, or in its place, ends that connection only', async () => {
    const greeting = Buffer.from('SSH-2.0-fuzz\r\n');
    await Promise.all([
      send(Buffer.from('GET / HTTP/1.1\r\n\r\n')),
      send(randomBytes(100_000)),
      send(greeting),
      ...Array.from({ length: 30 }, (_, i) => send(Buffer.concat([greeting, randomBytes(1 + i * 97)]))),
      send(Buffer.concat([greeting, Buffer.alloc(50_000)])),
      send(Buffer.concat([greeting, Buffer.alloc(50_000, 0xff)])),
    ]);
    await alive();
  });

  const enter = (): Promise<Client> =>
    new Promise((resolve, reject) => {
      const client = new Client();
      const { password } = simulator.registry.sftpCredentials(simulator.registry.get('deezer')!);
      client.once('ready', () => resolve(client));
      client.on('error', reject);
      client.connect({ host: '127.0.0.1', port: simulator.sftpPort, username: 'deezer', password });
    });

  /** Sends bytes to the SFTP subsystem. True when that ended the whole connection. */
  const raw = (client: Client, bytes: Buffer): Promise<boolean> =>
    new Promise((resolve) => {
      const over = () => resolve(true);
      client.once('close', over);
      client.subsys('sftp', (error, channel) => {
        if (error) return resolve(true);
        channel.on('error', () => undefined).resume();
        channel.write(bytes);
        setTimeout(() => {
          client.off('close', over);
          channel.close();
          resolve(false);
        }, 5);
      });
    });

  it('as SFTP packets ends that connection only', async () => {
    const packet = (...bytes: number[]): Buffer => {
      const body = Buffer.from(bytes);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(body.length);
      return Buffer.concat([length, body]);
    };
    const init = packet(1, 0, 0, 0, 3);
    const bad = [
      Buffer.from([0xff, 0xff, 0xff, 0xff]),
      Buffer.from([0x80, 0, 0, 1, 1]),
      Buffer.from([0, 0, 0, 0]),
      packet(3),
      Buffer.concat([init, init]),
      Buffer.concat([init, packet(99, 1, 2, 3)]),
      // Every request type with nothing, with a number, and with lengths that lie.
      ...[3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 200].flatMap((type) => [
        Buffer.concat([init, packet(type)]),
        Buffer.concat([init, packet(type, 0, 0, 0, 1)]),
        Buffer.concat([init, packet(type, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff)]),
        Buffer.concat([
          init,
          packet(type, 0, 0, 0, 1, 0, 0, 0, 1, 65, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
        ]),
        Buffer.concat([init, packet(type, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff)]),
      ]),
      ...Array.from({ length: 20 }, () => Buffer.concat([init, randomBytes(300)])),
    ];
    // The same connection as long as it lives: the worst packets end it.
    let client: Client | null = null;
    for (const bytes of bad) {
      client ??= await enter();
      const ended = await raw(client, bytes);
      if (ended) client = null;
    }
    client?.end();
    await alive();
    expect(simulator.process.lines().filter(({ level }) => level === 'fatal')).toEqual([]);
  });

  it('as a flood of requests is cut off', async () => {
    const flooder = await connect(simulator, 'deezer');
    let open = true;
    flooder.client.once('close', () => (open = false));
    // A simulator that gets more of the machine than we do may keep up with one burst, and answers it: then there is more to come.
    while (open) {
      for (let i = 0; i < 20_000; i++) flooder.sftp.stat('/', () => undefined);
      await pause(50);
    }
    await alive();
  });
});

it('an upload over a connection that was hammered still arrives', async () => {
  const bundle = makeBundle(simulator.registry, 'spotify');
  await upload(spotify, bundle);
  await simulator.reached(bundle.messageId, 'live');
});

it('in production it does not start', async () => {
  const refused = await startProcess({
    name: 'dsp-simulator-production',
    command: [process.execPath, join(__dirname, '..', 'src', 'main.js')],
    env: { TONEGRID_ENV: 'production', INTERNAL_TOKEN: 'x'.repeat(32), DSPS_FILE: dspsFile },
  });
  expect(await refused.exited).not.toBe(0);
  expect(refused.logs()).toContain('of the sandbox only');
  expect(existsSync(join(process.cwd(), '.local', 'dsp-simulator', 'process.pid'))).toBe(false);
});
