/** Why a command cannot go on, in one clear sentence that says what to do. Anything else that is thrown is a bug and shows its stack. */
export class Stop extends Error {}

/** Runs a command's main function; a Stop ends it with its sentence and status 1. */
export function command(main) {
  main().catch((error) => {
    process.stderr.write(error instanceof Stop ? `\n${error.message}\n` : `${error?.stack ?? error}\n`);
    process.exitCode = 1;
    // A connection or a timer that is still open must not keep a command alive that has failed; output is given time to leave.
    setTimeout(() => process.exit(1), 500).unref();
  });
}
