/** Which roles of tenants a role may make below itself (REST surface, Tenants): a platform any, an artist none. */
const below: Record<string, readonly string[]> = {
  platform: ['platform', 'enterprise', 'client', 'artist'],
  enterprise: ['client', 'artist'],
  client: ['artist'],
  artist: [],
};

/** Whether a tenant of role `own` may make one of role `wanted`. */
export const mayMake = (own: string, wanted: string): boolean => below[own]?.includes(wanted) ?? false;
