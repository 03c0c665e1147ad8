import { isIP } from 'node:net';
import { invalid, type FieldErrors } from '@tonegrid/errors';
import ipaddr from 'ipaddr.js';

/**
 * Addresses and CIDR ranges in canonical spelling, each once. Throws a 422 that names each entry that is none: another notation, a range
 * that does not begin at its first address (`10.0.0.5/8` is a typing mistake that opens more than was meant), an IPv4 address in IPv6 form.
 */
export function parseAllowlist(entries: readonly string[]): string[] {
  const fields: FieldErrors = {};
  const ranges = entries.map((entry, index) => {
    const range = parseRange(entry.trim());
    if (range.problem !== undefined) fields[`ip_allowlist.${index}`] = [`The ip_allowlist.${index} ${range.problem}.`];
    return range.text;
  });
  if (Object.keys(fields).length > 0) throw invalid(fields);
  return [...new Set(ranges)];
}

function parseRange(entry: string): { text: string; problem?: string } {
  const [address = '', prefix, ...rest] = entry.split('/');
  const version = address.includes('%') ? 0 : isIP(address);
  const most = version === 4 ? 32 : 128;
  const bits = prefix === undefined ? most : /^(0|[1-9]\d{0,2})$/.test(prefix) ? Number(prefix) : NaN;
  if (version === 0 || rest.length > 0 || !(bits <= most)) return { text: '', problem: 'must be an IPv4 or IPv6 address or CIDR range' };
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress())
    return { text: '', problem: 'must be written as an IPv4 address or range' };
  const text = `${parsed.toString()}/${bits}`;
  const first = (version === 4 ? ipaddr.IPv4 : ipaddr.IPv6).networkAddressFromCIDR(text).toString();
  return first === parsed.toString() ? { text } : { text: '', problem: `must begin at its first address: ${first}/${bits}` };
}
