import { createServer, type Server as TcpServer, type Socket } from 'node:net';
import { logger } from '@tonegrid/rpc';
import { Server as SshServer, type AuthContext, type Connection } from 'ssh2';
import { Turns } from '../disk/take-turns';
import { sameSecret, type SftpUser } from '../users';
import { SftpSession } from './session';
import { UserRoot } from './user-root';

/** What the SFTP server needs. */
export interface SftpDoorSetup {
  host: string;
  port: number;
  /** OpenSSH format. */
  hostKey: string;
  users: ReadonlyMap<string, SftpUser>;
  maxFileBytes: number;
  arriving(user: SftpUser, real: string, virtual: string): Promise<void>;
  arrived(user: SftpUser, virtual: string): void;
}

const maxConnections = 200;
const maxAttempts = 4;
const maxSessions = 8;
const loginMs = 20_000;
const idleMs = 10 * 60_000;

/**
 * The SFTP server: a user for each DSP or partner, by password, each in its own folder. Whatever a client sends ends its own
 * connection at worst.
 */
export class SftpDoor {
  private readonly tcp: TcpServer;
  private readonly ssh: SshServer;
  private readonly sockets = new Set<Socket>();
  private readonly sessions = new Set<SftpSession>();
  private readonly turns = new Turns();

  constructor(private readonly setup: SftpDoorSetup) {
    this.ssh = new SshServer({ hostKeys: [setup.hostKey], ident: 'ToneGrid-DSP-simulator' }, (client) => this.greet(client));
    // A server of our own in front, since ssh2 knows no time limit before the login.
    this.tcp = createServer((socket) => this.enter(socket));
    this.tcp.maxConnections = maxConnections;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.tcp.once('error', reject);
      this.tcp.listen(this.setup.port, this.setup.host, () => {
        this.tcp.off('error', reject);
        this.tcp.on('error', (error) => logger.error({ err: error }, 'the SFTP server has trouble'));
        resolve();
      });
    });
  }

  /** Lets no one in any more, answers what has been asked, closes. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.tcp.close(() => resolve()));
    await Promise.all([...this.sessions].map((session) => session.idle()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private enter(socket: Socket): void {
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.setTimeout(idleMs, () => socket.destroy());
    const late = setTimeout(() => socket.destroy(), loginMs);
    logins.set(socket, () => clearTimeout(late));
    socket.once('close', () => {
      clearTimeout(late);
      this.sockets.delete(socket);
    });
    this.ssh.injectSocket(socket);
  }

  private greet(client: Connection): void {
    let attempts = 0;
    let user: SftpUser | undefined;
    client.on('error', (error) => logger.debug({ reason: error.message }, 'an SSH connection broke off'));
    client.on('authentication', (context) => {
      const entered = this.userOf(context);
      if (entered) {
        user = entered;
        return context.accept();
      }
      if (context.method !== 'none' && ++attempts >= maxAttempts) return client.end();
      context.reject(['password']);
    });
    client.on('ready', () => {
      // The socket behind the connection: ssh2 does not name it in its types.
      logins.get((client as unknown as { _sock: Socket })._sock)?.();
      logger.debug({ user: user?.name }, 'logged in over SFTP');
    });
    let open = 0;
    client.on('session', (accept, reject) => {
      if (!user || open >= maxSessions) return void reject?.();
      const owner = user;
      open++;
      const session = accept();
      session.on('close', () => open--);
      session.on('sftp', (acceptSftp) => {
        const served: SftpSession = new SftpSession(acceptSftp(), {
          user: owner.name,
          root: new UserRoot(
            owner.root,
            owner.uploadFolder,
            owner.dsps.flatMap((dsp) => (dsp.acknowledgement.by === 'folder' ? [dsp.acknowledgement.folder] : [])),
          ),
          maxFileBytes: this.setup.maxFileBytes,
          turns: this.turns,
          arriving: (real, virtual) => this.setup.arriving(owner, real, virtual),
          arrived: (virtual) => this.setup.arrived(owner, virtual),
          hangUp: (reason) => {
            logger.warn({ user: owner.name, reason }, 'hung up on an SFTP client');
            client.end();
          },
          over: () => this.sessions.delete(served),
        });
        this.sessions.add(served);
      });
    });
  }

  private userOf(context: AuthContext): SftpUser | undefined {
    if (context.method !== 'password') return undefined;
    const user = this.setup.users.get(context.username);
    // An unknown name takes as long as a wrong password.
    const right = sameSecret(context.password, user?.password ?? '\0nobody');
    return right ? user : undefined;
  }
}

const logins = new WeakMap<Socket, () => void>();
