import { ReleaseTypeSchema, words, type ReleaseType } from '@tonegrid/contracts';
import type { Credit } from '../artists/credits';
import { textOrNull } from '../blank';
import type { FieldReport } from '../field-report';
import { gridOf, upcOf } from '../identifiers/parse-identifiers';
import { parseLocalizedTitles } from '../localized-titles';
import type { TrackFields } from '../tracks/parse-track';

const types = words<ReleaseType>(ReleaseTypeSchema);

/** single, ep or album. */
export type ReleaseTypeWord = 'single' | 'ep' | 'album';

/** The word of a type; undefined for the unspecified one. */
export const typeWord = (type: ReleaseType | undefined): ReleaseTypeWord | undefined => types.word(type) as ReleaseTypeWord | undefined;

/** What both ways of making a release bring: CreateReleaseRequest, and ReleaseDraft of an inbound channel. */
export interface ReleaseInput {
  title: string;
  type: ReleaseType;
  releaseDate?: string;
  genre?: string;
  label?: string;
  upc?: string;
  grid?: string;
  copyrightYear?: number;
  copyrightHolder?: string;
  versionTitle?: string;
  subgenre?: string;
  language?: string;
  originalReleaseDate?: string;
  explicit?: boolean;
  localizedTitles: Record<string, string>;
}

/** The metadata of a release, checked, in the columns of its table. Null UPC and GRid are to be assigned. */
export interface ReleaseFields {
  title: string;
  version_title: string | null;
  type: ReleaseTypeWord;
  upc: string | null;
  grid: string | null;
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
  warnings: string[];
}

/** A new release as it was asked for, checked. */
export interface Draft {
  fields: ReleaseFields;
  credits: Credit[];
  tracks: { fields: TrackFields; credits: Credit[]; contributors: { name: string; role: string }[]; audioUrl: string | null }[];
  /** Where the cover is to be fetched from. */
  artworkUrl: string | null;
  /** Canonical slugs. */
  dsps: string[];
  tenantName: string;
  /** api, or the channel it came by. */
  source: string;
  ingestionJobUuid: string | null;
}

/** Checks what the field rules of the contract cannot. `label` and `year` stand in for what was left out. */
export function parseRelease(input: ReleaseInput, defaults: { label: string; year: number }, report: FieldReport): ReleaseFields {
  const warnings: string[] = [];
  return {
    title: input.title.trim(),
    version_title: textOrNull(input.versionTitle),
    type: typeWord(input.type) ?? 'single',
    upc: upcOf(input.upc, 'upc', report, warnings),
    grid: gridOf(input.grid, 'grid', report, warnings),
    release_date: textOrNull(input.releaseDate),
    original_release_date: textOrNull(input.originalReleaseDate),
    genre: textOrNull(input.genre),
    subgenre: textOrNull(input.subgenre),
    language: textOrNull(input.language),
    label: textOrNull(input.label) ?? (defaults.label || null),
    copyright_year: input.copyrightYear ?? defaults.year,
    copyright_holder: textOrNull(input.copyrightHolder),
    explicit: input.explicit ?? false,
    localized_titles: parseLocalizedTitles(input.localizedTitles, 'localized_titles', report),
    warnings,
  };
}
