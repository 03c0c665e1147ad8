import { createSocket } from 'node:dgram';
import { isIPv4 } from 'node:net';

/** A name server on loopback (RFC 1035), for names whose answers a test decides. */
export interface NameServer {
  /** `127.0.0.1:5353`. */
  address: string;
  /** Addresses of a name; a name that is not here does not exist. */
  names: Map<string, string[]>;
  /** Names that are never answered. */
  silent: Set<string>;
  /** Names that were asked for, with the type of the question: `A hooks.example`. */
  asked: string[];
  close(): Promise<void>;
}

const types: Record<number, string> = { 1: 'A', 28: 'AAAA' };

export async function startNameServer(): Promise<NameServer> {
  const socket = createSocket('udp4');
  const server: NameServer = {
    address: '',
    names: new Map(),
    silent: new Set(),
    asked: [],
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
  socket.on('message', (query, { address, port }) => {
    const { name, type, end } = question(query);
    server.asked.push(`${types[type]} ${name}`);
    if (server.silent.has(name)) return;
    const all = server.names.get(name);
    const addresses = (all ?? []).filter((each) => isIPv4(each) === (type === 1));
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(all ? 0x8180 : 0x8183, 2); // an answer; code 3: no such name
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(addresses.length, 6);
    socket.send(Buffer.concat([head, query.subarray(12, end), ...addresses.map((each) => record(each, type))]), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  server.address = `127.0.0.1:${socket.address().port}`;
  return server;
}

function question(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** A record of no lasting (TTL 0) that points back to the question's name. */
function record(address: string, type: number): Buffer {
  const data = type === 1 ? Buffer.from(address.split('.').map(Number)) : v6(address);
  const fixed = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, data.length]);
  return Buffer.concat([fixed, data]);
}

function v6(address: string): Buffer {
  const [head = '', tail] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const all = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
