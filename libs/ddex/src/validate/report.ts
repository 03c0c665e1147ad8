/** The stages of a validation, in order. A document that does not parse goes no further. */
export type Stage = 'parse' | 'schema' | 'references' | 'profile' | 'dsp';

/** One thing found. */
export interface Finding {
  stage: Stage;
  /** As libxml2 says it: `error`, `fatal` or `warning`. */
  level: 'error' | 'fatal' | 'warning';
  /** Only errors make a message invalid. What a DSP has rules about is a warning: the message is right, the DSP may not want it. */
  severity: 'error' | 'warning';
  /** From 1; 0 when the finding is about no place. */
  line: number;
  /** From 1, in characters; 0 when the finding is about no place. */
  column: number;
  xpath?: string;
  /** Stable: `xml.doctype`, `schema.invalid`, `references.dangling`, `profile.track_release_missing`, … */
  code: string;
  /** Clause of the release profile (ERN 4 part 2) or of the house's own reading of it; for a DSP, which of its rules. */
  rule?: string;
  /** Of a DSP's rules: whether it turns a delivery down for this, or asks for better. */
  weight?: 'refused' | 'asked';
  message: string;
  /** What someone who knows the release, not XML, can do about it. */
  hint?: string;
}

/** What a document was found to be. */
export interface Report {
  /** No finding of severity error in any stage that ran. */
  valid: boolean;
  /** The first 100 findings, errors before warnings within a stage's order of finding. */
  errors: Finding[];
  /** How many findings of severity error there are in all. */
  error_count: number;
  xsd_path: string | null;
  /** Hexadecimal SHA-256 of that file. */
  xsd_sha256: string | null;
  /** `4.3`, `4.2`, `3.8.2`, …; null when the document is no ERN message. */
  ern_version: string | null;
  /** Local name of the root element; null when nothing could be read. */
  message_type: string | null;
  schema_checked: boolean;
  schema_skipped_reason: string | null;
}

export const maxFindings = 100;
