import { convertCommand, convertUsage } from './convert-command';
import { diffCommand, diffUsage } from './diff-command';
import { UsageError, type CommandExtras, type Terminal } from './usage';
import { validateCommand, validateUsage } from './validate-command';

/** A command: answers its exit status, 0 when all is right and 1 when not. Throws a UsageError for arguments that are wrong. */
export interface Command {
  usage: string;
  run(args: readonly string[], terminal: Terminal, extras: CommandExtras): Promise<number>;
}

const commands: ReadonlyMap<string, Command> = new Map([
  ['validate', { usage: validateUsage, run: validateCommand }],
  ['convert', { usage: convertUsage, run: convertCommand }],
  ['diff', { usage: diffUsage, run: diffCommand }],
]);

const help = (): string => `Usage:
${[...commands.values()].map(({ usage }) => usage).join('\n')}
Exit status: 0 when every file is right, 1 when one is not, 2 when the command line is wrong.
`;

/** Whoever reads the output may close it early (`| head`): that ends the program and is no error. */
function endWhenClosed(stream: NodeJS.WriteStream): void {
  stream.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}

function ours(): Terminal {
  endWhenClosed(process.stdout);
  return {
    cwd: process.cwd(),
    env: process.env,
    stdin: process.stdin,
    print: (text) => void process.stdout.write(text),
    complain: (text) => void process.stderr.write(text),
  };
}

/** Runs `ddex`; answers its exit status. @param args without the program's own name */
export async function main(args: readonly string[], extras: CommandExtras = {}, terminal: Terminal = ours()): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    (name === undefined ? terminal.complain : terminal.print)(help());
    return name === undefined ? 2 : 0;
  }
  try {
    const command = commands.get(name);
    if (!command) throw new UsageError(`There is no command "${name}".`);
    if (rest.includes('--help') || rest.includes('-h')) {
      terminal.print(help());
      return 0;
    }
    return await command.run(rest, terminal, extras);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.complain(`ddex: ${error.message}\n\n${help()}`);
    return 2;
  }
}
