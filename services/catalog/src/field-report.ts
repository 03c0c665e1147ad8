import { invalid, type FieldErrors } from '@tonegrid/errors';

/** Collects what is wrong with the fields of a request, so that the caller is told all of it at once. */
export class FieldReport {
  private readonly fields: FieldErrors = {};

  /** `field`: path with dots and indices, `tracks.1.isrc`. */
  add(field: string, message: string): void {
    (this.fields[field] ??= []).push(message);
  }

  /** Throws `validation.failed` with everything that was added. */
  throwIfAny(): void {
    if (Object.keys(this.fields).length > 0) throw invalid(this.fields);
  }
}
