/** The name in one spelling of Unicode and without case: two credits of the same key are the same artist. */
export const nameKey = (name: string): string => name.normalize('NFC').trim().replace(/\s+/g, ' ').toLowerCase();

/** What an artist is sorted by: the name without accents, case and compatibility forms. */
export const sortName = (name: string): string => name.normalize('NFKD').replace(/\p{M}/gu, '').trim().replace(/\s+/g, ' ').toLowerCase();

/** A row of `artists`. */
export interface ArtistRow {
  uuid: string;
  name: string;
  biography: string | null;
  country: string | null;
  apple_artist_id: string | null;
  spotify_artist_id: string | null;
  isni: string | null;
  created_at: Date;
  updated_at: Date;
}

/** The columns that a caller sets. */
export type ArtistFields = Omit<ArtistRow, 'uuid' | 'created_at' | 'updated_at'>;
