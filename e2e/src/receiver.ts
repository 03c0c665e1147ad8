import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A webhook as it arrived. */
export interface Receipt {
  event: string;
  eventId: string;
  deliveryId: string;
  /** Whether X-ToneGrid-Signature is right for the secret. */
  signed: boolean;
  /** Milliseconds since 1970. */
  at: number;
  body: { event_id: string; event: string; created_at: string; tenant_uuid: string; data: Record<string, unknown> };
}

/** A subscriber: verifies each signature as the reference tells integrators to. */
export interface Receiver {
  url: string;
  receipts: Receipt[];
  /** The secret that signatures are verified with. */
  secret: string;
  /** Different events of a type (by event_id). */
  distinct(event: string): number;
  stop(): Promise<void>;
}

/** Starts a subscriber on a free port of loopback. */
export async function startReceiver(): Promise<Receiver> {
  const receiver: Receiver = {
    url: '',
    receipts: [],
    secret: '',
    distinct: (event) => new Set(receiver.receipts.filter((receipt) => receipt.event === event).map((receipt) => receipt.eventId)).size,
    stop: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const body = JSON.parse(raw.toString()) as Receipt['body'];
      receiver.receipts.push({
        event: String(request.headers['x-tonegrid-event']),
        eventId: body.event_id,
        deliveryId: String(request.headers['x-tonegrid-delivery-id']),
        signed: verify(receiver.secret, String(request.headers['x-tonegrid-signature']), raw),
        at: Date.now(),
        body,
      });
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return receiver;
}

/** `t=<unix>,v1=<hex>` over `<t>.<raw body>` (reference, Webhooks). */
function verify(secret: string, header: string, raw: Buffer): boolean {
  const time = /(?:^|,)t=(\d+)/.exec(header)?.[1];
  const given = [...header.matchAll(/(?:^|,)v1=([0-9a-f]{64})/g)].map((match) => match[1]!);
  const right = createHmac('sha256', secret).update(`${time}.`).update(raw).digest();
  return given.some((hex) => timingSafeEqual(Buffer.from(hex, 'hex'), right));
}
