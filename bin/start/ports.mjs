import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Stop } from '../setup/stop.mjs';

/** Whether the port is free. Throws Stop when this user may not have it, taken or not. */
const isFree = ({ port, part, variable }) =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', ({ code }) => {
      if (code === 'EADDRINUSE') return resolve(false);
      const limit = firstOpenPort();
      const why = code === 'EACCES' && port < limit ? `this user may not use ports below ${limit}` : `the system refuses it (${code})`;
      reject(new Stop(`Port ${port} (${part}) cannot be used, ${why}: choose another with ${variable}.`));
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });

/** The first port that is not kept for root. */
function firstOpenPort() {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
  } catch {
    return 1024; // a kernel before 4.11
  }
}

/** Refuses when a port is taken or kept from this user, naming it, its part and how to choose another. */
export async function checkPorts(ports) {
  const twice = ports.find(({ port }, at) => ports.findIndex((other) => other.port === port) !== at);
  if (twice) throw new Stop(`Port ${twice.port} is given to two parts: choose another for ${twice.part} with ${twice.variable}.`);
  let taken = ports;
  // Some ports lie in the range from which the system gives outgoing connections theirs: such a use passes.
  for (const end = performance.now() + 3000; ; await pause(250)) {
    const free = await Promise.all(taken.map(isFree));
    taken = taken.filter((_, at) => !free[at]);
    if (taken.length === 0) return;
    if (performance.now() > end) break;
  }
  const more = taken.length - 3;
  const names = taken.slice(0, 3).map(({ port, part, variable }) => `${port} (${part}, ${variable})`);
  if (more > 0) names.push(`${more} more`);
  const list = names.length === 1 ? `Port ${names[0]} is` : `Ports ${names.slice(0, -1).join(', ')} and ${names.at(-1)} are`;
  const { variable, port } = taken[0];
  throw new Stop(
    `${list} taken by another program, which may be another sandbox: stop it, or choose another port with "${variable}=${port + 1} npm start", or move all ports with "PORT_OFFSET=1000 npm start".`,
  );
}
