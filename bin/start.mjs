// `npm start`: installs what is missing and runs the whole platform in sandbox mode, each service as a process of its own.
//   --fresh     begins anew: wipes the state of .local/ first, and with DATABASE_URL drops the sandbox's databases
//   --verbose   shows the services' logs
// Only Node's own modules are used until the packages are installed. What is fetched, made and run is described in README.md.
import { prepare } from './setup/prepare.mjs';
import { command, Stop } from './setup/stop.mjs';
import { runSandbox } from './start/run-sandbox.mjs';

const flags = process.argv.slice(2);

command(async () => {
  const unknown = flags.find((flag) => !['--fresh', '--verbose'].includes(flag));
  if (unknown)
    throw new Stop(`npm start knows "-- --fresh" (begin anew) and "-- --verbose" (show the services' logs), and not "${unknown}".`);
  if (process.platform !== 'linux')
    throw new Stop(
      `npm start runs on Linux, and this is ${process.platform}: with Docker, "docker compose -f deploy/compose.yaml up --build" runs the same services; that file says how to get in.`,
    );
  await runSandbox({ prepare, fresh: flags.includes('--fresh'), verbose: flags.includes('--verbose') });
});
