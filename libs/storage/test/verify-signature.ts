import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

// The receiving side of AWS Signature Version 4 in the Authorization header, written from AWS's description
// ("Authenticating Requests: Using the Authorization Header") and not from the client that it is to prove.

export interface SignedRequest {
  method: string;
  /** Path and query as they came over the wire. */
  target: string;
  headers: Record<string, string | string[] | undefined>;
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** The S3 error code of what is wrong with the signature, or null when it is right. */
export function signatureProblem(request: SignedRequest, keys: Record<string, string>, now: Date): string | null {
  const header = (name: string): string => String(request.headers[name] ?? '');
  const authorization =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/.exec(
      header('authorization'),
    );
  if (!authorization) return 'AccessDenied';
  const [, accessKey = '', day = '', region = '', signedHeaders = '', signature = ''] = authorization;
  const secret = keys[accessKey];
  if (secret === undefined) return 'InvalidAccessKeyId';
  const date = header('x-amz-date');
  const time = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!date.startsWith(day) || !(Math.abs(now.getTime() - time) <= 15 * 60_000)) return 'RequestTimeTooSkewed';
  const names = signedHeaders.split(';');
  const mustSign = Object.keys(request.headers).filter((name) => name === 'host' || name === 'content-md5' || name.startsWith('x-amz-'));
  if (mustSign.some((name) => !names.includes(name))) return 'AccessDenied';

  const [path = '', query = ''] = request.target.split('?', 2);
  const canonicalQuery = query
    .split('&')
    .filter(Boolean)
    .map((pair) => pair.split('=', 2).map((part) => encode(decodeURIComponent(part))))
    .map(([name = '', value = '']) => [name, value] as const)
    .sort((a, b) => (a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]) ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  const canonicalHeaders = names.map((name) => `${name}:${header(name).trim().replace(/ +/g, ' ')}\n`).join('');
  const canonicalPath = path
    .split('/')
    .map((segment) => encode(decodeURIComponent(segment)))
    .join('/');
  const canonical = [request.method, canonicalPath, canonicalQuery, canonicalHeaders, signedHeaders, header('x-amz-content-sha256')].join(
    '\n',
  );
  const scope = `${day}/${region}/s3/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', date, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, day), region), 's3'), 'aws4_request');
  return timingSafeEqual(hmac(key, toSign), Buffer.from(signature, 'hex')) ? null : 'SignatureDoesNotMatch';
}
