import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { JobSourceSchema, JobStateSchema, words, type JobSchema, type JobSource, type JobState } from '@tonegrid/contracts';
import type { FieldErrors } from '@tonegrid/errors';

/** The words of a job's source and state, as the database, JSON and events write them. */
export const sourceWords = words<JobSource>(JobSourceSchema);
export const stateWords = words<JobState>(JobStateSchema);

/** A row of `jobs`. */
export interface JobRow {
  uuid: string;
  source: string;
  state: string;
  release_uuid: string | null;
  title: string | null;
  ddex_message_id: string | null;
  ddex_ern_version: string | null;
  error_code: string | null;
  validation_errors: FieldErrors;
  track_count: number;
  created_at: Date;
  updated_at: Date;
}

export const jobColumns =
  'j.uuid, j.source, j.state, j.release_uuid, j.title, j.ddex_message_id, j.ddex_ern_version, j.error_code, j.validation_errors, j.track_count, j.created_at, j.updated_at';

/** A job as the contract shows it. */
export const toJob = (row: JobRow): MessageInitShape<typeof JobSchema> => ({
  uuid: row.uuid,
  source: sourceWords.value(row.source),
  state: stateWords.value(row.state),
  releaseId: row.release_uuid ?? undefined,
  title: row.title ?? undefined,
  ddexMessageId: row.ddex_message_id ?? undefined,
  ddexErnVersion: row.ddex_ern_version ?? undefined,
  errorCode: row.error_code ?? undefined,
  validationErrors: Object.entries(row.validation_errors).map(([field, messages]) => ({ field, messages })),
  trackCount: row.track_count,
  createdAt: timestampFromDate(row.created_at),
  updatedAt: timestampFromDate(row.updated_at),
});
