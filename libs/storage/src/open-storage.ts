import { fileURLToPath } from 'node:url';
import { DirectoryStorage } from './directory-storage';
import type { Storage } from './storage';

/**
 * Opens what STORAGE_URL names; nothing is contacted yet.
 *
 * - `file:///var/lib/tonegrid`
 * - `s3://bucket/prefix?region=eu-west-1&endpoint=https://store.example:9000&path_style=true`. Region and endpoint fall back to
 *   AWS_REGION and AWS_ENDPOINT_URL_S3; path style is the default with an endpoint. Credentials come from AWS_ACCESS_KEY_ID,
 *   AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN) in `env`, else from the role of the pod or machine, never from the URL.
 *
 * Throws an error that names STORAGE_URL when it cannot be understood.
 */
export function openStorage(storageUrl: string, env: NodeJS.ProcessEnv): Storage {
  if (!URL.canParse(storageUrl)) throw new Error('STORAGE_URL must be file:///folder or s3://bucket/prefix?region=…');
  const url = new URL(storageUrl);
  if (url.protocol === 'file:') {
    if (url.hostname) throw new Error('STORAGE_URL: a file address takes three slashes, file:///folder');
    return new DirectoryStorage(fileURLToPath(url));
  }
  if (url.protocol !== 's3:') throw new Error(`STORAGE_URL: "${url.protocol}//" is not file:// or s3://`);
  if (url.username || url.password)
    throw new Error('STORAGE_URL must not hold credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(url.hostname))
    throw new Error(`STORAGE_URL: "${url.hostname}" is not the name of a bucket`);
  return openS3(url, env);
}

function openS3(url: URL, env: NodeJS.ProcessEnv): Storage {
  const query = url.searchParams;
  for (const name of query.keys())
    if (!['region', 'endpoint', 'path_style'].includes(name)) throw new Error(`STORAGE_URL: unknown option "${name}"`);
  const region = query.get('region') ?? env.AWS_REGION;
  if (!region) throw new Error('STORAGE_URL: region is required (…?region=eu-west-1), or set AWS_REGION');
  const endpoint = query.get('endpoint') ?? env.AWS_ENDPOINT_URL_S3;
  if (endpoint && !/^https?:$/.test(URL.canParse(endpoint) ? new URL(endpoint).protocol : ''))
    throw new Error(`STORAGE_URL: endpoint "${endpoint}" is not an http(s) address`);
  const pathStyle = query.get('path_style') ?? String(Boolean(endpoint));
  if (pathStyle !== 'true' && pathStyle !== 'false') throw new Error('STORAGE_URL: path_style must be true or false');
  const prefix = decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, '');
  if (prefix && !/^[A-Za-z0-9._/-]+$/.test(prefix)) throw new Error(`STORAGE_URL: "${prefix}" cannot be a prefix`);
  // Loaded only here: the SDK costs a service that keeps its objects in a directory a fifth of a second at every start.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { S3Storage } = require('./s3-storage') as typeof import('./s3-storage');
  return new S3Storage({
    bucket: url.hostname,
    prefix,
    region,
    endpoint,
    pathStyle: pathStyle === 'true',
    credentials: credentialsIn(env),
  });
}

function credentialsIn(env: NodeJS.ProcessEnv) {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env;
  if (!accessKeyId && !secretAccessKey) return undefined;
  if (!accessKeyId || !secretAccessKey) throw new Error('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set together');
  return { accessKeyId, secretAccessKey, sessionToken };
}
