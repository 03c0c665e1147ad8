import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { dnsNames, type ResolveName } from './host-names';
import { isPublicAddress } from './public-address';
import { literalHost, type AddressRules } from './target';

/** A target's address is not public. */
export class AddressRefused extends Error {
  readonly code = 'ADDRESS_REFUSED';
}

/** Milliseconds that one address of several is given before the next is tried (Node's own 250 give up on far continents). */
const perAddressMs = 2_000;

/**
 * Connects as undici does, but only to public addresses. A literal is judged before connecting, because Node asks no resolver for
 * one; a name is judged by all addresses that it resolves to, and the connection goes to one of just these, so that a name which
 * answers differently a moment later gains nothing. The address that the socket ends at is judged once more.
 * @param isAllowed the judge; another one than the standard is for tests, which have no public address to connect to
 */
export function guardedConnector(
  rules: AddressRules,
  connectTimeoutMs: number,
  resolve: ResolveName = dnsNames(),
  isAllowed: (address: string) => boolean = isPublicAddress,
): buildConnector.connector {
  const common = { timeout: connectTimeoutMs, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: perAddressMs };
  if (rules.privateAllowed) return buildConnector(common);
  const connect = buildConnector({ ...common, lookup: checkedLookup(resolve, isAllowed) });
  return (options, callback) => {
    const host = literalHost(options.hostname);
    if (isIP(host) && !isAllowed(host)) return callback(new AddressRefused(host), null);
    connect(options, (...[error, socket]) => {
      if (error || !socket) return callback(error ?? new Error('no socket'), null);
      if (socket.remoteAddress !== undefined && !isAllowed(socket.remoteAddress)) {
        socket.destroy();
        return callback(new AddressRefused(socket.remoteAddress), null);
      }
      return callback(null, socket);
    });
  };
}

/** A look-up for `net.connect` that fails when any of the addresses is not allowed. */
function checkedLookup(resolve: ResolveName, isAllowed: (address: string) => boolean): LookupFunction {
  return (host, options, callback) => {
    const answer = (addresses: LookupAddress[]) => {
      const [first] = addresses;
      const refused = addresses.find(({ address }) => !isAllowed(address));
      if (refused || !first) return callback(new AddressRefused(refused?.address ?? host), '');
      if (options.all) return callback(null, addresses);
      return callback(null, first.address, first.family);
    };
    resolve(host).then(answer, (error: NodeJS.ErrnoException) => callback(error, ''));
  };
}
