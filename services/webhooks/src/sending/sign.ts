import { createHmac } from 'node:crypto';

/** What is signed: the bytes that are sent, when, and as which message. */
export interface Signed {
  /** `event_id`, the same over all attempts: `webhook-id`. */
  eventId: string;
  /** Seconds since 1970. */
  timestamp: number;
  body: Buffer;
}

const hmac = (key: Buffer, encoding: 'hex' | 'base64', ...parts: (string | Buffer)[]): string => {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest(encoding);
};

/**
 * The signature headers of one attempt.
 *
 * - `X-ToneGrid-Signature: t=<unix>,v1=<hex>`: HMAC-SHA256(secret, t + "." + body), the secret as it was shown, `tgwhsec_` included
 *   (reference, Webhooks). Each further secret adds another `v1=`.
 * - Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature: v1,<base64>` over id + "." + timestamp + "." + body.
 *   Their libraries take the base64 after `whsec_` for the key, so `secret.replace(/^tg/, '')` verifies; or, told that the secret is
 *   raw, the whole text. The header lists a signature for each, and verifiers take any that fits.
 * @param secrets the current one first, then previous ones that are still to verify
 */
export function signatureHeaders(secrets: readonly string[], { eventId, timestamp, body }: Signed): Record<string, string> {
  const own = secrets.map((secret) => `v1=${hmac(Buffer.from(secret), 'hex', `${timestamp}.`, body)}`);
  const standard = secrets
    .flatMap((secret) => [decodedKey(secret), Buffer.from(secret)])
    .filter((key) => key !== undefined)
    .map((key) => `v1,${hmac(key, 'base64', `${eventId}.${timestamp}.`, body)}`);
  return {
    'x-tonegrid-signature': [`t=${timestamp}`, ...own].join(','),
    'webhook-id': eventId,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': standard.join(' '),
  };
}

/** The key that Standard Webhooks libraries read from a secret; undefined when it holds none. */
function decodedKey(secret: string): Buffer | undefined {
  const text = secret.replace(/^(tg)?whsec_/, '');
  const isBase64 = text.length > 0 && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
  return isBase64 ? Buffer.from(text, 'base64') : undefined;
}
