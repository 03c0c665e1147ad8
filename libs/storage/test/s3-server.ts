import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { signatureProblem } from './verify-signature';

interface Stored {
  file: string;
  size: number;
  etag: string;
  contentType: string;
  modified: Date;
}
interface Upload {
  key: string;
  contentType: string;
  initiated: Date;
  parts: Map<number, Stored>;
}

class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(code);
  }
}

const statusOfCode: Record<string, number> = {
  InvalidAccessKeyId: 403,
  SignatureDoesNotMatch: 403,
  AccessDenied: 403,
  RequestTimeTooSkewed: 403,
};
const leastPart = 5 * 1024 * 1024;
const xml = (text: string): string => text.replace(/[<>&"]/g, (c) => `&#${c.charCodeAt(0)};`);

/**
 * One bucket of S3 over path-style HTTP, as strict as the real one in what this project relies on: it recomputes every
 * Signature Version 4, compares the signed digest and Content-MD5 with the bytes that came, and takes a multipart upload only
 * with the ETags that it gave and parts of at least 5 MB. Bytes go to disk, so that it can be measured beside a client.
 */
export class S3Server {
  readonly objects = new Map<string, Stored>();
  readonly uploads = new Map<string, Upload>();
  /** Every request as `METHOD key?query-name` in the order of arrival. */
  readonly seen: string[] = [];
  /** Called before a request is answered; may wait, refuse with a status, or `drop` the connection. */
  interfere: (request: string, count: number) => Promise<number | 'drop' | undefined> | number | 'drop' | undefined = () => undefined;
  pageSize = 1000;
  private readonly server = createServer((request, response) => void this.serve(request, response));
  private folder = '';
  private counts = new Map<string, number>();

  constructor(
    readonly bucket: string,
    private readonly keys: Record<string, string>,
  ) {}

  async start(): Promise<string> {
    this.folder = await mkdtemp(join(tmpdir(), 's3-'));
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await rm(this.folder, { recursive: true });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = new URL(request.url ?? '/', 'http://s3');
      const name = `${request.method} ${decodeURIComponent(url.pathname.slice(1))}${[...url.searchParams.keys()].map((k) => `?${k}`).join('')}`;
      this.seen.push(name);
      const count = (this.counts.get(name) ?? 0) + 1;
      this.counts.set(name, count);
      const problem = signatureProblem(
        { method: request.method ?? '', target: request.url ?? '', headers: request.headers },
        this.keys,
        new Date(),
      );
      if (problem) throw new Refusal(statusOfCode[problem] ?? 400, problem);
      const interference = await this.interfere(name, count);
      if (interference === 'drop') return void request.socket.destroy();
      if (interference) throw new Refusal(interference, interference === 503 ? 'SlowDown' : 'InternalError');
      await this.answer(request, response, url);
    } catch (error) {
      request.resume();
      if (!(error instanceof Refusal)) {
        response.destroy(); // the client went away, or a defect of this server, which the test then sees as a network error
        return;
      }
      const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${error.code}</Code><Message>${error.code}</Message></Error>`;
      response.writeHead(error.status, { 'content-type': 'application/xml' }).end(request.method === 'HEAD' ? undefined : body);
    }
  }

  private async answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const [bucket = '', ...segments] = url.pathname.slice(1).split('/').map(decodeURIComponent);
    const key = segments.join('/');
    const query = url.searchParams;
    if (bucket !== this.bucket) throw new Refusal(404, 'NoSuchBucket');
    const uploadId = query.get('uploadId');
    switch (request.method) {
      case 'PUT':
        return uploadId
          ? this.uploadPart(request, response, key, uploadId, Number(query.get('partNumber')))
          : this.put(request, response, key);
      case 'POST':
        return uploadId ? this.complete(request, response, key, uploadId) : this.begin(request, response, key);
      case 'DELETE':
        if (uploadId) this.upload(key, uploadId, true);
        else this.objects.delete(key);
        return void response.writeHead(204).end();
      case 'HEAD':
      case 'GET':
        if (key) return this.get(request, response, key);
        return query.has('uploads') ? this.listUploads(response, query) : this.list(response, query);
      default:
        throw new Refusal(405, 'MethodNotAllowed');
    }
  }

  // Takes the body to disk and refuses it unless every digest that the client claimed is right.
  private async receive(request: IncomingMessage): Promise<Stored> {
    const claimed = String(request.headers['x-amz-content-sha256']);
    if (claimed.startsWith('STREAMING-')) throw new Refusal(501, 'NotImplemented');
    const file = join(this.folder, randomUUID());
    const md5 = createHash('md5');
    const sha256 = createHash('sha256');
    let size = 0;
    await pipeline(
      request,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          md5.update(chunk);
          sha256.update(chunk);
          size += chunk.length;
          yield chunk;
        }
      },
      createWriteStream(file),
    );
    const digest = md5.digest();
    if (request.headers['content-length'] !== String(size)) throw new Refusal(400, 'IncompleteBody');
    if (claimed !== 'UNSIGNED-PAYLOAD' && claimed !== sha256.digest('hex')) throw new Refusal(400, 'XAmzContentSHA256Mismatch');
    const contentMd5 = request.headers['content-md5'];
    if (contentMd5 !== undefined && contentMd5 !== digest.toString('base64')) throw new Refusal(400, 'BadDigest');
    const contentType = request.headers['content-type'] ?? 'binary/octet-stream';
    return { file, size, etag: `"${digest.toString('hex')}"`, contentType, modified: new Date() };
  }

  private async put(request: IncomingMessage, response: ServerResponse, key: string): Promise<void> {
    const stored = await this.receive(request);
    this.objects.set(key, stored);
    response.writeHead(200, { etag: stored.etag }).end();
  }

  private begin(request: IncomingMessage, response: ServerResponse, key: string): void {
    request.resume();
    const id = randomUUID();
    this.uploads.set(id, {
      key,
      contentType: request.headers['content-type'] ?? 'binary/octet-stream',
      initiated: new Date(),
      parts: new Map(),
    });
    sendXml(
      response,
      `<InitiateMultipartUploadResult><Bucket>${this.bucket}</Bucket><Key>${xml(key)}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
    );
  }

  private upload(key: string, id: string, remove = false): Upload {
    const upload = this.uploads.get(id);
    if (!upload || upload.key !== key) throw new Refusal(404, 'NoSuchUpload');
    if (remove) this.uploads.delete(id);
    return upload;
  }

  private async uploadPart(request: IncomingMessage, response: ServerResponse, key: string, id: string, number: number): Promise<void> {
    const upload = this.upload(key, id);
    if (!(number >= 1 && number <= 10_000)) throw new Refusal(400, 'InvalidArgument');
    const stored = await this.receive(request);
    upload.parts.set(number, stored);
    response.writeHead(200, { etag: stored.etag }).end();
  }

  private async complete(request: IncomingMessage, response: ServerResponse, key: string, id: string): Promise<void> {
    const upload = this.upload(key, id);
    const body = Buffer.concat(await request.toArray()).toString();
    const asked = [...body.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
      number: Number(/<PartNumber>(\d+)</.exec(part)?.[1]),
      etag: /<ETag>(.*?)</.exec(part)?.[1]?.replace(/&quot;|&#34;/g, '"'),
    }));
    if (asked.length === 0) throw new Refusal(400, 'MalformedXML');
    if (asked.some((part, i) => i > 0 && part.number <= (asked[i - 1]?.number ?? 0))) throw new Refusal(400, 'InvalidPartOrder');
    const parts = asked.map(({ number, etag }) => {
      const part = upload.parts.get(number);
      if (!part || part.etag !== etag) throw new Refusal(400, 'InvalidPart');
      return part;
    });
    if (parts.slice(0, -1).some((part) => part.size < leastPart)) throw new Refusal(400, 'EntityTooSmall');
    const file = join(this.folder, randomUUID());
    const all = async function* () {
      for (const part of parts) yield* createReadStream(part.file) as AsyncIterable<Buffer>;
    };
    await pipeline(Readable.from(all()), createWriteStream(file));
    const digests = Buffer.concat(parts.map((part) => Buffer.from(part.etag.slice(1, -1), 'hex')));
    const etag = `"${createHash('md5').update(digests).digest('hex')}-${parts.length}"`;
    this.objects.set(key, { file, size: (await stat(file)).size, etag, contentType: upload.contentType, modified: new Date() });
    this.uploads.delete(id);
    sendXml(
      response,
      `<CompleteMultipartUploadResult><Bucket>${this.bucket}</Bucket><Key>${xml(key)}</Key><ETag>${xml(etag)}</ETag></CompleteMultipartUploadResult>`,
    );
  }

  private async get(request: IncomingMessage, response: ServerResponse, key: string): Promise<void> {
    const stored = this.objects.get(key);
    if (!stored) throw new Refusal(404, 'NoSuchKey');
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const start = range ? Number(range[1]) : 0;
    const end = Math.min(range?.[2] ? Number(range[2]) : stored.size - 1, stored.size - 1);
    if (range && start >= stored.size) throw new Refusal(416, 'InvalidRange');
    response.writeHead(range ? 206 : 200, {
      etag: stored.etag,
      'content-type': stored.contentType,
      'content-length': Math.max(0, end - start + 1),
      'last-modified': stored.modified.toUTCString(),
      ...(range && { 'content-range': `bytes ${start}-${end}/${stored.size}` }),
    });
    if (request.method === 'HEAD' || stored.size === 0) return void response.end();
    await pipeline(createReadStream(stored.file, { start, end }), response);
  }

  private list(response: ServerResponse, query: URLSearchParams): void {
    if (query.get('list-type') !== '2') throw new Refusal(501, 'NotImplemented');
    const prefix = query.get('prefix') ?? '';
    const after = Buffer.from(query.get('continuation-token') ?? '', 'base64url').toString();
    const size = Math.min(Number(query.get('max-keys') ?? this.pageSize), this.pageSize);
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const page = keys.slice(0, size);
    const contents = page.map((key) => {
      const stored = this.objects.get(key);
      return `<Contents><Key>${xml(key)}</Key><LastModified>${stored?.modified.toISOString()}</LastModified><ETag>${xml(stored?.etag ?? '')}</ETag><Size>${stored?.size}</Size></Contents>`;
    });
    const more = keys.length > size;
    const next = more ? `<NextContinuationToken>${Buffer.from(page.at(-1) ?? '').toString('base64url')}</NextContinuationToken>` : '';
    sendXml(
      response,
      `<ListBucketResult><Name>${this.bucket}</Name><KeyCount>${page.length}</KeyCount><IsTruncated>${more}</IsTruncated>${contents.join('')}${next}</ListBucketResult>`,
    );
  }

  private listUploads(response: ServerResponse, query: URLSearchParams): void {
    const uploads = [...this.uploads].filter(([, upload]) => upload.key.startsWith(query.get('prefix') ?? ''));
    const rows = uploads.map(
      ([id, upload]) =>
        `<Upload><Key>${xml(upload.key)}</Key><UploadId>${id}</UploadId><Initiated>${upload.initiated.toISOString()}</Initiated></Upload>`,
    );
    sendXml(
      response,
      `<ListMultipartUploadsResult><Bucket>${this.bucket}</Bucket><IsTruncated>false</IsTruncated>${rows.join('')}</ListMultipartUploadsResult>`,
    );
  }
}

function sendXml(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'application/xml' }).end(`<?xml version="1.0" encoding="UTF-8"?>${body}`);
}
