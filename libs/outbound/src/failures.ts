// What went wrong with a request, in sentences for the owner of the other side: what they can mend, never an address or a name of ours.

const sentences: Record<string, string> = {
  ECONNREFUSED: 'Connection refused.',
  ECONNRESET: 'The connection was reset.',
  EPIPE: 'The connection was reset.',
  ENOTFOUND: 'The host name does not resolve.',
  EAI_AGAIN: 'The host name could not be resolved.',
  EHOSTUNREACH: 'The host cannot be reached.',
  ENETUNREACH: 'The network cannot be reached.',
  ETIMEDOUT: 'The connection timed out.',
  EPROTO: 'The TLS handshake failed.',
  UND_ERR_CONNECT_TIMEOUT: 'The connection timed out.',
  UND_ERR_SOCKET: 'The connection was closed before an answer came.',
  UND_ERR_HEADERS_OVERFLOW: 'The headers of the answer are too large.',
  ADDRESS_REFUSED: 'The host is at a private, loopback, link-local or otherwise special address.',
};

/** Codes of OpenSSL's verification (CERT_HAS_EXPIRED, DEPTH_ZERO_SELF_SIGNED_CERT, …) and Node's own of the host name. */
const ofCertificates = /CERT|LEAF_SIGNATURE|CRL|HOSTNAME_MISMATCH/;

/** Why there was no answer. */
export function failureSentence(error: unknown): string {
  const { name, code = '', message = '', errors } = (error ?? {}) as NodeJS.ErrnoException & { errors?: unknown[] };
  // Several addresses were tried, and none would do.
  if (Array.isArray(errors) && errors.length > 0) return failureSentence(errors[0]);
  if (sentences[code]) return sentences[code];
  if (ofCertificates.test(code)) return `The TLS certificate is not accepted: ${plainText(message, 300)}.`;
  if (/^ERR_(SSL|TLS)_/.test(code)) return 'The TLS handshake failed.';
  if (name === 'HTTPParserError' || code.startsWith('UND_ERR_RES')) return 'The answer is not valid HTTP.';
  return `The request failed${code === '' ? '' : ` (${code})`}.`;
}

/** A stranger's text as a row can hold it: PostgreSQL knows no NUL, and a cut must not go through a character. */
export const plainText = (text: string, most: number): string =>
  [
    ...text
      .slice(0, 2 * most)
      .replaceAll('\0', '\uFFFD')
      .toWellFormed(),
  ]
    .slice(0, most)
    .join('');
