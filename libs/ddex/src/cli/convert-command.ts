import { existsSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { avsVersions } from '../grammar/avs-versions';
import { ernVersions, type ErnVersion } from '../grammar/versions';
import { openInlineValidator } from '../validate/inline-validator';
import { writeNewRelease, writePurge, type Written } from '../write/write-message';
import { fileFinding, findingInWords } from './findings';
import { readMessageFile, refusalInWords, type FileReading } from './read-release';
import { schemasDir } from './schemas-dir';
import { readArguments, UsageError, type Terminal } from './usage';

export const convertUsage = `  ddex convert --to VERSION [--out PATH] [--json] [--strict] [--schemas DIR] FILE…
      Writes ERN messages in another version, ${ernVersions.join(', ')}. What cannot be carried over is told, never dropped silently;
      so is what the version must be told and had to be supplied. What is written is judged as by "ddex validate".
      --to VERSION      the version to write
      --out PATH        a file for one message, a folder for several; else the standard output, for one message
      --json            print an array of {file, ern_version, message_type, valid, errors, to, output, xml, unmapped, losses, supplied,
                        schema_checked, schema_skipped_reason}
      --strict          nothing is written when something cannot be carried over or what would be written is not valid
      --schemas DIR     where DDEX's schemas are; else DDEX_SCHEMAS_DIR, .ddex/schemas, ../shared/ddex/schemas
`;

/** What became of one file, as `--json` prints it. */
export interface Conversion extends FileReading {
  to: ErnVersion;
  /** Where it was written; null when it was not. */
  output: string | null;
  /** The message, when it was written to no file. */
  xml: string | null;
  /** What the file says and the model has no place for. */
  unmapped: { xpath: string; reason: string; value: string | null }[];
  /** What the version written cannot say, or can only say nearly: where in the model, and why. */
  losses: { path: string; reason: string }[];
  /** What the version written must be told and the file does not say: where in the model, and what was put there. */
  supplied: { path: string; reason: string }[];
  /** Whether what was written was put to DDEX's schema, and why not. */
  schema_checked: boolean;
  schema_skipped_reason: string | null;
}

type InlineValidator = Awaited<ReturnType<typeof openInlineValidator>>;

/** `ddex convert`: 0 when every file was written and what was written is valid, else 1. */
export async function convertCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals: files } = readArguments(args, {
    to: { type: 'string' },
    out: { type: 'string' },
    json: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
    schemas: { type: 'string' },
  });
  const to = ernVersions.find((version) => version === values.to);
  if (!to) throw new UsageError(`--to: say which version, one of ${ernVersions.join(', ')}.`);
  if (files.length === 0) throw new UsageError('Say which files to convert.');
  const place = placeOf(values.out, files, terminal);
  if (!values.json && !place && files.length > 1) throw new UsageError('--out: say into which folder several files go.');

  const validator = await openInlineValidator(schemasDir(values.schemas, terminal));
  const conversions: Conversion[] = [];
  for (const file of files) {
    const { conversion, xml } = await convert(file, to, validator, terminal);
    conversions.push(conversion);
    const isCarried = conversion.valid && conversion.unmapped.length + conversion.losses.length === 0;
    const isWritten = xml !== undefined && (isCarried || !values.strict);
    if (isWritten && place) {
      conversion.output = place(file);
      write(conversion.output, xml);
    } else if (isWritten && values.json) {
      conversion.xml = xml;
    } else if (isWritten) {
      terminal.print(xml);
    }
    if (!isWritten) conversion.valid = false;
    if (!values.json) terminal.complain(inWords(conversion, isWritten));
  }
  if (values.json) terminal.print(`${JSON.stringify(conversions, null, 2)}\n`);
  return conversions.every(({ valid }) => valid) ? 0 : 1;
}

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

function write(path: string, xml: string): void {
  try {
    writeFileSync(path, xml);
  } catch (error) {
    throw new UsageError(`--out: ${(error as Error).message}.`);
  }
}

/** Where a converted file goes; undefined for the standard output. */
function placeOf(out: string | undefined, files: readonly string[], { cwd }: Terminal): ((file: string) => string) | undefined {
  if (out === undefined) return undefined;
  const path = resolve(cwd, out);
  if (!isFolder(path)) {
    if (files.length > 1) throw new UsageError(`--out: ${out} is no folder.`);
    if (!isFolder(dirname(path))) throw new UsageError(`--out: there is no folder ${dirname(out)}.`);
    return () => path;
  }
  const names = files.map((file) => (file === '-' ? 'message.xml' : basename(file)));
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new UsageError(`--out: two of the files are called ${twice}.`);
  const own = files.find((file) => resolve(cwd, file) === join(path, basename(file)));
  if (own !== undefined) throw new UsageError(`--out: ${own} would be written over.`);
  return (file) => join(path, file === '-' ? 'message.xml' : basename(file));
}

async function convert(
  file: string,
  to: ErnVersion,
  validator: InlineValidator,
  terminal: Terminal,
): Promise<{ conversion: Conversion; xml: string | undefined }> {
  const { reading, message } = await readMessageFile(file, terminal);
  const conversion: Conversion = {
    ...reading,
    to,
    output: null,
    xml: null,
    unmapped: message?.unmapped ?? [],
    losses: [],
    supplied: [],
    schema_checked: false,
    schema_skipped_reason: null,
  };
  if (!message) return { conversion, xml: undefined };
  const isSame = message.ernVersion === to;
  const { xml, losses, supplied }: Written =
    message.messageType === 'NewReleaseMessage'
      ? writeNewRelease(isSame ? message.notification : inSetsOf(message.notification, to), to)
      : writePurge(isSame ? message.purge : inSetsOf(message.purge, to), to);
  const report = validator.validate(xml);
  conversion.losses = losses;
  conversion.supplied = supplied;
  conversion.valid = report.valid;
  if (!report.valid) conversion.errors = report.errors.filter(({ severity }) => severity === 'error').map(fileFinding);
  conversion.schema_checked = report.schema_checked;
  conversion.schema_skipped_reason = report.schema_skipped_reason;
  return { conversion, xml };
}

/** Another version has other allowed-value sets: the writer says which, where its version does. */
function inSetsOf<T extends { avsVersionId?: string }>(message: T, to: ErnVersion): T {
  if (avsVersions[to] === undefined) return message;
  const { avsVersionId: _, ...rest } = message;
  return rest as T;
}

function inWords(conversion: Conversion, isWritten: boolean): string {
  const { file, ern_version, message_type, to, output, unmapped, losses, supplied, errors, schema_checked, schema_skipped_reason } =
    conversion;
  const wasRead = schema_checked || schema_skipped_reason !== null;
  if (!wasRead) return refusalInWords(conversion);
  const isInvalid = errors.length > 0;
  const why = isInvalid ? 'what would be written is not valid' : 'it cannot be carried over whole';
  const lines = [
    `${file}: ERN ${ern_version} ${message_type} ${isWritten ? `written in ERN ${to}` : `not written in ERN ${to}: ${why}`}${output ? ` to ${output}` : ''}${isWritten && isInvalid ? ', which is not valid' : ''}`,
    ...errors.flatMap(findingInWords),
    ...unmapped.map(({ xpath, reason, value }) => `  left out: ${xpath} ${reason}${value === null ? '' : ` (${value})`}`),
    ...losses.map(({ path, reason }) => `  lost: ${path}: ${reason}`),
    ...supplied.map(({ path, reason }) => `  supplied: ${path}: ${reason}`),
    ...(schema_checked ? [] : [`  the schema was not asked: ${schema_skipped_reason}`]),
  ];
  return `${lines.join('\n')}\n`;
}
