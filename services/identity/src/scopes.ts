import { invalid, Refused, type FieldErrors } from '@tonegrid/errors';

/** Every scope that a credential may have (REST surface, Auth and identity). */
export const allScopes = [
  'releases:read',
  'releases:write',
  'releases:review',
  'ingestion:write',
  'distribution:write',
  'analytics:read',
  'finance:read',
  'finance:write',
  'webhooks:write',
  'supply-chain:write',
  'tenants:admin',
  'audit:read',
] as const;

/** A scope. */
export type Scope = (typeof allScopes)[number];

/** What people may do by their role: each role all of the one after it. */
const byRole: Record<string, readonly Scope[]> = {
  owner: allScopes,
  admin: allScopes.filter((scope) => scope !== 'releases:review' && scope !== 'finance:write'),
  member: ['releases:read', 'releases:write', 'ingestion:write', 'distribution:write', 'analytics:read', 'supply-chain:write'],
  viewer: ['releases:read', 'analytics:read'],
};

/** The scopes of a role: owner, admin, member or viewer. */
export const scopesOfRole = (role: string): readonly Scope[] => byRole[role] ?? [];

/**
 * The scopes of a new credential, each once. Throws a 422 on `scopes` for one that does not exist or that the giver does not
 * have: nobody gives away more than he has.
 */
export function scopesToGrant(wanted: readonly string[], own: readonly string[]): string[] {
  const fields: FieldErrors = {};
  wanted.forEach((scope, index) => {
    if (!(allScopes as readonly string[]).includes(scope)) fields[`scopes.${index}`] = [`The scope '${scope}' does not exist.`];
    else if (!own.includes(scope)) fields[`scopes.${index}`] = [`You do not have the scope '${scope}' yourself.`];
  });
  if (Object.keys(fields).length > 0) throw invalid(fields);
  return [...new Set(wanted)];
}

/** Throws `auth.scope_missing` when someone with `own` scopes would work on a holder of scopes beyond them. */
export function mustCover(own: readonly string[], theirs: readonly string[]): void {
  const missing = theirs.find((scope) => !own.includes(scope));
  if (missing !== undefined) throw new Refused('auth.scope_missing', { params: { scope: missing } });
}
