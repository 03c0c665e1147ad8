import type { MessageInitShape } from '@bufbuild/protobuf';
import type { FindingSchema, ValidationSchema } from '@tonegrid/contracts';
import type { Finding, Report } from '@tonegrid/ddex';

/**
 * A report as the contract shows it. `errors` are those of XML, schema and references, as in the reference; `rules` are the
 * findings of the release profile, warnings of every stage, and what had to be supplied to make the message. Pure.
 * @param warnings of `buildNotification`
 * @param ernVersion of the message, for a document that could not be read
 */
export function toValidation(report: Report, warnings: readonly string[], ernVersion: string): MessageInitShape<typeof ValidationSchema> {
  const isError = (finding: Finding) => finding.stage !== 'profile' && finding.severity === 'error';
  return {
    valid: report.valid,
    errors: report.errors.filter(isError).map(toFinding),
    errorCount: report.error_count,
    xsdPath: report.xsd_path ?? undefined,
    xsdSha256: report.xsd_sha256 ?? undefined,
    ernVersion: report.ern_version ?? ernVersion,
    schemaChecked: report.schema_checked,
    schemaSkippedReason: report.schema_skipped_reason ?? undefined,
    rules: [...report.errors.filter((finding) => !isError(finding)).map(toFinding), ...warnings.map(supplied)],
  };
}

const toFinding = (finding: Finding): MessageInitShape<typeof FindingSchema> => ({
  stage: finding.stage,
  level: finding.level === 'warning' ? 'warning' : 'error',
  severity: finding.severity,
  line: finding.line,
  column: finding.column,
  message: finding.message,
  code: finding.code,
  xpath: finding.xpath,
  rule: finding.rule,
  hint: finding.hint,
});

const supplied = (message: string): MessageInitShape<typeof FindingSchema> => ({
  stage: 'profile',
  level: 'warning',
  severity: 'warning',
  line: 0,
  column: 0,
  message,
  code: 'release.incomplete',
});
