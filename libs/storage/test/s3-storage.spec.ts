import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { openStorage, partSize } from '../src';
import { S3Server } from './s3-server';
import { collect, holdsToTheContract } from './storage-contract';
import { signatureProblem } from './verify-signature';

const contentType = 'audio/wav';
const MB = 1024 * 1024;

describe('storage in S3', () => {
  const env = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'a-secret/with+signs' };
  let server: S3Server;
  let endpoint: string;
  const url = (prefix = 'some/prefix') => `s3://assets/${prefix}?region=eu-west-1&endpoint=${encodeURIComponent(endpoint)}`;
  const open = (of: NodeJS.ProcessEnv = env) => openStorage(url(), of);
  const raw = () =>
    new S3Client({
      endpoint,
      region: 'eu-west-1',
      forcePathStyle: true,
      credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY },
    });
  const large = () => Readable.from([Buffer.alloc(partSize, 1), Buffer.alloc(partSize, 2), Buffer.alloc(10, 3)]);

  beforeEach(async () => {
    server = new S3Server('assets', { AKIDEXAMPLE: 'a-secret/with+signs' });
    endpoint = await server.start();
  });
  afterEach(() => server.stop());

  holdsToTheContract(() => open());

  it('puts its prefix before every key and keeps the content type', async () => {
    const storage = open();
    await storage.write('t1/a.wav', Readable.from([Buffer.from('x')]), { contentType });
    await storage.write('t1/long.wav', large(), { contentType });
    expect([...server.objects.keys()]).toEqual(['some/prefix/t1/a.wav', 'some/prefix/t1/long.wav']);
    expect([...server.objects.values()].map((stored) => stored.contentType)).toEqual([contentType, contentType]);
    expect(storage.url('t1/a.wav')).toBe('s3://assets/some/prefix/t1/a.wav');
  });

  it('sends a long object in parts of 16 MB, and a short one in one request', async () => {
    await open().write('long', large(), { contentType });
    expect(server.seen.filter((request) => request.startsWith('PUT'))).toHaveLength(3);
    expect(server.objects.get('some/prefix/long')).toMatchObject({ size: 2 * partSize + 10, etag: expect.stringMatching(/-3"$/) });
    server.seen.length = 0;
    await open().write('short', Readable.from([Buffer.alloc(partSize)]), { contentType });
    expect(server.seen).toEqual(['PUT assets/some/prefix/short?x-id']);
  });

  it('tries a part again that met a busy store or a broken line', async () => {
    server.interfere = (request, count) =>
      request.includes('partNumber') && count === 2 ? 503 : request.includes('partNumber') && count === 3 ? 'drop' : undefined;
    const written = await open().write('bumpy', large(), { contentType });
    expect(
      createHash('md5')
        .update(await buffer(await open().read('bumpy')))
        .digest('hex'),
    ).toBe(written.md5);
  });

  it('aborts its upload when a part or the completion fails for good, and says why', async () => {
    for (const failing of ['PUT', 'POST assets/some/prefix/lost?uploadId']) {
      server.interfere = (request) => (request.startsWith(failing) && request.includes('uploadId') ? 400 : undefined);
      await expect(open().write('lost', large(), { contentType })).rejects.toThrow('InternalError');
      expect(server.uploads.size).toBe(0);
      expect(server.objects.size).toBe(0);
    }
  });

  it('stops a part that is under way when it is aborted', async () => {
    const abort = new AbortController();
    server.interfere = (request) => {
      if (!request.includes('partNumber')) return undefined;
      setTimeout(() => abort.abort(new Error('shutting down')), 50);
      return new Promise((resolve) => setTimeout(() => resolve('drop'), 90_000).unref());
    };
    const begun = performance.now();
    await expect(open().write('cut', large(), { contentType, signal: abort.signal })).rejects.toThrow('shutting down');
    expect(performance.now() - begun).toBeLessThan(30_000);
    expect(server.uploads.size).toBe(0);
  });

  it('shows nothing of a write whose process was killed, and sweeps its upload away', async () => {
    const child = spawn(process.execPath, [join(__dirname, 'write-endlessly.js'), url()], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(server.uploads.size).toBe(1);
    expect(await open().stat('endless')).toBeNull();
    expect(await open().sweep(60_000)).toBe(0);
    expect(await open().sweep(0)).toBe(1);
    expect(server.uploads.size).toBe(0);
  });

  it('lists beyond one page', async () => {
    server.pageSize = 3;
    const names = Array.from({ length: 10 }, (_, i) => `p/${i}`);
    for (const name of names) await open().write(name, Readable.from([Buffer.from('x')]), { contentType });
    expect((await collect(open().list('p/'))).map((object) => object.key)).toEqual(names);
  });

  it('is refused with a wrong secret, an unknown key, or for another bucket', async () => {
    await expect(open({ ...env, AWS_SECRET_ACCESS_KEY: 'another' }).ping()).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    await expect(open({ ...env, AWS_ACCESS_KEY_ID: 'NOBODY' }).ping()).rejects.toMatchObject({ name: 'InvalidAccessKeyId' });
    await expect(openStorage(url().replace('assets', 'others'), env).ping()).rejects.toMatchObject({ name: 'NoSuchBucket' });
    const write = open({ ...env, AWS_SECRET_ACCESS_KEY: 'another' }).write('x', Readable.from([Buffer.from('x')]), { contentType });
    await expect(write).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    expect(server.objects.size).toBe(0);
  });

  it('holds at most one part in memory', async () => {
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, [join(__dirname, 'measure-memory.js'), url(), String(200 * MB)], {
      env: { ...process.env, ...env },
    });
    const measured = JSON.parse(stdout) as { size: number; grownFromStart: number; grownFromSettled: number };
    expect(measured.size).toBe(200 * MB);
    expect(measured.grownFromSettled).toBeLessThan(48 * MB); // 160 MB more went through
    expect(measured.grownFromStart).toBeLessThan(120 * MB); // with the SDK's code, a 16 MB part and the garbage of chunks
  });

  describe('the S3 server of these tests', () => {
    it('verifies the signature of the example that AWS publishes, and none that differs', () => {
      const example = (change: Record<string, string> = {}) => ({
        method: 'GET',
        target: '/test.txt',
        headers: {
          host: 'examplebucket.s3.amazonaws.com',
          range: 'bytes=0-9',
          'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
          'x-amz-date': '20130524T000000Z',
          authorization:
            'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
          ...change,
        },
      });
      const keys = { AKIAIOSFODNN7EXAMPLE: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
      const then = new Date('2013-05-24T00:01:00Z');
      expect(signatureProblem(example(), keys, then)).toBeNull();
      expect(signatureProblem(example({ range: 'bytes=0-99' }), keys, then)).toBe('SignatureDoesNotMatch');
      expect(signatureProblem({ ...example(), target: '/other.txt' }, keys, then)).toBe('SignatureDoesNotMatch');
      expect(signatureProblem({ ...example(), method: 'PUT' }, keys, then)).toBe('SignatureDoesNotMatch');
      expect(signatureProblem(example({ 'x-amz-acl': 'public-read' }), keys, then)).toBe('AccessDenied');
      expect(signatureProblem(example(), keys, new Date())).toBe('RequestTimeTooSkewed');
    });

    it('refuses parts with another ETag, small parts, and bytes that do not match their MD5', async () => {
      const client = raw();
      const target = { Bucket: 'assets', Key: 'k' };
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(target));
      const part = (PartNumber: number) => client.send(new UploadPartCommand({ ...target, UploadId, PartNumber, Body: Buffer.alloc(10) }));
      const { ETag } = await part(1);
      await part(2);
      const complete = (Parts: { ETag?: string; PartNumber: number }[]) =>
        client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }));
      await expect(complete([{ PartNumber: 1, ETag: '"0"' }])).rejects.toMatchObject({ name: 'InvalidPart' });
      await expect(complete([{ PartNumber: 3, ETag }])).rejects.toMatchObject({ name: 'InvalidPart' });
      await expect(
        complete([
          { PartNumber: 1, ETag },
          { PartNumber: 2, ETag },
        ]),
      ).rejects.toMatchObject({ name: 'EntityTooSmall' });
      const ContentMD5 = Buffer.alloc(16).toString('base64');
      await expect(client.send(new PutObjectCommand({ ...target, Body: 'x', ContentMD5 }))).rejects.toMatchObject({ name: 'BadDigest' });
      await expect(client.send(new GetObjectCommand(target))).rejects.toMatchObject({ name: 'NoSuchKey' });
      client.destroy();
    });
  });
});
