import { subjectOf } from './stream';

/** What was revoked: one access token, all of a grant, or whatever a holder has. */
export type RevokedKind = 'token' | 'family' | 'api_key' | 'user' | 'oauth_client' | 'tenant';

const kinds: readonly string[] = ['token', 'family', 'api_key', 'user', 'oauth_client', 'tenant'] satisfies RevokedKind[];

/**
 * Told by identity, after the commit, on the core NATS subject `revocationSubject(env)`, as JSON: whoever remembers an answer of
 * `Authenticate` forgets those that it names. A hint, not a promise: it may be lost, so nobody may remember longer than a second.
 */
export interface Revocation {
  kind: RevokedKind;
  /**
   * token: `jti` of the access token (`Caller.token_id`). family: `AuthenticateResponse.family`. api_key, user, oauth_client: the uuid in
   * `Caller.subject` (`api_key:<uuid>`). tenant: `Caller.tenant_uuid` or `Caller.on_behalf_of`; one message for each tenant that stops,
   * those below a suspended one included.
   */
  id: string;
  /** When, RFC 3339. */
  at: string;
}

const type = 'auth.revoked';

/** `tonegrid.sandbox.auth.revoked` for `sandbox`. */
export const revocationSubject = (env: string): string => subjectOf(env, type);

/** Whether a subject of the stream is a revocation: no event, and of no interest to consumers of events. */
export const isRevocationSubject = (subject: string): boolean => subject.endsWith(`.${type}`) && subject.split('.').length === 4;

/** Reads a revocation; undefined for anything else. */
export function parseRevocation(text: string): Revocation | undefined {
  try {
    const read = JSON.parse(text) as Partial<Revocation> | null;
    const whole = typeof read?.kind === 'string' && kinds.includes(read.kind) && typeof read.id === 'string' && typeof read.at === 'string';
    return whole ? (read as Revocation) : undefined;
  } catch {
    return undefined; // not JSON: nothing that identity has said
  }
}
