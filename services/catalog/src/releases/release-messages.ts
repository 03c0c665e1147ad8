import type { MessageInitShape } from '@bufbuild/protobuf';
import { Inject, Injectable } from '@nestjs/common';
import {
  ReleaseStatusSchema,
  ReleaseTypeSchema,
  ReviewStageSchema,
  words,
  type ReleaseSchema,
  type ReleaseStatus as StatusValue,
  type ReleaseSummarySchema,
  type ReleaseType,
  type ReviewStage,
} from '@tonegrid/contracts';
import { CONFIG } from '@tonegrid/service';
import { creditMessages } from '../artists/artist-messages';
import type { CatalogConfig } from '../config';
import { trackSummary } from '../tracks/track-messages';
import type { ReleaseStatus } from './release';
import type { ReleaseSummaryRow, ReleaseView } from './release-row';
import { timestampOf } from '../timestamp';

const types = words<ReleaseType>(ReleaseTypeSchema);
const stages = words<ReviewStage>(ReviewStageSchema);
const statuses = words<StatusValue>(ReleaseStatusSchema);

/** The status as the contract says it. */
export const statusValue = (status: ReleaseStatus): StatusValue => statuses.value(status)!;

/** The word of a status that a caller asks for; undefined for none. */
export const statusWord = (status: StatusValue | undefined): string | undefined => statuses.word(status);

/** Rows of releases as messages of the contract. */
@Injectable()
export class ReleaseMessages {
  private readonly pictures: string;

  constructor(@Inject(CONFIG) config: Pick<CatalogConfig, 'PUBLIC_URL' | 'ARTWORK_BASE_URL'>) {
    this.pictures = (config.ARTWORK_BASE_URL ?? `${config.PUBLIC_URL.replace(/\/+$/, '')}/artwork`).replace(/\/+$/, '');
  }

  /** Where a picture is fetched from. The row holds the key alone, so that a CDN may move in front. */
  artworkUrl(key: string): string {
    return `${this.pictures}/${key}`;
  }

  release(row: ReleaseView): MessageInitShape<typeof ReleaseSchema> {
    return {
      uuid: row.uuid,
      title: row.title,
      versionTitle: row.version_title ?? undefined,
      type: types.value(row.type),
      status: statusValue(row.status),
      reviewStage: stages.value(row.review_stage),
      upc: row.upc,
      grid: row.grid,
      releaseDate: row.release_date ?? undefined,
      originalReleaseDate: row.original_release_date ?? undefined,
      genre: row.genre ?? undefined,
      subgenre: row.subgenre ?? undefined,
      language: row.language ?? undefined,
      label: row.label ?? undefined,
      copyrightYear: row.copyright_year ?? undefined,
      copyrightHolder: row.copyright_holder ?? undefined,
      explicit: row.explicit,
      artworkUrl: row.artwork_key === null ? undefined : this.artworkUrl(row.artwork_key),
      artists: creditMessages(row.artists),
      tracks: (row.tracks ?? []).map(trackSummary),
      dsps: row.dsps,
      localizedTitles: row.localized_titles,
      hasUndeliveredChanges: row.has_undelivered_changes,
      rejectionReason: row.rejection_reason ?? undefined,
      rejectionIssues: row.rejection_issues.map(({ field, message }) => ({ field: field ?? undefined, message })),
      warnings: row.artwork_warnings.length > 0 ? [...row.warnings, ...row.artwork_warnings] : row.warnings,
      createdAt: timestampOf(row.created_at),
      updatedAt: timestampOf(row.updated_at),
    };
  }

  summary(row: ReleaseSummaryRow): MessageInitShape<typeof ReleaseSummarySchema> {
    return {
      uuid: row.uuid,
      title: row.title,
      type: types.value(row.type),
      status: statusValue(row.status),
      upc: row.upc,
      releaseDate: row.release_date ?? undefined,
      artworkUrl: row.artwork_key === null ? undefined : this.artworkUrl(row.artwork_key),
      createdAt: timestampOf(row.created_at),
    };
  }
}
