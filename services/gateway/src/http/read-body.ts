import type { IncomingMessage, ServerResponse } from 'node:http';
import { createGunzip } from 'node:zlib';
import { Refused } from '@tonegrid/errors';
import { acceptBody, hasNoBody } from './accept-body';
import { ClientGone } from './client-gone';

/** Bounds of a body that is held in memory. */
export interface BodyBounds {
  /** Bytes after decompression. */
  maxBytes: number;
  /** Milliseconds until it must have arrived. */
  timeoutMs: number;
  /** The bytes must stay as they are: a compressed body is refused. */
  verbatim?: boolean;
}

/**
 * Reads a whole body, inflating gzip. Throws `request.too_large` as soon as more than the bound has come out of it (a bomb costs
 * no more memory than the bound), `request.malformed` for broken gzip, `request.unsupported_encoding` for other encodings,
 * `request.timeout` when it comes too slowly, ClientGone when its sender leaves.
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  { maxBytes, timeoutMs, verbatim }: BodyBounds,
): Promise<Buffer> {
  const tooLarge = () => new Refused('request.too_large', { params: { limit: maxBytes } });
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  const zipped = encoding === 'gzip' || encoding === 'x-gzip';
  if ((!zipped && encoding !== 'identity') || (zipped && verbatim)) return Promise.reject(new Refused('request.unsupported_encoding'));
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(tooLarge());
  if (hasNoBody(request)) return Promise.resolve(Buffer.alloc(0));

  acceptBody(request, response);
  return new Promise((resolve, reject) => {
    const gunzip = zipped ? createGunzip() : undefined;
    const source = gunzip ?? request;
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => fail(new Refused('request.timeout')), timeoutMs);

    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) fail(tooLarge());
      else chunks.push(chunk);
    };
    const onEnd = () => {
      settle();
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size));
    };
    const onGone = () => {
      if (!request.complete) fail(new ClientGone());
    };
    const settle = () => {
      clearTimeout(timer);
      source.off('data', onData).off('end', onEnd);
      request.off('close', onGone);
    };
    const fail = (error: Error) => {
      settle();
      if (gunzip) request.unpipe(gunzip);
      gunzip?.destroy();
      // What is still to come is dropped; without a consumer the connection would stand still.
      request.resume();
      reject(error);
    };
    source.on('data', onData).on('end', onEnd);
    request.on('close', onGone).on('error', () => fail(new ClientGone()));
    if (gunzip) {
      gunzip.on('error', () => fail(new Refused('request.malformed')));
      request.pipe(gunzip);
    }
  });
}
