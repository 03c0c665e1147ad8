import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import { MeasuredBytes } from './measure-bytes';
import {
  checkKey,
  checkPrefix,
  ObjectMissing,
  partSize,
  RangeOutside,
  type ByteRange,
  type Storage,
  type StoredObject,
  type Written,
} from './storage';

/** Where the bucket is. `endpoint` names a store other than AWS; `prefix` (no slashes around it) is put before every key. */
export interface S3Location {
  bucket: string;
  prefix: string;
  region: string;
  endpoint?: string;
  pathStyle: boolean;
  /** Without them the SDK's own chain looks for some (role of the pod or machine). */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

/**
 * Objects in an S3 bucket. Long ones go up part by part here and not through lib-storage's Upload, which neither stops a part
 * that is under way when it is aborted, nor waits until its abort has reached the store, nor lets the store check each part's MD5.
 */
export class S3Storage implements Storage {
  private readonly client: S3Client;

  constructor(private readonly location: S3Location) {
    this.client = new S3Client({
      region: location.region,
      endpoint: location.endpoint,
      forcePathStyle: location.pathStyle,
      credentials: location.credentials,
      // The SDK's newer default checksums travel as trailers, which stores other than AWS often do not know.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      maxAttempts: 4,
      requestHandler: { connectionTimeout: 5_000, socketTimeout: 60_000 },
    });
  }

  async write(key: string, bytes: AsyncIterable<Uint8Array>, options: { contentType: string; signal?: AbortSignal }): Promise<Written> {
    const target = { Bucket: this.location.bucket, Key: this.fullKey(key) };
    const measured = new MeasuredBytes(bytes, options.signal);
    const sent = { abortSignal: options.signal };
    let uploadId: string | undefined;
    const parts: CompletedPart[] = [];
    try {
      for await (const part of inParts(measured)) {
        if (part.isLast && !uploadId) {
          const put = { ...target, ContentType: options.contentType, Body: part.bytes, ContentMD5: md5Of(part.bytes) };
          await this.client.send(new PutObjectCommand(put), sent);
          return measured.result();
        }
        uploadId ??= await this.beginUpload(target, options.contentType, sent);
        const PartNumber = parts.length + 1;
        const upload = { ...target, UploadId: uploadId, PartNumber, Body: part.bytes, ContentMD5: md5Of(part.bytes) };
        const { ETag } = await this.client.send(new UploadPartCommand(upload), sent);
        parts.push({ ETag, PartNumber });
      }
      options.signal?.throwIfAborted();
      const complete = { ...target, UploadId: uploadId, MultipartUpload: { Parts: parts } };
      await this.client.send(new CompleteMultipartUploadCommand(complete), sent);
      return measured.result();
    } catch (error) {
      // What a failed abort leaves behind is for sweep(); the reason of the failure is what the caller needs to know.
      if (uploadId) await this.abortUpload(target.Key, uploadId).catch(() => undefined);
      throw options.signal?.aborted ? options.signal.reason : error;
    }
  }

  async read(key: string, range?: ByteRange): Promise<Readable> {
    const Range = range && `bytes=${range.start}-${range.end ?? ''}`;
    try {
      const { Body } = await this.client.send(new GetObjectCommand({ Bucket: this.location.bucket, Key: this.fullKey(key), Range }));
      return Body as Readable;
    } catch (error) {
      const status = statusOf(error);
      if (status === 404) throw new ObjectMissing(key);
      if (status === 416) throw new RangeOutside(key);
      throw error;
    }
  }

  async stat(key: string): Promise<StoredObject | null> {
    try {
      const head = await this.client.send(new HeadObjectCommand({ Bucket: this.location.bucket, Key: this.fullKey(key) }));
      return { key, size: head.ContentLength ?? 0, modifiedAt: head.LastModified ?? new Date(0) };
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket: this.location.bucket, Key: this.fullKey(key) }));
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    checkPrefix(prefix);
    const before = this.beforeKey();
    let ContinuationToken: string | undefined;
    do {
      const page = await this.client.send(
        new ListObjectsV2Command({ Bucket: this.location.bucket, Prefix: before + prefix, ContinuationToken }),
      );
      for (const { Key = '', Size = 0, LastModified = new Date(0) } of page.Contents ?? [])
        yield { key: Key.slice(before.length), size: Size, modifiedAt: LastModified };
      ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (ContinuationToken);
  }

  url(key: string): string {
    return `s3://${this.location.bucket}/${this.fullKey(key)}`;
  }

  async ping(): Promise<void> {
    await this.client.send(new ListObjectsV2Command({ Bucket: this.location.bucket, Prefix: this.beforeKey(), MaxKeys: 1 }));
  }

  async sweep(olderThanMs: number): Promise<number> {
    let aborted = 0;
    let position: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
    while (position) {
      const page: {
        Uploads?: { Key?: string; UploadId?: string; Initiated?: Date }[];
        IsTruncated?: boolean;
        NextKeyMarker?: string;
        NextUploadIdMarker?: string;
      } = await this.client.send(new ListMultipartUploadsCommand({ Bucket: this.location.bucket, Prefix: this.beforeKey(), ...position }));
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        if (!Key || !UploadId || !Initiated || Date.now() - Initiated.getTime() < olderThanMs) continue;
        await this.abortUpload(Key, UploadId);
        aborted++;
      }
      position = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined;
    }
    return aborted;
  }

  close(): void {
    this.client.destroy();
  }

  private async beginUpload(
    target: { Bucket: string; Key: string },
    ContentType: string,
    sent: { abortSignal?: AbortSignal },
  ): Promise<string> {
    const { UploadId } = await this.client.send(new CreateMultipartUploadCommand({ ...target, ContentType }), sent);
    if (!UploadId) throw new Error(`the store began no multipart upload of "${target.Key}"`);
    return UploadId;
  }

  private async abortUpload(Key: string, UploadId: string): Promise<void> {
    await this.client.send(new AbortMultipartUploadCommand({ Bucket: this.location.bucket, Key, UploadId }));
  }

  private beforeKey(): string {
    return this.location.prefix ? `${this.location.prefix}/` : '';
  }

  private fullKey(key: string): string {
    checkKey(key);
    return this.beforeKey() + key;
  }
}

/**
 * Cuts a stream into parts of exactly `partSize` and a last one that may be shorter (or empty, for an empty stream). Each is a view of
 * one and the same buffer: a part must be done with before the next is asked for.
 */
async function* inParts(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<{ bytes: Buffer; isLast: boolean }> {
  const buffer = Buffer.allocUnsafeSlow(partSize);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let taken = 0; taken < chunk.byteLength;) {
      // Only when more bytes follow is a full buffer known not to be the last part.
      if (filled === partSize) {
        yield { bytes: buffer, isLast: false };
        filled = 0;
      }
      const piece = chunk.subarray(taken, taken + partSize - filled);
      buffer.set(piece, filled);
      filled += piece.byteLength;
      taken += piece.byteLength;
    }
  }
  yield { bytes: buffer.subarray(0, filled), isLast: true };
}

const md5Of = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('base64');

const statusOf = (error: unknown): number | undefined => (error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined);
