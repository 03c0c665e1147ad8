import { readMessage, type ReadPurge, type ReadRefused, type ReadRelease } from '../read/read-message';
import { fileFinding, type FileFinding } from './findings';
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
  const read = await readFileUpTo(file, maxMessageBytes, terminal);
  const message: ReadRelease | ReadPurge | ReadRefused =
    'bytes' in read
      ? readMessage(read.bytes)
      : { ok: false, code: read.code, reason: read.reason, ernVersion: null, messageType: null, xpath: null };
  const reading: FileReading = { file, ern_version: message.ernVersion, message_type: message.messageType, valid: message.ok, errors: [] };
  if (message.ok) return { reading, message };
  const isOfXml = /^(xml|file)\./.test(message.code);
  reading.errors.push(
    fileFinding({
      stage: isOfXml ? 'parse' : 'profile',
      level: isOfXml ? 'fatal' : 'error',
      severity: 'error',
      line: 0,
      column: 0,
      code: message.code,
      message: message.reason,
      ...(message.xpath === null ? {} : { xpath: message.xpath }),
    }),
  );
  return { reading, message: undefined };
}

/** Why a file was not read, a line for each reason. */
export const refusalInWords = ({ file, errors }: FileReading): string =>
  errors.map(({ code, message, xpath }) => `${file}: ${code}: ${message}${xpath ? `\n    at ${xpath}` : ''}\n`).join('');
