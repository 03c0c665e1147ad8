import type { DomainEvent } from '@tonegrid/events';

// The data of each event is the message of the same name in tonegrid.events.v1; a unit test compares the names.
const about = (type: string, tenantUuid: string, artist: { uuid: string; name: string }): DomainEvent => ({
  type,
  subject: artist.uuid,
  tenantUuid,
  data: { artist_uuid: artist.uuid, name: artist.name },
});

/** An artist's profile was made, by itself or with a credit. For the platform's own services. */
export const artistCreated = (tenantUuid: string, artist: { uuid: string; name: string }): DomainEvent =>
  about('artist.created', tenantUuid, artist);

/** An artist's profile was deleted. For the platform's own services. */
export const artistDeleted = (tenantUuid: string, artist: { uuid: string; name: string }): DomainEvent =>
  about('artist.deleted', tenantUuid, artist);
