import { generateKeyPair, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import type { Data, Tx } from '@tonegrid/data';
import type { Vault } from '@tonegrid/secrets';
import { accessSeconds } from './lifetimes';

/** A public RSA key (RFC 7518, 6.3). */
export interface PublicKey {
  kty: 'RSA';
  use: 'sig';
  alg: 'RS256';
  kid: string;
  n: string;
  e: string;
}

/** How to rotate. */
export interface Rotation {
  /** Only if the key that signs last is older than this; days. Always when left out. */
  olderThanDays?: number;
  /** Seconds between the publication of the new key and its first signature: longer than gateways remember the set of keys. */
  leadSeconds?: number;
  /** The old keys are in wrong hands: they are taken back at once, and every access token that was issued is revoked. */
  compromised?: boolean;
}

const generate = promisify(generateKeyPair);
const modulusBits = 2048;
const leadSeconds = 180;
/** Seconds that an old key stays published after its last token has ended: clocks that differ, replicas that have not looked yet. */
const leewaySeconds = 300;

/**
 * Publishes a new signing key, which signs after a lead; the keys before it stay published until the last token that they signed has
 * ended, so no request fails. Of several that rotate at once, for reasons of age, one does. Answers the new key's id; undefined when
 * none was due.
 */
export async function rotateSigningKey(data: Data, vault: Vault, rotation: Rotation = {}): Promise<string | undefined> {
  const { olderThanDays, compromised = false } = rotation;
  if (olderThanDays !== undefined && !(await data.system((tx) => isDue(tx, olderThanDays)))) return undefined;
  const key = await makeKey(vault);
  const lead = compromised ? 0 : (rotation.leadSeconds ?? leadSeconds);
  return data.system(async (tx) => {
    await lock(tx);
    if (olderThanDays !== undefined && !(await isDue(tx, olderThanDays))) return undefined;
    const until = compromised ? 0 : lead + accessSeconds + leewaySeconds;
    await tx.query('update signing_keys set published_until = least(published_until, now() + make_interval(secs => $1))', [until]);
    if (compromised) await tx.query('update access_tokens set revoked_at = now() where revoked_at is null and expires_at > now()');
    await tx.query(`delete from signing_keys where published_until < now() - interval '1 day'`);
    await insert(tx, key, lead);
    return key.kid;
  });
}

/** Makes the first key, which signs at once; of several replicas that start at once, one does. */
export async function makeFirstKey(data: Data, vault: Vault): Promise<void> {
  const key = await makeKey(vault);
  await data.system(async (tx) => {
    await lock(tx);
    const [found] = await tx.query(
      'select 1 from signing_keys where signs_from <= now() and (published_until is null or published_until > now())',
    );
    if (!found) await insert(tx, key, 0);
  });
}

const lock = (tx: Tx) => tx.query(`select pg_advisory_xact_lock(hashtext('signing_keys'))`);

async function isDue(tx: Tx, days: number): Promise<boolean> {
  const [row] = await tx.query<{ due: boolean }>(
    'select max(signs_from) < now() - make_interval(days => $1) as due from signing_keys where published_until is null',
    [days],
  );
  // No key at all: the first is made when it is needed.
  return row?.due ?? false;
}

const insert = (tx: Tx, { kid, jwk, sealed }: MadeKey, lead: number) =>
  tx.query(
    'insert into signing_keys (kid, public_jwk, sealed_private_key, signs_from) values ($1, $2, $3, now() + make_interval(secs => $4))',
    [kid, JSON.stringify(jwk), sealed, lead],
  );

interface MadeKey {
  kid: string;
  jwk: PublicKey;
  sealed: Buffer;
}

async function makeKey(vault: Vault): Promise<MadeKey> {
  const { publicKey, privateKey } = await generate('rsa', { modulusLength: modulusBits });
  const kid = randomUUID();
  const { n, e } = publicKey.export({ format: 'jwk' });
  const jwk: PublicKey = { kty: 'RSA', use: 'sig', alg: 'RS256', kid, n: n!, e: e! };
  return { kid, jwk, sealed: vault.seal(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), kid) };
}
