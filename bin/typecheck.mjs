// `npm run typecheck`: TypeScript's opinion on every lib and service, two at a time; what has not changed comes from Nx's cache.
// Arguments go to Nx: `npm run typecheck -- -p rpc,data`.
import { join } from 'node:path';
import { root } from './setup/root.mjs';
import { run } from './setup/run.mjs';
import { command } from './setup/stop.mjs';

command(async () => {
  const nx = [join(root, 'node_modules/.bin/nx'), 'run-many', '-t', 'typecheck', '--parallel=2', ...process.argv.slice(2)];
  const { code } = await run(process.execPath, nx, { cwd: root, show: true, env: { ...process.env, NX_DAEMON: 'false' } });
  process.exitCode = code;
});
