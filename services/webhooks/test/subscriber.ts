import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { waitFor } from '@tonegrid/testing';

/** A request as it arrived. */
export interface Receipt {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  /** The bytes that were signed. */
  raw: string;
  /** X-ToneGrid-Delivery-Id. */
  deliveryId: string;
  event: string;
  eventId: string;

  body: any;
}

/** What a subscriber does with its nth request (from 0). */
export type Behaviour = (response: ServerResponse, receipt: Receipt, n: number, request: IncomingMessage) => void;

/** A status for every request. */
export const answer =
  (status: number, headers: Record<string, string> = {}, body = ''): Behaviour =>
  (response) =>
    void response.writeHead(status, headers).end(body);

/** 200 after some milliseconds. */
export const answerAfter =
  (ms: number): Behaviour =>
  (response) =>
    void setTimeout(() => response.writeHead(200).end('ok'), ms);

/** A subscriber's endpoint on loopback: keeps what it gets. */
export interface Subscriber {
  url: string;
  receipts: Receipt[];
  behaviour: Behaviour;
  /** Events that arrived, in the order of their first arrival. */
  events(): string[];
  /** Waits until `count` requests have come. */
  received(count: number, timeout?: number): Promise<Receipt[]>;
  close(): Promise<void>;
}

/** Starts one that answers 200, or behaves as told; with `tls` it speaks https with that certificate. */
export async function startSubscriber(behaviour: Behaviour = answer(200), tls?: { key: string; cert: string }): Promise<Subscriber> {
  const listen = (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    request.on('end', () => {
      const receipt = received(request, Buffer.concat(chunks).toString());
      const n = subscriber.receipts.push(receipt) - 1;
      subscriber.behaviour(response, receipt, n, request);
    });
  };
  const server = tls ? createTlsServer(tls, listen) : createServer(listen);
  const subscriber: Subscriber = {
    url: '',
    receipts: [],
    behaviour,
    events: () => [...new Set(subscriber.receipts.map(({ eventId }) => eventId))],
    async received(count, timeout = 30_000) {
      await waitFor(() => subscriber.receipts.length >= count, { timeout, what: `${count} requests` }).catch((error: Error) => {
        throw new Error(`${error.message}; there are ${subscriber.receipts.length}`);
      });
      return subscriber.receipts;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  subscriber.url = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}/hooks?of=tonegrid`;
  return subscriber;
}

function received({ method = '', url = '', headers }: IncomingMessage, raw: string): Receipt {
  const body = raw.startsWith('{') ? (JSON.parse(raw) as { event_id: string }) : undefined;
  return {
    method,
    path: url,
    headers,
    raw,
    body,
    deliveryId: String(headers['x-tonegrid-delivery-id']),
    event: String(headers['x-tonegrid-event']),
    eventId: body?.event_id ?? '',
  };
}
