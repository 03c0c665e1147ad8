import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [network: Address, bits: number];

/** An address in the form in which it is compared: IPv4 also when it is mapped into IPv6 (RFC 4291, 2.5.5.2), without a zone. */
function addressOf(text: string): Address | undefined {
  const plain = text.split('%', 1)[0]!;
  return isIP(plain) === 0 ? undefined : ipaddr.process(plain);
}

function rangeOf(text: string): Range | undefined {
  const [network = '', length, ...more] = text.trim().split('/');
  if (isIP(network) === 0 || more.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) return undefined;
  const parsed = ipaddr.parse(network);
  const most = parsed.kind() === 'ipv4' ? 32 : 128;
  const bits = length === undefined ? most : Number(length);
  if (bits > most) return undefined;
  if (parsed.kind() === 'ipv6' && (parsed as ipaddr.IPv6).isIPv4MappedAddress() && bits >= 96)
    return [(parsed as ipaddr.IPv6).toIPv4Address(), bits - 96];
  return [parsed, bits];
}

/** Whether a text is an address or a CIDR range, v4 or v6 (RFC 4632, RFC 4291). */
export const isRange = (text: string): boolean => rangeOf(text) !== undefined;

/** A list of addresses and ranges. An entry that is none stands for no address at all, so that a spoilt list lets nobody in. */
export class AddressList {
  private readonly ranges: readonly Range[];

  constructor(texts: readonly string[]) {
    this.ranges = texts.map(rangeOf).filter((range) => range !== undefined);
  }

  /** Whether an address is in the list; false for what is no address. */
  has(text: string): boolean {
    const address = addressOf(text);
    return (
      address !== undefined && this.ranges.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))
    );
  }
}

/**
 * Whom requests without a token are counted for: the address, or for IPv6 the network of 64 bits, since whoever has one address of it
 * has them all.
 */
export function networkOf(text: string): string {
  const address = addressOf(text);
  if (address === undefined) return text;
  if (address.kind() === 'ipv4') return address.toString();
  return `${(address as ipaddr.IPv6).parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`;
}
