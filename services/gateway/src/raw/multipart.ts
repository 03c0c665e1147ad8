import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { invalid, Refused } from '@tonegrid/errors';
import { ruleMessage } from '@tonegrid/rpc';
import { ClientGone } from '../http/client-gone';

/** The file part of an upload, open for reading. */
export interface FilePart {
  /** Name that the sender gave; not trusted. */
  name: string;
  /** Type that the sender gave; not trusted. */
  type: string;
  /** The bytes as they arrive. Ends only when the whole form has been read and was right; throws otherwise. */
  chunks: AsyncIterable<Buffer>;
}

/** What an upload must keep to. */
export interface UploadBounds {
  /** Name of the file part. */
  field: string;
  maxBytes: number;
  /** Longest silence of the sender, milliseconds. */
  stallMs: number;
}

const largestChunk = 256 * 1024;
/** Part headers and boundaries beside the file itself. */
const overhead = 64 * 1024;

/**
 * Reads a multipart form with one file part, without holding it: bytes are asked of the socket only as fast as they are taken.
 * Throws `request.unsupported_media_type`, `request.too_large`, `request.malformed`, a 422 for a missing or unknown part,
 * `request.timeout` for a sender that falls silent and ClientGone for one that leaves.
 */
export async function openUpload(request: IncomingMessage, bounds: UploadBounds): Promise<FilePart> {
  const type = request.headers['content-type'];
  if (!type || !/^multipart\/form-data\s*;/i.test(type))
    throw new Refused('request.unsupported_media_type', { params: { expected: 'multipart/form-data' } });
  if (request.headers['content-encoding'] !== undefined) throw new Refused('request.unsupported_encoding');
  if (Number(request.headers['content-length'] ?? 0) > bounds.maxBytes + overhead) throw tooLarge(bounds);
  return new Upload(request, type, bounds).open();
}

const tooLarge = ({ maxBytes }: UploadBounds) => new Refused('request.too_large', { params: { limit: maxBytes } });

class Upload {
  private readonly form: BusboyInstance;
  private readonly failed: Promise<never>;
  private fail!: (error: Error) => void;
  private readonly finished: Promise<void>;
  private stall: NodeJS.Timeout | undefined;
  private files = 0;

  constructor(
    private readonly request: IncomingMessage,
    type: string,
    private readonly bounds: UploadBounds,
  ) {
    this.failed = new Promise<never>((_, reject) => (this.fail = reject));
    // Whoever reads is told through `failed`; without a reader yet it must not end the process.
    this.failed.catch(() => undefined);
    try {
      this.form = new Busboy({
        headers: { ...request.headers, 'content-type': type },
        limits: { fileSize: bounds.maxBytes, fields: 10, fieldSize: 1024, fieldNameSize: 200, files: 2, parts: 12, headerPairs: 20 },
      });
    } catch (error) {
      // Busboy's only complaint here: no boundary.
      throw error instanceof Error ? new Refused('request.malformed') : error;
    }
    this.finished = new Promise((resolve) => this.form.once('finish', () => resolve()));
  }

  async open(): Promise<FilePart> {
    const { request, form, bounds } = this;
    const opened = new Promise<FilePart>((resolve) => {
      form.on('file', (field, stream, name, _encoding, type) => {
        this.files += 1;
        if (field !== bounds.field) return this.refusePart(stream, field, 'unknown');
        if (this.files > 1) return this.refusePart(stream, field, 'max_items');
        // Busboy tells the part, not the form, when the form ends in the middle of it.
        stream.on('error', () => this.fail(new Refused('request.malformed')));
        stream.once('limit', () => this.fail(tooLarge(bounds)));
        resolve({ name: name ?? '', type, chunks: this.chunksOf(stream) });
      });
    });
    form.on('field', (field) => this.fail(field === bounds.field ? invalidPart(field, 'file') : invalidPart(field, 'unknown')));
    form.on('error', () => this.fail(new Refused('request.malformed')));
    for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const)
      form.on(limit, () => this.fail(invalidPart(bounds.field, 'max_items')));
    request
      .on('data', () => this.heard())
      .once('close', () => {
        clearTimeout(this.stall);
        if (!request.complete) this.fail(new ClientGone());
      });
    request.on('error', () => this.fail(new ClientGone()));
    this.heard();
    request.pipe(form);
    try {
      return await Promise.race([opened, this.failed, this.finished.then(() => Promise.reject(invalidPart(bounds.field, 'required')))]);
    } catch (error) {
      this.abandon();
      throw error;
    }
  }

  private async *chunksOf(stream: Readable): AsyncGenerator<Buffer> {
    // A destroyed stream ends the loop below even while it waits for bytes.
    this.failed.catch((error: Error) => stream.destroy(error));
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        for (let at = 0; at < chunk.length; at += largestChunk) yield chunk.subarray(at, at + largestChunk);
      }
      await Promise.race([this.finished, this.failed]);
    } catch (error) {
      throw await this.causeOf(error);
    } finally {
      this.abandon();
    }
  }

  /** Why reading ended: the first thing that went wrong, of which the stream's own error is an echo. */
  private causeOf(error: unknown): Promise<unknown> {
    return Promise.race([this.failed, Promise.resolve(error)]).catch((first: unknown) => first);
  }

  private refusePart(stream: Readable, field: string, rule: 'unknown' | 'max_items'): void {
    stream.on('error', () => undefined).resume();
    this.fail(invalidPart(field, rule));
  }

  /** Time without a byte is the sender's silence only while we are listening: a full pipe is ours. */
  private heard(): void {
    clearTimeout(this.stall);
    this.stall = setTimeout(
      () => (this.request.isPaused() || this.request.readableLength > 0 ? this.heard() : this.fail(new Refused('request.timeout'))),
      this.bounds.stallMs,
    );
    this.stall.unref();
  }

  private abandon(): void {
    clearTimeout(this.stall);
    this.request.unpipe(this.form);
    this.request.resume();
  }
}

const invalidPart = (field: string, rule: 'unknown' | 'required' | 'file' | 'max_items'): Refused =>
  invalid({ [field]: [ruleMessage(rule, field, { limit: 1 })] });
