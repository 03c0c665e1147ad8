import type { Finding } from '../validate/report';

/** A finding as `--json` prints it, the same for every command; what does not apply is null. */
export interface FileFinding {
  stage: Finding['stage'];
  level: Finding['level'];
  severity: Finding['severity'];
  /** From 1; 0 when the finding is about no place. */
  line: number;
  column: number;
  xpath: string | null;
  code: string;
  rule: string | null;
  message: string;
  hint: string | null;
}

export const fileFinding = ({ stage, level, severity, line, column, xpath, code, rule, message, hint }: Finding): FileFinding => ({
  stage,
  level,
  severity,
  line,
  column,
  xpath: xpath ?? null,
  code,
  rule: rule ?? null,
  message,
  hint: hint ?? null,
});

/** A finding in words, indented below its file's line. */
export function findingInWords({ line, column, severity, code, message, hint, xpath }: FileFinding): string[] {
  return [
    `  ${line}:${column} ${severity} ${code}: ${message}`,
    ...(xpath ? [`      at ${xpath}`] : []),
    ...(hint ? [`      ${hint}`] : []),
  ];
}
