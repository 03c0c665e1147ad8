import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { SftpEndpoint } from '@tonegrid/dsp-registry';
import { Server, utils, type Connection, type SFTPWrapper } from 'ssh2';
import { SftpSession } from './sftp-session';

const { STATUS_CODE } = utils.sftp;
const { private: hostKey } = utils.generateKeyPairSync('ed25519');
const shown = utils.parseKey(hostKey);
if (shown instanceof Error) throw shown;
const credentials = {
  username: 'tonegrid',
  password: 'a password of this suite',
  host_key: `SHA256:${createHash('sha256').update(shown.getPublicSSH()).digest('base64')}`,
};

interface DspServer {
  endpoint: SftpEndpoint;
  connections: Connection[];
  sftp: SFTPWrapper[];
  stop(): Promise<void>;
}

/** An SFTP server with empty folders. */
async function startServer({ subsystem = true } = {}): Promise<DspServer> {
  const connections: Connection[] = [];
  const sessions: SFTPWrapper[] = [];
  const server = new Server({ hostKeys: [hostKey] }, (connection) => {
    connections.push(connection);
    connection.on('error', () => undefined);
    connection.on('authentication', (attempt) => attempt.accept());
    connection.on('session', (accept) => {
      const session = accept();
      session.on('sftp', (acceptSftp) => {
        if (!subsystem) return;
        const sftp = acceptSftp();
        sessions.push(sftp);
        sftp.on('OPENDIR', (id) => sftp.handle(id, Buffer.from('h')));
        sftp.on('READDIR', (id) => sftp.status(id, STATUS_CODE.EOF));
        sftp.on('CLOSE', (id) => sftp.status(id, STATUS_CODE.OK));
      });
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    endpoint: { kind: 'sftp', host: '127.0.0.1', port: (server.address() as AddressInfo).port } as SftpEndpoint,
    connections,
    sftp: sessions,
    stop: () => {
      connections.forEach((connection) => connection.end());
      return new Promise((done) => server.close(() => done()));
    },
  };
}

const moment = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

describe('a session', () => {
  it.each([
    ['connection', ({ connections }: DspServer) => connections[0]!.end()],
    ['channel', ({ sftp }: DspServer) => sftp[0]!.end()],
  ])(
    'whose %s was closed between two requests refuses the next one at once',
    async (_what, close) => {
      const server = await startServer();
      try {
        const session = await SftpSession.open(server.endpoint, credentials);
        expect(await session.list('/')).toEqual([]);
        close(server);
        await moment(500);
        await expect(session.list('/')).rejects.toThrow('SFTP, list /: the connection was closed');
        expect(session.isOpen).toBe(false);
        session.close();
      } finally {
        await server.stop();
      }
    },
    20_000,
  );

  it('is not waited for without end, also when the server lets in and then says nothing', async () => {
    const server = await startServer({ subsystem: false });
    try {
      await expect(SftpSession.open(server.endpoint, credentials, undefined, 1_000)).rejects.toThrow('SFTP: no session in 1 s');
    } finally {
      await server.stop();
    }
  }, 20_000);
});
