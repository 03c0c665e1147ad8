import type { MessageInitShape } from '@bufbuild/protobuf';
import type { FindingSchema, ValidationSchema } from '@tonegrid/contracts';
import { acceptanceScore, type Finding, type Report } from '@tonegrid/ddex';

/**
 * A report as the contract shows it. `errors` is what makes the message invalid, whatever found it, so that who shows it to people shows
 * all (reference, Best Practices); `rules` is what the release profile and the DSP's rules found, and the warnings of every stage. Pure.
 * @param isForDsp whether a DSP was named, for which the score holds
 */
export function toValidation(report: Report, { isForDsp }: { isForDsp: boolean }): MessageInitShape<typeof ValidationSchema> {
  const isError = ({ severity }: Finding) => severity === 'error';
  const isOfRule = ({ stage, severity }: Finding) => stage === 'profile' || stage === 'dsp' || severity !== 'error';
  const { score, lowered_by } = acceptanceScore(report);
  return {
    valid: report.valid,
    errors: report.errors.filter(isError).map(toFinding),
    errorCount: report.error_count,
    xsdPath: report.xsd_path ?? undefined,
    xsdSha256: report.xsd_sha256 ?? undefined,
    ernVersion: report.ern_version ?? undefined,
    messageType: report.message_type ?? undefined,
    schemaChecked: report.schema_checked,
    schemaSkippedReason: report.schema_skipped_reason ?? undefined,
    rules: report.errors.filter(isOfRule).map(toFinding),
    ...(isForDsp && { score, scoreLoweredBy: lowered_by }),
  };
}

/** A report with what had to be supplied, dropped or corrected to make the message. @param warnings of `buildNotification` */
export const withSupplied = (report: Report, warnings: readonly string[]): Report => ({
  ...report,
  errors: [...report.errors, ...warnings.map(supplied)],
});

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
  weight: finding.weight,
});

const supplied = (message: string): Finding => ({
  stage: 'profile',
  level: 'warning',
  severity: 'warning',
  line: 0,
  column: 0,
  message,
  code: 'release.incomplete',
});
