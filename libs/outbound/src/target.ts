import { isIP } from 'node:net';
import type { ResolveName } from './host-names';
import { isPublicAddress } from './public-address';

/** Where requests may go whose address a stranger has chosen. */
export interface AddressRules {
  /** Only https. */
  httpsOnly: boolean;
  /** Private and loopback addresses too: a developer's machine. */
  privateAllowed: boolean;
}

/** Why a URL is not a target, as the end of the sentence "The URL …". */
export const privateReason = 'must not point to a private, loopback, link-local or otherwise special address';

/**
 * What is wrong with a URL by itself, without asking DNS; undefined when nothing is. The URL parser has already turned every
 * spelling of an IPv4 address (decimal, octal, hexadecimal, fewer parts, a trailing dot) into the usual one (WHATWG URL, host
 * parsing), so a literal is judged by what it means.
 */
export function urlProblem(text: string, rules: AddressRules): string | undefined {
  if (!URL.canParse(text)) return 'is not valid';
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with http:// or https://';
  if (rules.httpsOnly && url.protocol !== 'https:') return 'must begin with https://';
  if (url.username !== '' || url.password !== '') return 'must not contain a user name or password';
  if (rules.privateAllowed) return undefined;
  const host = literalHost(url.hostname);
  if (isIP(host) ? !isPublicAddress(host) : isLocalName(host)) return privateReason;
  return undefined;
}

/** `[::1]` → `::1`. */
export const literalHost = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');

/** Names that mean this machine wherever they are asked (RFC 6761, 6.3). */
const isLocalName = (host: string): boolean => /(^|\.)localhost\.?$/i.test(host);

/** Milliseconds that whoever saves a URL waits for DNS. */
const patienceMs = 2_000;

/**
 * Like `urlProblem`, and asks DNS where a name leads now. A name that does not resolve (yet) is taken: what it resolves to is judged
 * again at each attempt, which is the guard; this one tells its owner early.
 */
export async function targetProblem(text: string, rules: AddressRules, resolve: ResolveName): Promise<string | undefined> {
  const problem = urlProblem(text, rules);
  if (problem !== undefined || rules.privateAllowed) return problem;
  const host = literalHost(new URL(text).hostname);
  if (isIP(host)) return undefined;
  const addresses = await resolveSoon(host, resolve);
  return addresses.every(isPublicAddress) ? undefined : privateReason;
}

async function resolveSoon(host: string, resolve: ResolveName): Promise<string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<[]>((done) => (timer = setTimeout(() => done([]), patienceMs)));
  const found = await Promise.race([resolve(host).catch(() => []), late]);
  clearTimeout(timer);
  return found.map(({ address }) => address);
}
