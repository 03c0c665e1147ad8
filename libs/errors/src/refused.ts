import { errorTable, type ErrorCode } from './table';

/** Path of a field (dots and indices, `tracks.1.isrc`) → what is wrong with it, in sentences for people. */
export type FieldErrors = Record<string, string[]>;

/** What a refusal says beside its code. */
export interface RefusalDetails {
  /** One field that is wrong; its message is the refusal's text. */
  field?: string;
  /** All fields that are wrong. */
  fields?: FieldErrors;
  /** Values for the braces of the text. */
  params?: Record<string, string | number>;
  /** When the same request may be sent again. */
  retryAfterSeconds?: number;
}

/** A refusal that a caller can cause. Anything else that is thrown is a bug and shows as a 500 with a request id only. */
export class Refused extends Error {
  readonly fields: FieldErrors | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly code: ErrorCode,
    details: RefusalDetails = {},
  ) {
    super(fill(errorTable[code].message, details.params ?? {}));
    this.name = 'Refused';
    this.fields = details.fields ?? (details.field === undefined ? undefined : { [details.field]: [this.message] });
    this.retryAfterSeconds = details.retryAfterSeconds;
  }

  /** HTTP status of the refusal. */
  get status(): number {
    return errorTable[this.code].http;
  }

  /** A refusal as another process told it: the text is theirs, already filled in. */
  static restore(code: ErrorCode, message: string, fields?: FieldErrors, retryAfterSeconds?: number): Refused {
    const refused = new Refused(code, { fields, retryAfterSeconds });
    refused.message = message;
    return refused;
  }
}

/** The 422 `Validation failed` with its fields. */
export const invalid = (fields: FieldErrors): Refused => new Refused('validation.failed', { fields });

const fill = (text: string, params: Record<string, string | number>): string =>
  text.replace(/\{(\w+)\}/g, (braces, name: string) => String(params[name] ?? braces));
