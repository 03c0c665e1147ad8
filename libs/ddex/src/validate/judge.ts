import { localName, namespaceOf } from '../read/find';
import { PositionMap, resolveXpath, xpathOf } from '../read/locate';
import { byteString, scanBytes, XmlRefused, type ScanLimits, type XmlElement } from '../read/scan-xml';
import { checkProfile } from './profile-rules';
import { checkReferences } from './check-references';
import { standardOf, type MessageStandard } from './message-kinds';
import { maxFindings, type Finding, type Report } from './report';

/** One complaint of the schema validator, with libxml2's path to the node. */
export interface SchemaFault {
  message: string;
  level: 'warning' | 'error' | 'fatal';
  line: number;
  xpath: string | null;
  /** libxml2 could not even parse the document. */
  malformed?: boolean;
}

/** What the schema stage found: at most `maxFindings` faults and how many there were in all. */
export interface SchemaOutcome {
  faults: SchemaFault[];
  count: number;
}

/** The schema of a standard, ready to use, or why there is none. */
export type Schema = { path: string; sha256: string; validate(document: Uint8Array): SchemaOutcome } | { skipped: string };

export interface JudgeOptions extends ScanLimits {
  /** Bytes. Default 20 MiB: the largest message seen in practice is a tenth of that. */
  maxBytes?: number;
}

const hints: Record<string, string> = {
  'xml.doctype': 'Messages never carry a DOCTYPE: remove it.',
  'xml.entity': 'Write the character itself in place of the entity.',
  'xml.encoding': 'Save the file as UTF-8.',
  'xml.too_large': 'Send one release in each message.',
};

const refusal = (error: XmlRefused, text: string | null): Finding => {
  const place = text === null ? { line: 0, column: 0 } : new PositionMap(text).at(error.offset);
  return {
    stage: 'parse',
    level: 'fatal',
    severity: 'error',
    ...place,
    code: error.code,
    message: error.message,
    ...(hints[error.code] ? { hint: hints[error.code] } : {}),
  };
};

const emptyReport = (): Report => ({
  valid: false,
  errors: [],
  error_count: 0,
  xsd_path: null,
  xsd_sha256: null,
  ern_version: null,
  message_type: null,
  schema_checked: false,
  schema_skipped_reason: null,
});

/** A report of one fatal finding, for what never came to be judged. */
export function refusedReport(code: string, message: string, hint?: string): Report {
  const finding: Finding = {
    stage: 'parse',
    level: 'fatal',
    severity: 'error',
    line: 0,
    column: 0,
    code,
    message,
    ...(hint ? { hint } : {}),
  };
  return { ...emptyReport(), errors: [finding], error_count: 1, schema_skipped_reason: 'The document was refused before the schema stage' };
}

function schemaFindings(outcome: SchemaOutcome, root: XmlElement, positions: PositionMap): Finding[] {
  return outcome.faults.map((fault) => {
    const offset = fault.xpath ? resolveXpath(root, fault.xpath) : null;
    const place = offset === null ? positions.onLine(fault.line) : positions.at(offset);
    return {
      stage: fault.malformed ? 'parse' : 'schema',
      level: fault.level,
      severity: fault.level === 'warning' ? 'warning' : 'error',
      ...place,
      ...(fault.xpath ? { xpath: fault.xpath } : {}),
      code: fault.malformed ? 'xml.malformed' : 'schema.invalid',
      message: fault.message.trim(),
    };
  });
}

/**
 * Judges one document: parse, schema, references, profile. Pure but for the schema that it is given: the worker gives a
 * compiled one, a test may give none.
 */
export function judge(document: Uint8Array, schemaOf: (standard: MessageStandard) => Schema, options: JudgeOptions = {}): Report {
  const maxBytes = options.maxBytes ?? 20 * 1024 * 1024;
  if (document.byteLength > maxBytes) {
    return refusedReport(
      'xml.too_large',
      `The document has ${document.byteLength} bytes; at most ${maxBytes} are read`,
      hints['xml.too_large'],
    );
  }
  let text: string | null = null;
  let root: XmlElement;
  try {
    text = byteString(document);
    root = scanBytes(text, options);
  } catch (error) {
    if (!(error instanceof XmlRefused)) throw error;
    return { ...emptyReport(), errors: [refusal(error, text)], error_count: 1, schema_skipped_reason: 'The document does not parse' };
  }

  const positions = new PositionMap(text);
  const namespace = namespaceOf(root);
  const standard = standardOf(namespace);
  const report: Report = { ...emptyReport(), ern_version: standard?.ernVersion ?? null, message_type: localName(root) };
  const findings: Finding[] = [];
  let unlisted = 0;
  if (!standard) {
    report.schema_skipped_reason = `No schema is known for the namespace "${namespace}"`;
    findings.push({
      stage: 'schema',
      level: 'error',
      severity: 'error',
      ...positions.at(root.start),
      xpath: xpathOf(root),
      code: 'schema.unknown_namespace',
      message: `The root element's namespace "${namespace}" is of no ERN version from 3.8.2 to 4.3.2`,
      hint: 'Look at the xmlns declaration on the first element.',
    });
  } else {
    const schema = schemaOf(standard);
    if ('skipped' in schema) report.schema_skipped_reason = schema.skipped;
    else {
      report.xsd_path = schema.path;
      report.xsd_sha256 = schema.sha256;
      const outcome = schema.validate(document);
      report.schema_checked = true;
      findings.push(...schemaFindings(outcome, root, positions));
      unlisted = outcome.count - outcome.faults.length;
    }
    if (standard.ernVersion) {
      const faults = checkReferences(root);
      unlisted += Math.max(0, faults.length - maxFindings);
      for (const fault of faults.slice(0, maxFindings)) {
        findings.push({
          stage: 'references',
          level: 'error',
          severity: 'error',
          ...positions.at(fault.element.start),
          xpath: xpathOf(fault.element),
          code: fault.code,
          message: fault.message,
        });
      }
      if (report.message_type === 'NewReleaseMessage' && standard.ernVersion.startsWith('4.')) {
        const breaches = checkProfile(root).sort((a, b) => Number(a.rule.severity === 'warning') - Number(b.rule.severity === 'warning'));
        unlisted += breaches.slice(maxFindings).filter(({ rule }) => rule.severity === 'error').length;
        for (const { rule, breach } of breaches.slice(0, maxFindings)) {
          findings.push({
            stage: 'profile',
            level: rule.severity,
            severity: rule.severity,
            ...positions.at(breach.element.start),
            xpath: xpathOf(breach.element),
            code: rule.code,
            rule: rule.clause,
            message: breach.message,
            hint: rule.hint,
          });
        }
      }
    }
  }
  const errors = findings.filter((finding) => finding.severity === 'error');
  report.error_count = errors.length + unlisted;
  report.valid = report.error_count === 0;
  // What makes the message invalid is listed before what is only odd, should there be too many to list.
  report.errors =
    findings.length > maxFindings
      ? [...errors, ...findings.filter((finding) => finding.severity === 'warning')].slice(0, maxFindings)
      : findings;
  return report;
}
