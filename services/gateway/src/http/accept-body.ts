import type { IncomingMessage, ServerResponse } from 'node:http';

const waiting = new WeakSet<IncomingMessage>();

/** Marks a request whose sender waits for `100 Continue` before it sends the body (RFC 9110, 10.1.1). */
export const markExpecting = (request: IncomingMessage): void => void waiting.add(request);

/** Tells a sender that waits to go on: whoever will read the body calls this first. */
export function acceptBody(request: IncomingMessage, response: ServerResponse): void {
  if (waiting.delete(request)) response.writeContinue();
}

/** Whether the request says that it has no body. */
export const hasNoBody = (request: IncomingMessage): boolean =>
  request.headers['transfer-encoding'] === undefined && (request.headers['content-length'] ?? '0') === '0';

/** How long the rest of a refused body is read and dropped, so that its sender can read the refusal; milliseconds. */
const linger = 5_000;

/**
 * Called when a request is answered though its body was not read. A sender that still waits will not send it: the connection
 * ends. Of others the rest is dropped (Node does), but not for ever.
 */
export function abandonBody(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete || hasNoBody(request)) return;
  if (waiting.has(request)) {
    if (!response.headersSent) response.setHeader('connection', 'close');
    return;
  }
  const timer = setTimeout(() => {
    if (!request.complete) request.socket.destroy();
  }, linger);
  timer.unref();
  request.once('close', () => clearTimeout(timer));
}
