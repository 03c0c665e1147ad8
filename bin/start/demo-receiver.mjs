import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

/** Whether `t=<unix>,v1=<hex>` signs the body (reference, Webhooks: HMAC-SHA256(secret, ts + "." + raw_body)). */
export function signatureIsRight(secret, header, raw) {
  const time = /(?:^|,)t=(\d+)/.exec(header ?? '')?.[1];
  if (time === undefined) return false;
  const right = createHmac('sha256', secret).update(`${time}.`).update(raw).digest();
  return [...header.matchAll(/(?:^|,)v1=([0-9a-f]{64})(?![0-9a-f])/g)].some(([, hex]) => timingSafeEqual(Buffer.from(hex, 'hex'), right));
}

/**
 * A subscriber on a free port of loopback. Webhooks that come before the secret is known, which is told only in the answer that
 * made the subscription, are answered 503 and so come again.
 * @param told called with each event once: ({ event, body, signed })
 */
export async function receiveWebhooks(told) {
  const seen = new Set();
  const receiver = {
    url: '',
    secret: undefined,
    stop: () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())),
  };
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      if (receiver.secret === undefined) return void response.writeHead(503).end();
      const raw = Buffer.concat(chunks);
      const signed = signatureIsRight(receiver.secret, request.headers['x-tonegrid-signature'], raw);
      response.writeHead(signed ? 204 : 401).end();
      const body = signed ? JSON.parse(raw) : {};
      // At least once: the same event may come again.
      if (seen.has(body.event_id)) return;
      seen.add(body.event_id);
      told({ event: request.headers['x-tonegrid-event'], body, signed });
    });
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  receiver.url = `http://127.0.0.1:${server.address().port}/webhooks`;
  return receiver;
}
