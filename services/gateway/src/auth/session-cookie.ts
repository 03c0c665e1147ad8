import { parseCookie, stringifySetCookie } from 'cookie';
import { Refused } from '@tonegrid/errors';

/** The cookie that carries a user's access token. */
export const sessionCookieName = 'tonegrid_session';

/** The access token of a Cookie header; undefined when there is none. */
export function sessionToken(header: string | undefined): string | undefined {
  if (header === undefined || !header.includes(sessionCookieName)) return undefined;
  return parseCookie(header)[sessionCookieName] || undefined;
}

/** Whether and how cookies are set. */
export interface CookieScope {
  /** The API's public URL: its path is the cookie's, and over https the cookie is Secure. */
  publicUrl: string;
}

/**
 * A Set-Cookie header (RFC 6265bis): out of reach for scripts, sent to this API alone, and by no other site.
 * @param maxAge seconds; 0 removes the cookie
 */
export function setCookie(name: string, value: string, maxAge: number, { publicUrl }: CookieScope): string {
  const { protocol, pathname } = new URL(publicUrl);
  return stringifySetCookie({ name, value, path: pathname, httpOnly: true, sameSite: 'strict', secure: protocol === 'https:', maxAge });
}

/**
 * Refuses a change that a cookie alone vouches for unless a browser says that it comes from our own origin, or from one that may
 * use this API (cross-site request forgery). Browsers send Origin with every change, and Sec-Fetch-Site. Throws `auth.cross_site`.
 * @param origins our own and those of CORS_ORIGINS
 */
export function assertSameOrigin(headers: { origin?: string; 'sec-fetch-site'?: string | string[] }, origins: ReadonlySet<string>): void {
  const { origin } = headers;
  const allowed = origin === undefined ? headers['sec-fetch-site'] === 'same-origin' : origins.has(origin);
  if (!allowed) throw new Refused('auth.cross_site');
}
