import { freePort } from '@tonegrid/testing';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP port before another, whose traffic a test can hold back and cut. */
export interface Gate {
  readonly url: string;
  /** Connections made so far. */
  connections(): number;
  /** What the server says from now on waits here. */
  hold(): void;
  /** Passes on what waits, and whatever comes. */
  release(): void;
  /** Ends all connections at once, without a word. */
  cut(): void;
  /** Bytes of the clients so far, as text. */
  said(): string;
  close(): Promise<void>;
}

/** Opens a gate before a server on loopback. */
export async function openGate(to: number): Promise<Gate> {
  const sockets = new Set<Socket>();
  const answers = new Set<Socket>();
  let count = 0;
  let held = false;
  let said = '';
  const server = createServer((client) => {
    count++;
    const behind = connect(to, '127.0.0.1');
    if (held) behind.pause();
    client.on('data', (bytes) => {
      said += bytes.toString('latin1');
      behind.write(bytes);
    });
    behind.on('data', (bytes) => void client.write(bytes));
    for (const [one, other] of [
      [client, behind],
      [behind, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    answers.add(behind);
    behind.on('close', () => answers.delete(behind));
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const cut = () => sockets.forEach((socket) => socket.destroy());
  return {
    url: `nats://127.0.0.1:${port}`,
    connections: () => count,
    said: () => said,
    hold() {
      held = true;
      answers.forEach((socket) => socket.pause());
    },
    release() {
      held = false;
      answers.forEach((socket) => socket.resume());
    },
    cut,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
  };
}
