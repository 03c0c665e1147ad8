import { createHash } from 'node:crypto';
import { Refused } from '@tonegrid/errors';
import type { Idempotency } from '@tonegrid/rpc';
import type { ContractRoute } from '../contract/routes';

const longest = 255;

/** Whether a route honours Idempotency-Key (reference, Idempotency). */
export const honoursKeys = ({ verb, access }: ContractRoute): boolean =>
  (verb === 'POST' || verb === 'PUT' || verb === 'PATCH') && !access.notIdempotent && access.who.case !== 'public';

/** The key of a request; undefined when none was sent. Throws `idempotency.key_too_long`. */
export function idempotencyKey(header: string | string[] | undefined): string | undefined {
  const key = Array.isArray(header) ? header.join(', ') : header;
  if (key === undefined || key.trim() === '') return undefined;
  if (key.length > longest) throw new Refused('idempotency.key_too_long');
  return key;
}

/** What a request asks beside its body: path parameters and query. The same key for another of them is a mismatch. */
export interface Address {
  path: Readonly<Record<string, string>>;
  query: string;
}

/** The record under which a change is remembered: the body is hashed as it was received, after decompression. */
export const idempotencyOf = (key: string, route: ContractRoute, address: Address, body: Buffer): Idempotency => ({
  key,
  route: `${route.verb} ${route.template}`,
  bodyHash: begin(address).update(body).digest('hex'),
});

/**
 * The record of an upload, whose bytes are still to come: the use case adds their digest (`UploadStart` in the contract).
 * @param file field, name and type of the file part
 */
export const streamIdempotencyOf = (
  key: string,
  route: ContractRoute,
  address: Address,
  file: { field: string; name: string; type: string },
): Idempotency => ({
  key,
  route: `${route.verb} ${route.template}`,
  bodyHash: `stream:${begin(address)
    .update(JSON.stringify([file.field, file.name, file.type]))
    .digest('hex')}`,
});

const begin = ({ path, query }: Address) => createHash('sha256').update(`${JSON.stringify([path, query])}\n`);
