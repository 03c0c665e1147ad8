import { lookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { isPublicAddress } from './public-address';
import { literalHost, type AddressRules } from './target';

/** A target's address is not public. */
export class AddressRefused extends Error {
  readonly code = 'ADDRESS_REFUSED';
}

/** How names are resolved; `dns.lookup` but in tests. */
export type Resolve = (
  host: string,
  options: LookupOptions & { all: true },
  answer: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Connects as undici does, but only to public addresses. A literal is judged before connecting, because Node asks no resolver for
 * one; a name is judged by all addresses that it resolves to, and the connection goes to one of just these, so that a name which
 * answers differently a moment later gains nothing. The address that the socket ends at is judged once more.
 */
export function guardedConnector(rules: AddressRules, connectTimeoutMs: number, resolve: Resolve = lookup): buildConnector.connector {
  if (rules.privateAllowed) return buildConnector({ timeout: connectTimeoutMs, autoSelectFamily: true });
  const connect = buildConnector({
    timeout: connectTimeoutMs,
    autoSelectFamily: true,
    lookup: checkedLookup(resolve),
  });
  return (options, callback) => {
    const host = literalHost(options.hostname);
    if (isIP(host) && !isPublicAddress(host)) return callback(new AddressRefused(host), null);
    connect(options, (...[error, socket]) => {
      if (error || !socket) return callback(error ?? new Error('no socket'), null);
      if (socket.remoteAddress !== undefined && !isPublicAddress(socket.remoteAddress)) {
        socket.destroy();
        return callback(new AddressRefused(socket.remoteAddress), null);
      }
      return callback(null, socket);
    });
  };
}

/** `dns.lookup` that fails when any of the addresses is not public. */
export function checkedLookup(resolve: Resolve): LookupFunction {
  return (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '');
      const refused = addresses.find(({ address }) => !isPublicAddress(address));
      if (refused) return callback(new AddressRefused(refused.address), '');
      const [first] = addresses;
      if (!first) return callback(new AddressRefused(host), '');
      if (options.all) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
}
