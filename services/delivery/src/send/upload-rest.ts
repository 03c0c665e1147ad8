import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Storage } from '@tonegrid/storage';
import { request } from 'undici';
import { sign } from '../sign';
import { DspAway, Hopeless, oneLine } from './failures';
import type { SendableMessage } from './plan-upload';
import { readChecked } from './read-checked';

/** Where to and with which secrets. */
export interface RestRoute {
  url: string;
  token: string;
  /** Signs the manifest. */
  key: string;
  recipientDpid: string;
}

/** Statuses that say: come again. */
const again = new Set([401, 403, 408, 409, 425, 429]);
const answerMs = 120_000;
const largestAnswer = 64 * 1024;

/**
 * Brings a delivery to a REST endpoint as one multipart POST: a signed manifest, the message, the resources, streamed from storage. The
 * message's id is the Idempotency-Key: an attempt after a crash delivers nothing twice. Answers how many bytes were sent.
 */
export async function uploadRest(route: RestRoute, message: SendableMessage, storage: Storage, signal: AbortSignal): Promise<number> {
  const manifest = Buffer.from(JSON.stringify(manifestOf(route, message)));
  const boundary = `tonegrid-${createHash('sha256').update(message.message_id).digest('hex').slice(0, 32)}`;
  const parts = partsOf(message, manifest, boundary);
  const end = Buffer.from(`--${boundary}--\r\n`);
  const length = parts.reduce((sum, { head, size }) => sum + head.length + size + 2, end.length);

  async function* body(): AsyncGenerator<Uint8Array> {
    for (const part of parts) {
      yield part.head;
      if ('content' in part) yield part.content;
      else yield* readChecked(storage, part.resource);
      yield Buffer.from('\r\n');
    }
    yield end;
  }

  let answer: { status: number; retryAfter: string | undefined; text: string };
  try {
    const response = await request(`${route.url.replace(/\/$/, '')}/releases`, {
      method: 'POST',
      headers: {
        'content-type': `multipart/form-data; boundary=${boundary}`,
        'content-length': String(length),
        authorization: `Bearer ${route.token}`,
        'idempotency-key': message.message_id,
        'x-tonegrid-signature': sign(route.key, manifest),
      },
      body: Readable.from(body(), { objectMode: false }),
      headersTimeout: answerMs,
      bodyTimeout: answerMs,
      signal,
    });
    const { 'retry-after': retryAfter } = response.headers;
    answer = { status: response.statusCode, retryAfter: String(retryAfter ?? ''), text: await beginningOf(response.body) };
  } catch (error) {
    if (error instanceof Hopeless) throw error;
    throw new DspAway(`REST: ${error instanceof Error ? error.message : 'the request failed'}`);
  }
  if (answer.status >= 200 && answer.status < 300) return length;
  const said = oneLine(`The DSP answered ${answer.status}${reasonIn(answer.text)}`);
  if (answer.status >= 500 || again.has(answer.status) || answer.status < 400) throw new DspAway(said, secondsOf(answer.retryAfter) * 1000);
  throw new Hopeless(said);
}

function manifestOf(route: RestRoute, message: SendableMessage) {
  const digest = (algorithm: string) => createHash(algorithm).update(message.content).digest('hex');
  return {
    message_id: message.message_id,
    thread_id: message.thread_id,
    message_type: message.message_type,
    ern_version: message.ern_version,
    recipient: route.recipientDpid,
    release_id: message.release_identifier,
    files: [
      { path: message.file_name, md5: digest('md5'), sha256: digest('sha256'), size: message.content.length },
      ...message.resources.map(({ path, md5, size }) => ({ path, md5, size })),
    ],
  };
}

function partsOf(message: SendableMessage, manifest: Buffer, boundary: string) {
  const head = (name: string, type: string, fileName?: string) => {
    const file = fileName === undefined ? '' : `; filename="${encodeURIComponent(fileName)}"`;
    return Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\nContent-Type: ${type}\r\n\r\n`);
  };
  return [
    { head: head('manifest', 'application/json'), size: manifest.length, content: manifest },
    { head: head('message', 'application/xml', message.file_name), size: message.content.length, content: message.content },
    ...message.resources.map((resource) => ({
      head: head('resource', 'application/octet-stream', resource.path),
      size: resource.size,
      resource,
    })),
  ];
}

async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of body) {
    text += chunk.toString();
    if (text.length > largestAnswer) break;
  }
  return text;
}

/** `: …` with the `error` of a JSON answer; empty when there is none. */
function reasonIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === 'string' ? `: ${error.slice(0, 300)}` : '';
  } catch {
    return ''; // no JSON: the status alone has to do
  }
}

const secondsOf = (retryAfter: string | undefined): number => (retryAfter && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : 0);
