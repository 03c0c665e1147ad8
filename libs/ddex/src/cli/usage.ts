import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { DspTarget } from '../validate/dsp-rule';

/** The command line itself was wrong: told with the usage, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What a command of `ddex` works with; a test gives its own. */
export interface Terminal {
  /** Folder that relative paths begin at. */
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  stdin: NodeJS.ReadableStream;
  print(text: string): void;
  complain(text: string): void;
}

/** What whoever starts `ddex` may add to it. */
export interface CommandExtras {
  /** Finds the rules of a DSP by its slug, for `--dsp`; undefined when there is no such DSP. Throws a UsageError when it cannot look. */
  dspOf?(slug: string): DspTarget | undefined;
}

/** Options and files of a command. @throws UsageError for an option that is unknown or lacks its value */
export function readArguments<T extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: T,
): ReturnType<typeof parseArgs<{ args: string[]; options: T; allowPositionals: true; strict: true }>> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0]!.replace(/\.?$/, '.'));
  }
}
