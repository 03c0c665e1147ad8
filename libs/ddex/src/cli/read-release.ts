import { placeAt } from '../read/locate';
import { readMessage, type ReadPurge, type ReadRelease } from '../read/read-message';
import { refusedReport } from '../validate/judge';
import type { Finding } from '../validate/report';
import { fileFinding, findingInWords, type FileFinding } from './findings';
import { readFileUpTo } from './read-file';
import type { Terminal } from './usage';

/** Most bytes of a message that a command reads. */
export const maxMessageBytes = 20 * 1024 * 1024;

/** A file as `--json` prints it, as far as reading tells: what keeps it from being read is its one error. */
export interface FileReading {
  file: string;
  ern_version: string | null;
  message_type: string | null;
  valid: boolean;
  errors: FileFinding[];
}

/** Reads a file into the model. Never throws for what is in the file. */
export async function readMessageFile(
  file: string,
  terminal: Terminal,
): Promise<{ reading: FileReading; message: ReadRelease | ReadPurge | undefined }> {
  const refused = (found: Finding, ern_version: string | null = null, message_type: string | null = null) => ({
    reading: { file, ern_version, message_type, valid: false, errors: [fileFinding(found)] },
    message: undefined,
  });
  const read = await readFileUpTo(file, maxMessageBytes, terminal);
  if (!('bytes' in read)) return refused(asFatal(read.code, read.reason));
  const message = readMessage(read.bytes);
  if (message.ok)
    return { reading: { file, ern_version: message.ernVersion, message_type: message.messageType, valid: true, errors: [] }, message };
  const { code, reason, xpath, offset, ernVersion, messageType } = message;
  const place = offset === null ? { line: 0, column: 0 } : placeAt(read.bytes, offset);
  const found: Finding = code.startsWith('xml.')
    ? { ...asFatal(code, reason), ...place }
    : { stage: 'profile', level: 'error', severity: 'error', ...place, ...(xpath === null ? {} : { xpath }), code, message: reason };
  return refused(found, ernVersion, messageType);
}

/** As `ddex validate` says it, with the same hint. */
const asFatal = (code: string, reason: string): Finding => refusedReport(code, reason).errors[0]!;

/** Why a file was not read. */
export const refusalInWords = ({ file, errors }: FileReading): string =>
  errors.length === 0 ? '' : `${[`${file}: 1 error`, ...errors.flatMap(findingInWords)].join('\n')}\n`;
