import { diffNotifications, type Change } from '../diff/diff-notifications';
import { fileFinding } from './findings';
import { readMessageFile, refusalInWords } from './read-release';
import { readArguments, UsageError, type Terminal } from './usage';

export const diffUsage = `  ddex diff [--json] [--exit-code] BEFORE AFTER
      Says what the second message tells a DSP otherwise than the first; their versions of ERN may differ. "-" is the standard input.
      --json            print an array of {file, ern_version, message_type, valid, errors} of the two, the second with its
                        changes: [{kind, subject, field, before, after, text}]
      --exit-code       exit status 1 when there is a difference
`;

/** `ddex diff`: 0 when both messages could be read, 1 when one could not (or, with --exit-code, when they differ). */
export async function diffCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = readArguments(args, {
    json: { type: 'boolean', default: false },
    'exit-code': { type: 'boolean', default: false },
  });
  const [first, second, ...more] = positionals;
  if (first === undefined || second === undefined || more.length > 0) throw new UsageError('Say which two files to compare.');
  if (first === '-' && second === '-') throw new UsageError('Only one of the two can be the standard input.');
  const before = await readMessageFile(first, terminal);
  const after = await readMessageFile(second, terminal);
  for (const { reading, message } of [before, after])
    if (message?.messageType === 'PurgeReleaseMessage') {
      reading.valid = false;
      const text = 'A PurgeReleaseMessage names a release and says nothing of it that could be compared';
      reading.errors.push(
        fileFinding({ stage: 'profile', level: 'error', severity: 'error', line: 0, column: 0, code: 'ern.purge', message: text }),
      );
    }
  const readable = before.reading.valid && after.reading.valid;
  const changes: Change[] =
    before.message?.messageType === 'NewReleaseMessage' && after.message?.messageType === 'NewReleaseMessage' && readable
      ? diffNotifications(before.message.notification, after.message.notification)
      : [];
  if (values.json) {
    terminal.print(`${JSON.stringify([before.reading, { ...after.reading, changes }], null, 2)}\n`);
  } else {
    for (const { reading } of [before, after]) terminal.complain(refusalInWords(reading));
    if (readable) terminal.print(changes.length === 0 ? 'Both say the same.\n' : changes.map(({ text }) => `${text}\n`).join(''));
  }
  return !readable || (values['exit-code'] && changes.length > 0) ? 1 : 0;
}
