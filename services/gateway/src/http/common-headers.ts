import type { Settings } from '../settings';

/** Headers of every answer: what browsers may do with it (OWASP secure headers), and the sandbox's mark (REST surface, section 4). */
export function commonHeaders({
  TONEGRID_ENV,
  PUBLIC_URL,
}: Pick<Settings, 'TONEGRID_ENV' | 'PUBLIC_URL'>): Readonly<Record<string, string>> {
  return {
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    ...(PUBLIC_URL.startsWith('https:') && { 'strict-transport-security': 'max-age=31536000; includeSubDomains' }),
    ...(TONEGRID_ENV === 'sandbox' && { 'x-tonegrid-env': 'api-sandbox' }),
  };
}
