import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DspTarget } from '../validate/dsp-rule';
import { openInlineValidator } from '../validate/inline-validator';
import { refusedReport } from '../validate/judge';
import type { Report } from '../validate/report';
import { acceptanceScore } from '../validate/score';
import { fileFinding, findingInWords, type FileFinding } from './findings';
import { readFileUpTo } from './read-file';
import { maxMessageBytes } from './read-release';
import { schemasDir } from './schemas-dir';
import { readArguments, UsageError, type CommandExtras, type Terminal } from './usage';

export const validateUsage = `  ddex validate [--json] [--schemas DIR] [--dsp-rules FILE | --dsp SLUG] FILE…
      Judges ERN messages, 3.8.2 to 4.3.2: XML, schema, references, release profile, and a DSP's own rules. "-" is the standard input.
      --json            print an array of {file, ern_version, message_type, valid, errors} in place of text
      --schemas DIR     where DDEX's schemas are; else DDEX_SCHEMAS_DIR, .ddex/schemas, ../shared/ddex/schemas
      --dsp-rules FILE  also judge by a DSP's rules, a JSON file of {"name", "rules"}
      --dsp SLUG        also judge by the rules that this deployment's registry has of a DSP
`;

/** What one file was found to be, as `--json` prints it. */
export interface FileVerdict {
  file: string;
  ern_version: string | null;
  message_type: string | null;
  valid: boolean;
  errors: FileFinding[];
  /** All errors there are; `errors` holds the first 100 findings. */
  error_count: number;
  schema_checked: boolean;
  schema_skipped_reason: string | null;
  /** 0 to 100; null when no DSP's rules were asked. */
  score: number | null;
}

/** `ddex validate`: 0 when every file is valid, 1 when one is not or cannot be read. */
export async function validateCommand(args: readonly string[], terminal: Terminal, extras: CommandExtras): Promise<number> {
  const { values, positionals: files } = readArguments(args, {
    json: { type: 'boolean', default: false },
    schemas: { type: 'string' },
    dsp: { type: 'string' },
    'dsp-rules': { type: 'string' },
  });
  if (files.length === 0) throw new UsageError('Say which files to validate.');
  const schemas = schemasDir(values.schemas, terminal);
  const dsp = dspTarget(values, terminal, extras);
  const validator = await openInlineValidator(schemas);
  const verdicts: FileVerdict[] = [];
  for (const file of files) {
    const read = await readFileUpTo(file, maxMessageBytes, terminal);
    const report = 'bytes' in read ? validator.validate(read.bytes, dsp) : refusedReport(read.code, read.reason);
    const verdict = verdictOf(file, report, dsp !== undefined);
    verdicts.push(verdict);
    if (!values.json) terminal.print(inWords(verdict));
  }
  if (values.json) terminal.print(`${JSON.stringify(verdicts, null, 2)}\n`);
  return verdicts.every(({ valid }) => valid) ? 0 : 1;
}

function dspTarget(
  values: { dsp?: string | undefined; 'dsp-rules'?: string | undefined },
  { cwd }: Terminal,
  { dspOf }: CommandExtras,
): DspTarget | undefined {
  const { dsp: slug, 'dsp-rules': file } = values;
  if (slug !== undefined && file !== undefined) throw new UsageError('--dsp and --dsp-rules: give one of them.');
  if (slug !== undefined) {
    if (!dspOf) throw new UsageError('--dsp: there is no registry of DSPs here; use --dsp-rules.');
    const found = dspOf(slug);
    if (!found) throw new UsageError(`--dsp: there is no DSP "${slug}".`);
    return found;
  }
  if (file === undefined) return undefined;
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(resolve(cwd, file), 'utf8'));
  } catch (error) {
    throw new UsageError(`--dsp-rules: ${(error as Error).message}.`);
  }
  const { name, rules } = (read ?? {}) as { name?: unknown; rules?: unknown };
  if (typeof name !== 'string' || typeof rules !== 'object' || rules === null || Array.isArray(rules))
    throw new UsageError(`--dsp-rules: ${file} is not {"name": …, "rules": {…}}.`);
  return { name, rules };
}

function verdictOf(file: string, report: Report, isForDsp: boolean): FileVerdict {
  const { ern_version, message_type, valid, errors, error_count, schema_checked, schema_skipped_reason } = report;
  return {
    file,
    ern_version,
    message_type,
    valid,
    errors: errors.map(fileFinding),
    error_count,
    schema_checked,
    schema_skipped_reason,
    score: isForDsp ? acceptanceScore(report).score : null,
  };
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

function inWords(verdict: FileVerdict): string {
  const { file, ern_version, message_type, valid, errors, error_count, schema_checked, schema_skipped_reason, score } = verdict;
  const warnings = errors.filter(({ severity }) => severity === 'warning').length;
  const what = [ern_version && `ERN ${ern_version}`, message_type].filter(Boolean).join(' ');
  const lines = [
    `${file}: ${valid ? 'valid' : counted(error_count, 'error')}${warnings > 0 ? `, ${counted(warnings, 'warning')}` : ''}${what ? ` (${what})` : ''}`,
  ];
  if (score !== null) lines.push(`  acceptance score ${score} of 100`);
  if (!schema_checked && ern_version !== null) lines.push(`  the schema was not asked: ${schema_skipped_reason}`);
  lines.push(...errors.flatMap(findingInWords));
  if (error_count + warnings > errors.length) lines.push(`  … and ${error_count + warnings - errors.length} more`);
  return `${lines.join('\n')}\n`;
}
