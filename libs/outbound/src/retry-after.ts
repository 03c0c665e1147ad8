/** Retry-After in seconds from now (RFC 9110, 10.2.3: seconds or an HTTP date); 0 when there is none or it makes no sense. */
export function retryAfterSeconds(header: string | string[] | undefined, now = Date.now()): number {
  const text = (Array.isArray(header) ? header[0] : header)?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const date = /^[A-Za-z]{3},/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(date) ? 0 : Math.max(0, Math.ceil((date - now) / 1000));
}
