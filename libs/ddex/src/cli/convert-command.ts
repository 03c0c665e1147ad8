import { existsSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { ernVersions, type ErnVersion } from '../grammar/versions';
import { writeNewRelease, writePurge, type Written } from '../write/write-message';
import { readMessageFile, refusalInWords, type FileReading } from './read-release';
import { readArguments, UsageError, type Terminal } from './usage';

export const convertUsage = `  ddex convert --to VERSION [--out PATH] [--json] [--strict] FILE…
      Writes ERN messages in another version, ${ernVersions.join(', ')}. What cannot be carried over is told, never dropped silently.
      --to VERSION      the version to write
      --out PATH        a file for one message, a folder for several; else the standard output, for one message
      --json            print an array of {file, ern_version, message_type, valid, errors, to, output, xml, unmapped, losses}
      --strict          exit status 1, and nothing is written, when something cannot be carried over
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
}

/** `ddex convert`: 0 when every file was written, 1 when one was not. */
export async function convertCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals: files } = readArguments(args, {
    to: { type: 'string' },
    out: { type: 'string' },
    json: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
  });
  const to = ernVersions.find((version) => version === values.to);
  if (!to) throw new UsageError(`--to: say which version, one of ${ernVersions.join(', ')}.`);
  if (files.length === 0) throw new UsageError('Say which files to convert.');
  const place = placeOf(values.out, files, terminal);
  if (!values.json && !place && files.length > 1) throw new UsageError('--out: say into which folder several files go.');

  const conversions: Conversion[] = [];
  for (const file of files) {
    const { conversion, xml } = await convert(file, to, terminal);
    conversions.push(conversion);
    const isCarried = conversion.unmapped.length + conversion.losses.length === 0;
    const isWritten = xml !== undefined && (isCarried || !values.strict);
    if (isWritten && place) {
      conversion.output = place(file);
      writeFileSync(conversion.output, xml);
    } else if (isWritten && values.json) {
      conversion.xml = xml;
    } else if (isWritten) {
      terminal.print(xml);
    }
    if (!isWritten) conversion.valid = false;
    if (!values.json) terminal.complain(inWords(conversion));
  }
  if (values.json) terminal.print(`${JSON.stringify(conversions, null, 2)}\n`);
  return conversions.every(({ valid }) => valid) ? 0 : 1;
}

/** Where a converted file goes; undefined for the standard output. */
function placeOf(out: string | undefined, files: readonly string[], { cwd }: Terminal): ((file: string) => string) | undefined {
  if (out === undefined) return undefined;
  const path = resolve(cwd, out);
  if (!existsSync(path) || !statSync(path).isDirectory()) {
    if (files.length > 1) throw new UsageError(`--out: ${out} is no folder.`);
    return () => path;
  }
  const names = files.map((file) => (file === '-' ? 'message.xml' : basename(file)));
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new UsageError(`--out: two of the files are called ${twice}.`);
  const own = files.find((file) => resolve(cwd, file) === join(path, basename(file)));
  if (own !== undefined) throw new UsageError(`--out: ${own} would be written over.`);
  return (file) => join(path, file === '-' ? 'message.xml' : basename(file));
}

async function convert(file: string, to: ErnVersion, terminal: Terminal): Promise<{ conversion: Conversion; xml: string | undefined }> {
  const { reading, message } = await readMessageFile(file, terminal);
  const conversion: Conversion = { ...reading, to, output: null, xml: null, unmapped: message?.unmapped ?? [], losses: [] };
  if (!message) return { conversion, xml: undefined };
  const written: Written =
    message.messageType === 'NewReleaseMessage' ? writeNewRelease(message.notification, to) : writePurge(message.purge, to);
  conversion.losses = written.losses;
  return { conversion, xml: written.xml };
}

function inWords(conversion: Conversion): string {
  const { file, ern_version, message_type, to, output, unmapped, losses, valid } = conversion;
  if (conversion.errors.length > 0) return refusalInWords(conversion);
  const lines = [
    `${file}: ERN ${ern_version} ${message_type} ${valid ? `written in ERN ${to}` : `not written in ERN ${to}: it cannot be carried over whole`}${output ? ` to ${output}` : ''}`,
    ...unmapped.map(({ xpath, reason, value }) => `  left out: ${xpath} ${reason}${value === null ? '' : ` (${value})`}`),
    ...losses.map(({ path, reason }) => `  lost: ${path}: ${reason}`),
  ];
  return `${lines.join('\n')}\n`;
}
