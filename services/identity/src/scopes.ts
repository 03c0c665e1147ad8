import { invalid, type FieldErrors } from '@tonegrid/errors';

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
