import { connect } from 'node:net';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { local } from '../setup/root.mjs';
import { ranks } from './processes.mjs';

/** nats-server with JetStream, on loopback, storing in .local/nats. */
export function natsPart(program, port) {
  const store = join(local, 'nats');
  mkdirSync(store, { recursive: true, mode: 0o700 });
  return {
    name: 'nats',
    rank: ranks.nats,
    port: String(port),
    program,
    args: ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', store],
    env: { PATH: process.env.PATH },
    cwd: store,
    signal: 'TERM',
    ready: () => greets(port),
  };
}

/** Whether a NATS server with JetStream greets on the port: it speaks first, with a line of INFO. */
function greets(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let text = '';
    const done = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => done(false));
    socket.once('error', () => done(false));
    socket.once('close', () => done(false));
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      if (text.includes('\r\n')) done(/^INFO .*"jetstream":true/.test(text));
    });
  });
}
