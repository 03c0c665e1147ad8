import type { ReleaseTypeWord } from './parse-release';
import type { ReleaseStatus } from './release';

/** A row of `releases`, as it is locked for a change. */
export interface ReleaseRow {
  uuid: string;
  tenant_uuid: string;
  tenant_name: string;
  title: string;
  version_title: string | null;
  type: ReleaseTypeWord;
  status: ReleaseStatus;
  review_stage: string | null;
  upc: string;
  grid: string;
  /** YYYY-MM-DD. */
  release_date: string | null;
  original_release_date: string | null;
  genre: string | null;
  subgenre: string | null;
  language: string | null;
  label: string | null;
  copyright_year: number | null;
  copyright_holder: string | null;
  explicit: boolean;
  localized_titles: Record<string, string>;
  artwork_uuid: string | null;
  artwork_key: string | null;
  artwork_warnings: string[];
  has_undelivered_changes: boolean;
  rejection_reason: string | null;
  rejection_issues: { field: string | null; message: string }[];
  warnings: string[];
  /** bigint as text. */
  revision: string;
  created_at: Date;
  updated_at: Date;
}

/** uuid, name, role. */
export type CreditCells = [string, string, string];

/** uuid, title, position, isrc, duration_ms, explicit, audio_status, created_at. */
export type TrackCells = [string, string, number, string, number | null, boolean, string, string];

/** A release with what is shown of its children. */
export interface ReleaseView extends ReleaseRow {
  artists: CreditCells[] | null;
  tracks: TrackCells[] | null;
  dsps: string[];
}

/** A release as lists show it. */
export type ReleaseSummaryRow = Pick<
  ReleaseRow,
  'uuid' | 'title' | 'type' | 'status' | 'upc' | 'release_date' | 'artwork_key' | 'created_at'
>;
