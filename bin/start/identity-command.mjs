import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/root.mjs';
import { Stop } from '../setup/stop.mjs';
import { runningSandbox } from './sandbox-file.mjs';

/**
 * Runs one of identity's commands, with the arguments of this process, on the database that the environment names, or else on the running
 * sandbox's; ends with its exit status, 2 when it could not run.
 */
export async function identityCommand(script) {
  try {
    const entry = join(root, 'services/identity/dist/src', script);
    if (!existsSync(entry)) throw new Stop('The identity service is not built: run "npm start" or "npm run build" first.');
    const { DATABASE_URL, ENCRYPTION_KEY } = process.env;
    const env = DATABASE_URL && ENCRYPTION_KEY ? process.env : { ...process.env, ...runningSandbox().services.identity };
    const child = spawn(process.execPath, [entry, ...process.argv.slice(2)], { stdio: 'inherit', env });
    process.exitCode = await new Promise((resolve) => {
      child.once('exit', (code) => resolve(code ?? 2));
      child.once('error', () => resolve(2));
    });
  } catch (error) {
    process.stderr.write(error instanceof Stop ? `\n${error.message}\n` : `${error?.stack ?? error}\n`);
    process.exitCode = 2;
  }
}
