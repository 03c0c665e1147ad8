// `npm test`: installs what is missing, compiles, and runs every test on the compiled output: `npm test -- libs/rpc` only some of them.
// Ends with Jest's own summary and one plain line. Tests that need DDEX's schemas are skipped where there are none; where there are,
// nothing may be skipped.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { ddexSchemas } from './setup/ddex-schemas.mjs';
import { findTool, tool } from './setup/debian-tools.mjs';
import { prepare } from './setup/prepare.mjs';
import { root } from './setup/root.mjs';
import { run } from './setup/run.mjs';
import { command } from './setup/stop.mjs';
import { step } from './start/screen.mjs';

command(async () => {
  const print = (text) => process.stdout.write(text);
  const nats = await prepare((what, word, took) => print(step(what, word, took)));
  // The rate limits are proven against a real store, always.
  const redis = await tool('redis-server');
  print(step('redis-server', redis.fetched ? `fetched from Debian: ${redis.path}` : redis.path));
  const schemas = ddexSchemas();
  print(step('DDEX schemas', schemas ?? 'none found: tests that need them are skipped'));
  // The second opinion on schemas, wanted only where there are some.
  if (schemas) await tool('xmllint').catch((error) => print(step('xmllint', error.message)));

  const folder = mkdtempSync(join(tmpdir(), 'tonegrid-test-'));
  const report = join(folder, 'report.json');
  try {
    const tools = [nats, redis.path, findTool('xmllint')].filter(Boolean).map((path) => dirname(path));
    const env = { ...process.env, PATH: [process.env.PATH, ...tools].join(delimiter), ...(schemas && { DDEX_SCHEMAS_DIR: schemas }) };
    const jest = [
      join(root, 'node_modules/jest/bin/jest.js'),
      '--maxWorkers=2',
      '--json',
      `--outputFile=${report}`,
      ...process.argv.slice(2),
    ];
    const { code } = await run(process.execPath, jest, { cwd: root, env, show: true });
    const failed = verdict(readReport(report), schemas);
    process.exitCode = code || failed;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

const readReport = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // Jest ended before it could write any: its own words are above
  }
};

/** Prints the last line; answers the exit status. */
function verdict(report, schemas) {
  if (!report) return 1;
  const skipped = report.numPendingTests + report.numTodoTests;
  const forbidden = schemas !== undefined && skipped > 0;
  if (forbidden) {
    const names = report.testResults.flatMap(({ assertionResults }) =>
      assertionResults.filter(({ status }) => status === 'pending' || status === 'todo').map(({ fullName }) => fullName),
    );
    process.stdout.write(
      `\nDDEX's schemas are present (${schemas}), so that nothing may be skipped, and these were:\n${names.map((name) => `  ${name}\n`).join('')}`,
    );
  }
  process.stdout.write(
    `\n${report.numPassedTests} passed, ${report.numFailedTests + report.numRuntimeErrorTestSuites} failed, ${skipped} skipped\n`,
  );
  return forbidden ? 1 : 0;
}
