import ipaddr from 'ipaddr.js';

type Range = [ipaddr.IPv6, number];
const v6 = (text: string, bits: number): Range => [ipaddr.IPv6.parse(text), bits];

/** Everything that IANA has given out as global unicast (RFC 4291, 2.4); what is not in it is special in some way. */
const globalUnicast = v6('2000::', 3);
/** NAT64: the last 32 bits are the IPv4 address that is reached (RFC 6052). */
const nat64 = v6('64:ff9b::', 96);
/** Public by number, yet a cloud's own metadata or platform server. */
const platformServers = new Set(['168.63.129.16']);

/**
 * Whether packets to an address leave for the public Internet: neither private, loopback, link-local (where clouds keep their
 * metadata), nor any other special range, also when an IPv4 address is written as IPv6.
 * @param address an IP address as a resolver or a socket gives it; anything else is not public
 */
export function isPublicAddress(address: string): boolean {
  const [plain = ''] = address.split('%');
  if (!ipaddr.isValid(plain)) return false;
  const parsed = ipaddr.parse(plain);
  return parsed.kind() === 'ipv4' ? isPublicV4(parsed as ipaddr.IPv4) : isPublicV6(parsed as ipaddr.IPv6);
}

const isPublicV4 = (address: ipaddr.IPv4): boolean => address.range() === 'unicast' && !platformServers.has(address.toString());

function isPublicV6(address: ipaddr.IPv6): boolean {
  if (address.isIPv4MappedAddress()) return isPublicV4(address.toIPv4Address());
  if (address.match(nat64)) return isPublicV4(new ipaddr.IPv4(address.toByteArray().slice(12)));
  return address.match(globalUnicast) && address.range() === 'unicast';
}
