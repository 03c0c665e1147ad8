import { localName, namespaceOf } from '../read/find';
import { placeAt, PositionMap, resolveXpath, xpathOf } from '../read/locate';
import { byteString, scanBytes, XmlElement, XmlRefused, type ByteString, type ScanLimits, type XmlAttribute } from '../read/scan-xml';
import { checkDsp } from './dsp-rules';
import type { DspTarget } from './dsp-rule';
import type { Breach } from './profile-rule';
import { checkProfile } from './profile-rules';
import { checkReferences, type ReferenceFault } from './check-references';
import { standardOf, type MessageStandard } from './message-kinds';
import { maxFindings, type Finding, type Report } from './report';
import { attributeAtFault, explainSchemaFault } from './schema-hints';

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

/**
 * Elements, attributes and other parts of a document that is judged. A release of 1,000 tracks, the most that a catalogue numbers, has 75,000
 * in ERN 4 and 110,000 in ERN 3, one of 500 with a dozen credits each 130,000. A document that is wrong in each of them is judged in a
 * second and 150 MB.
 */
const maxElements = 150_000;

const oneRelease = 'Send one release in each message.';
const notAMessage = 'This is not how any message looks: ask whoever made the file.';
const hints: Record<string, string> = {
  'xml.doctype': 'Messages never carry a DOCTYPE: remove it.',
  'xml.entity': 'Write the character itself in place of the entity.',
  'xml.encoding': 'Save the file as UTF-8.',
  'xml.malformed': 'The file is broken at this place, perhaps cut off: export it again.',
  'xml.illegal_character': 'Take the invisible character out of the text at this place.',
  'xml.default_namespace': 'Declare the namespace with a prefix, xmlns:ern="…", and give the prefix to the first element alone.',
  'xml.mixed_namespaces': 'Only the first element of a message has a prefix: take the others, and every further xmlns, away.',
  'xml.too_large': oneRelease,
  'xml.too_many_elements': oneRelease,
  'xml.too_slow': oneRelease,
  'xml.too_complex': oneRelease,
  'xml.too_deep': notAMessage,
  'xml.too_long': notAMessage,
  'xml.too_many_attributes': notAMessage,
  'xml.too_many_sections': 'Write the text in one piece, without comments and CDATA sections inside it.',
};

const referenceHints: Record<ReferenceFault['code'], string> = {
  'references.dangling': 'Something is named that is not in the message: put it in, or correct its reference.',
  'references.duplicate': 'Two things share one reference: give one of them another, and correct what points at it.',
  'references.wrong_kind': 'The reference names something of another kind: point it at the right one.',
};

const refusal = (error: XmlRefused, document: Uint8Array): Finding => ({
  stage: 'parse',
  level: 'fatal',
  severity: 'error',
  ...placeAt(document, error.offset),
  code: error.code,
  message: error.message,
  ...(hints[error.code] ? { hint: hints[error.code] } : {}),
});

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
export function refusedReport(code: string, message: string): Report {
  const finding: Finding = {
    stage: 'parse',
    level: 'fatal',
    severity: 'error',
    line: 0,
    column: 0,
    code,
    message,
    ...(hints[code] ? { hint: hints[code] } : {}),
  };
  return { ...emptyReport(), errors: [finding], error_count: 1, schema_skipped_reason: 'The document was refused before the schema stage' };
}

/** The attribute of a local name, where the element has it. */
const attributeNamed = (element: XmlElement, name: string | undefined): XmlAttribute | undefined =>
  name === undefined ? undefined : element.attributes.find((item) => localName(item) === name);

/** Where a breach is: at its element, or at the attribute that it is about. */
function placeOf({ element, attribute }: Breach, positions: PositionMap): { line: number; column: number; xpath: string } {
  const found = attributeNamed(element, attribute);
  return { ...positions.at((found ?? element).start), xpath: `${xpathOf(element)}${found ? `/@${found.name}` : ''}` };
}

function schemaFindings(outcome: SchemaOutcome, root: XmlElement, positions: PositionMap): Finding[] {
  return outcome.faults.map((fault) => {
    const message = fault.message.trim();
    const node = fault.xpath ? resolveXpath(root, fault.xpath) : null;
    const attribute = node instanceof XmlElement ? attributeNamed(node, attributeAtFault(message)) : undefined;
    const place = node ? positions.at((attribute ?? node).start) : positions.onLine(fault.line);
    const { code, hint } = fault.malformed ? { code: 'xml.malformed', hint: hints['xml.malformed']! } : explainSchemaFault(message);
    return {
      stage: fault.malformed ? 'parse' : 'schema',
      level: fault.level,
      severity: fault.level === 'warning' ? 'warning' : 'error',
      ...place,
      ...(fault.xpath ? { xpath: attribute ? `${fault.xpath}/@${attribute.name}` : fault.xpath } : {}),
      code,
      message,
      hint,
    };
  });
}

/** Findings of a stage and how many errors beyond those there are. */
interface Found {
  findings: Finding[];
  unlisted: number;
}

function referenceFindings(root: XmlElement, positions: PositionMap): Found {
  const faults = checkReferences(root);
  const findings = faults.slice(0, maxFindings).map((fault): Finding => ({
    stage: 'references',
    level: 'error',
    severity: 'error',
    ...positions.at(fault.element.start),
    xpath: xpathOf(fault.element),
    code: fault.code,
    message: fault.message,
    hint: referenceHints[fault.code],
  }));
  return { findings, unlisted: faults.length - findings.length };
}

function profileFindings(root: XmlElement, ernVersion: string, positions: PositionMap): Found {
  const broken = checkProfile(root, ernVersion);
  const listed = broken
    .sort((a, b) => Number(a.rule.severity === 'warning') - Number(b.rule.severity === 'warning'))
    .flatMap(({ rule, breaches }) => breaches.map((breach) => ({ rule, breach })))
    .slice(0, maxFindings);
  const findings = listed.map(({ rule, breach }): Finding => ({
    stage: 'profile',
    level: rule.severity,
    severity: rule.severity,
    ...placeOf(breach, positions),
    code: rule.code,
    rule: rule.clause,
    message: breach.message,
    hint: rule.hint,
  }));
  const errors = broken.reduce((sum, { rule, count }) => sum + (rule.severity === 'error' ? count : 0), 0);
  return { findings, unlisted: errors - findings.filter(({ severity }) => severity === 'error').length };
}

const dspFindings = (root: XmlElement, ernVersion: string, dsp: DspTarget, positions: PositionMap): Finding[] =>
  checkDsp(root, ernVersion, dsp)
    .sort((a, b) => Number(a.rule.weight === 'asked') - Number(b.rule.weight === 'asked'))
    .slice(0, maxFindings)
    .map(({ rule, breach }) => ({
      stage: 'dsp',
      level: 'warning',
      severity: 'warning',
      ...placeOf(breach, positions),
      code: rule.code,
      rule: rule.clause,
      weight: rule.weight,
      message: breach.message,
      hint: rule.hint,
    }));

/** The first element below one that has a prefix or declares a default namespace. Depth is bounded by the scan. */
function foreignBelow(element: XmlElement): XmlElement | undefined {
  for (const item of element.children) {
    if (item.name.includes(':')) return item;
    for (const { name, value } of item.attributes) if (name === 'xmlns' && value !== '') return item;
    const found = item.children.length > 0 ? foreignBelow(item) : undefined;
    if (found) return found;
  }
  return undefined;
}

/**
 * Refuses a message that leaves its standard's namespace: below the root its elements are in none (elementFormDefault is
 * unqualified). A reader that minds namespaces and one that does not would read two messages.
 */
function namespaceFault(root: XmlElement): { at: XmlElement; refused: XmlRefused } | null {
  if (root.attributes.some(({ name, value }) => name === 'xmlns' && value !== '')) {
    const message = 'The namespace is the default for all elements; in a message only the first element has one';
    return { at: root, refused: new XmlRefused('xml.default_namespace', message, root.start) };
  }
  const at = foreignBelow(root);
  if (!at) return null;
  return { at, refused: new XmlRefused('xml.mixed_namespaces', `<${shortened(at.name)}> is not in the message's own namespace`, at.start) };
}

/**
 * Judges one document: parse, schema, references, release profile, and the rules of a DSP when one is given. Pure but for the
 * schema that it is given: the worker gives a compiled one, a test may give none.
 */
export function judge(
  document: Uint8Array,
  schemaOf: (standard: MessageStandard) => Schema,
  options: JudgeOptions = {},
  dsp: DspTarget | null = null,
): Report {
  const maxBytes = options.maxBytes ?? 20 * 1024 * 1024;
  if (document.byteLength > maxBytes)
    return refusedReport('xml.too_large', `The document has ${document.byteLength} bytes; at most ${maxBytes} are read`);
  let text: ByteString;
  let root: XmlElement;
  try {
    text = byteString(document);
    root = scanBytes(text, { ...options, maxElements: options.maxElements ?? maxElements });
  } catch (error) {
    if (!(error instanceof XmlRefused)) throw error;
    return { ...emptyReport(), errors: [refusal(error, document)], error_count: 1, schema_skipped_reason: 'The document does not parse' };
  }

  const positions = new PositionMap(text);
  const namespace = namespaceOf(root);
  const standard = standardOf(namespace);
  const version = standard?.ernVersion ?? null;
  const report: Report = { ...emptyReport(), ern_version: version, message_type: localName(root) };
  const findings: Finding[] = [];
  let unlisted = 0;
  const take = (found: Found): void => {
    findings.push(...found.findings);
    unlisted += found.unlisted;
  };
  if (!standard) {
    report.schema_skipped_reason = `No schema is known for the namespace "${shortened(namespace)}"`;
    findings.push({
      stage: 'schema',
      level: 'error',
      severity: 'error',
      ...positions.at(root.start),
      xpath: xpathOf(root),
      code: 'schema.unknown_namespace',
      message: `The root element's namespace "${shortened(namespace)}" is of no ERN version from 3.8.2 to 4.3.2`,
      hint: 'Look at the xmlns declaration on the first element.',
    });
  } else {
    const fault = version ? namespaceFault(root) : null;
    if (fault) {
      report.schema_skipped_reason = 'The document was refused before the schema stage';
      return { ...report, errors: [{ ...refusal(fault.refused, document), xpath: xpathOf(fault.at) }], error_count: 1 };
    }
    const schema = schemaOf(standard);
    if ('skipped' in schema) report.schema_skipped_reason = schema.skipped;
    else {
      report.xsd_path = schema.path;
      report.xsd_sha256 = schema.sha256;
      const outcome = schema.validate(document);
      report.schema_checked = true;
      take({ findings: schemaFindings(outcome, root, positions), unlisted: outcome.count - outcome.faults.length });
    }
    if (version) {
      take(referenceFindings(root, positions));
      if (report.message_type === 'NewReleaseMessage') {
        take(profileFindings(root, version, positions));
        if (dsp) findings.push(...dspFindings(root, version, dsp, positions));
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

/** What a document says of itself is repeated, but not at any length. */
const shortened = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
