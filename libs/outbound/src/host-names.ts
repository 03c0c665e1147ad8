import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';

/** Where a name leads: its IPv4 addresses first. Rejects with NameUnresolved. */
export type ResolveName = (host: string) => Promise<LookupAddress[]>;

/** Where providers get their ResolveName. */
export const HOST_NAMES = Symbol('HOST_NAMES');

/** A name has no address (ENOTFOUND), or it could not be found out (EAI_AGAIN). */
export class NameUnresolved extends Error {
  constructor(
    readonly code: 'ENOTFOUND' | 'EAI_AGAIN',
    host: string,
  ) {
    super(`${code}: ${host}`);
  }
}

/** Milliseconds until a question is asked again, and how often. */
const patience = { timeout: 2_000, tries: 2 };
/** Milliseconds that a name with IPv4 addresses waits for its IPv6 ones (RFC 8305, 3: the Resolution Delay is of that order). */
const delayForV6 = 100;

/**
 * Asks DNS itself and not the operating system: `dns.lookup` occupies one of libuv's four threads for as long as a name server keeps it
 * waiting, so that four names of a stranger's choice would stop all others (and files with them). Names of /etc/hosts are not known here.
 * @param servers addresses of name servers, `192.0.2.53` or `192.0.2.53:5353`; those of the system when there are none
 */
export const dnsNames =
  (servers: readonly string[] = []): ResolveName =>
  async (host) => {
    // Made anew each time: a change of the system's servers is seen, and it costs less than a tenth of a millisecond.
    const resolver = new Resolver(patience);
    if (servers.length > 0) resolver.setServers(servers);
    const ask = async (family: 4 | 6) => {
      const addresses = await (family === 4 ? resolver.resolve4(host) : resolver.resolve6(host));
      return addresses.map((address) => ({ address, family }));
    };
    const answers = { v4: ask(4), v6: ask(6) };
    answers.v6.catch(() => undefined); // looked at below, or not needed any more
    const [v4] = await Promise.allSettled([answers.v4]);
    const found = v4.status === 'fulfilled' ? v4.value : [];
    const [v6] = await Promise.allSettled([found.length > 0 ? Promise.race([answers.v6, nothingAfter(delayForV6)]) : answers.v6]);
    const all = v6.status === 'fulfilled' ? [...found, ...v6.value] : found;
    if (all.length > 0) return all;
    const reasons = [v4, v6].map((answer) => (answer.status === 'rejected' ? (answer.reason as NodeJS.ErrnoException).code : undefined));
    const known = reasons.includes('ENOTFOUND') || reasons.every((code) => code === undefined || code === 'ENODATA');
    throw new NameUnresolved(known ? 'ENOTFOUND' : 'EAI_AGAIN', host);
  };

/** Whether a text can be the address of a name server. */
export function isNameServer(text: string): boolean {
  try {
    new Resolver().setServers([text]);
    return true;
  } catch {
    return false; // Node says so by throwing
  }
}

const nothingAfter = (ms: number): Promise<LookupAddress[]> =>
  new Promise((resolve) => {
    setTimeout(() => resolve([]), ms).unref();
  });
