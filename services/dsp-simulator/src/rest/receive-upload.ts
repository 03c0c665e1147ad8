import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { MultipartFile } from '@fastify/multipart';
import { flushFolder, writeAtomically } from '../disk/write-atomically';
import { restManifestName } from '../deliveries/delivery';
import { readRestManifest, type RestManifest } from './manifest';
import { signatureProblem } from './signature';

/** An answer other than 202, with what is wrong. */
export class UploadRefused extends Error {
  constructor(
    readonly status: 400 | 401 | 413 | 422 | 503,
    message: string,
  ) {
    super(message);
  }
}

const largestManifest = 1024 * 1024;

export interface Upload {
  manifest: RestManifest;
  /** True when the same message was received before; nothing was kept of this one then. */
  isRepeated: boolean;
}

export interface UploadSetup {
  /** Folder of the DSP's deliveries: `<folder>/<message id>/`. */
  folder: string;
  idempotencyKey: string | undefined;
  signature: string | undefined;
  signatureKey: string;
  maxFileBytes: number;
  /** Whether this upload is to fail, seen the message. */
  refuses(xml: Buffer): Promise<boolean>;
}

/**
 * Takes the parts of a REST delivery to disk as they come: manifest, message, resources. The folder gets its name when the last byte is
 * there and right, so that a folder with that name is a whole delivery. @throws UploadRefused
 */
export async function receiveUpload(parts: AsyncIterable<MultipartFile>, setup: UploadSetup): Promise<Upload> {
  const arriving = join(setup.folder, `.arriving-${randomBytes(8).toString('hex')}`);
  try {
    return await receive(parts, arriving, setup);
  } finally {
    await rm(arriving, { recursive: true, force: true });
  }
}

async function receive(parts: AsyncIterable<MultipartFile>, arriving: string, setup: UploadSetup): Promise<Upload> {
  let manifest: RestManifest | undefined;
  let isRepeated = false;
  let next = 0;
  for await (const part of readable(parts)) {
    if (!manifest) {
      if (part.fieldname !== 'manifest') throw new UploadRefused(422, 'The first part must be the manifest');
      const bytes = await collect(part.file, largestManifest);
      const problem = signatureProblem(setup.signature, bytes, setup.signatureKey);
      if (problem) throw new UploadRefused(401, problem);
      const read = readRestManifest(bytes);
      if ('problem' in read) throw new UploadRefused(422, read.problem);
      if (setup.idempotencyKey !== undefined && setup.idempotencyKey !== read.message_id)
        throw new UploadRefused(422, 'Idempotency-Key and message_id differ');
      manifest = read;
      isRepeated = await isThere(join(setup.folder, manifest.message_id));
      await mkdir(arriving, { recursive: true });
      await writeAtomically(join(arriving, restManifestName), bytes);
      continue;
    }
    const expected = next === 0 ? 'message' : 'resource';
    if (part.fieldname !== expected) throw new UploadRefused(422, `Part ${next + 2} is ${part.fieldname}, not ${expected}`);
    const file = manifest.files[next++];
    if (!file) throw new UploadRefused(422, 'There are more parts than the manifest lists');
    // A sender that repeats itself is heard out, which ends its request in good order, and nothing is kept.
    if (isRepeated) await drain(part.file);
    else await keep(part.file, join(arriving, file.path), file, setup.maxFileBytes);
    if (next === 1 && !isRepeated && (await setup.refuses(await readFile(join(arriving, file.path)))))
      throw new UploadRefused(503, 'The title asks for failing uploads: [fail-upload]');
  }
  if (!manifest) throw new UploadRefused(422, 'The manifest is missing');
  if (next < manifest.files.length) throw new UploadRefused(422, `${manifest.files[next]!.path} is missing`);
  if (isRepeated) return { manifest, isRepeated };
  try {
    await flushFolder(arriving);
    await rename(arriving, join(setup.folder, manifest.message_id));
    await flushFolder(setup.folder);
  } catch (error) {
    // The same message came by another request meanwhile.
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return { manifest, isRepeated: true };
  }
  return { manifest, isRepeated: false };
}

/** The parts, what is no multipart body being the sender's fault. */
async function* readable(parts: AsyncIterable<MultipartFile>): AsyncIterable<MultipartFile> {
  try {
    yield* parts;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode) throw error;
    throw new UploadRefused(400, (error as Error).message);
  }
}

async function keep(from: Readable, path: string, file: RestManifest['files'][number], largest: number): Promise<void> {
  const md5 = createHash('md5');
  const sha256 = createHash('sha256');
  let bytes = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      md5.update(chunk);
      if (file.sha256) sha256.update(chunk);
      done(bytes > largest ? new UploadRefused(413, `A file has at most ${largest} bytes`) : null, chunk);
    },
  });
  await mkdir(dirname(path), { recursive: true });
  try {
    await pipeline(from, measure, createWriteStream(path, { flags: 'wx', flush: true }));
  } catch (error) {
    // A body that breaks off; trouble with our own disk is another matter.
    if (error instanceof UploadRefused || (error as NodeJS.ErrnoException).syscall) throw error;
    throw new UploadRefused(400, (error as Error).message);
  }
  if ((from as Readable & { truncated?: boolean }).truncated) throw new UploadRefused(413, `${file.path} is too large`);
  if (bytes !== file.size) throw new UploadRefused(422, `${file.path} has ${bytes} bytes, the manifest says ${file.size}`);
  const sum = md5.digest('hex');
  if (sum !== file.md5.toLowerCase()) throw new UploadRefused(422, `${file.path} has the MD5 ${sum}, the manifest says ${file.md5}`);
  if (file.sha256 && sha256.digest('hex') !== file.sha256.toLowerCase())
    throw new UploadRefused(422, `${file.path} has another SHA-256 than the manifest says`);
}

async function collect(from: Readable, largest: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of from as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > largest) throw new UploadRefused(413, `A manifest has at most ${largest} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function drain(from: Readable): Promise<void> {
  for await (const _chunk of from) continue;
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
