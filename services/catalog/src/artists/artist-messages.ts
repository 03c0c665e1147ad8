import type { MessageInitShape } from '@bufbuild/protobuf';
import { ArtistRoleSchema, words, type ArtistRole, type ArtistSchema, type CreditedArtistSchema } from '@tonegrid/contracts';
import type { CreditCells } from '../releases/release-row';
import type { ArtistRow } from './artist';
import { timestampOf } from '../timestamp';

const roles = words<ArtistRole>(ArtistRoleSchema);

export const artistMessage = (row: ArtistRow): MessageInitShape<typeof ArtistSchema> => ({
  uuid: row.uuid,
  name: row.name,
  biography: row.biography ?? undefined,
  country: row.country ?? undefined,
  appleArtistId: row.apple_artist_id ?? undefined,
  spotifyArtistId: row.spotify_artist_id ?? undefined,
  isni: row.isni ?? undefined,
  createdAt: timestampOf(row.created_at),
  updatedAt: timestampOf(row.updated_at),
});

/** Credits of a release or track; null, as json_agg says it, when there are none. */
export const creditMessages = (credits: readonly CreditCells[] | null): MessageInitShape<typeof CreditedArtistSchema>[] =>
  (credits ?? []).map(([uuid, name, role]) => ({ uuid, name, role: roles.value(role) }));
