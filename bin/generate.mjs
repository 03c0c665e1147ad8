// `npm run generate`: makes everything anew that is generated from proto/, in the order in which one needs the other: TypeScript and
// comments of the contract, docs/openapi.json, docs/asyncapi.json. `-- --check` changes nothing and fails when any of it is out of date.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './setup/root.mjs';
import { run } from './setup/run.mjs';
import { command, Stop } from './setup/stop.mjs';

const contract = 'libs/contracts/src/gen';
const openapi = { file: 'docs/openapi.json', script: 'services/gateway/dist/src/docs/write-openapi.js' };
const asyncapi = { file: 'docs/asyncapi.json', script: 'tools/write-asyncapi.mjs' };

/** Generates below `to`, which is the repository or an empty folder. */
async function generate(to) {
  await must('buf generate', join(root, 'node_modules/.bin/buf'), ['generate', '-o', to]);
  await must('the build', process.execPath, ['tools/build.mjs']);
  for (const { file, script } of [openapi, asyncapi]) await must(file, process.execPath, [script, join(to, file)]);
}

async function must(what, program, args) {
  const path = [join(root, 'node_modules/.bin'), process.env.PATH].join(':');
  const { code, output } = await run(program, args, { cwd: root, env: { ...process.env, PATH: path } });
  if (code !== 0) throw new Stop(`${output.trimEnd()}\n\n${what} failed; what it said is above.`);
}

const filesBelow = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    : [];

const same = (a, b) => existsSync(a) && existsSync(b) && readFileSync(a).equals(readFileSync(b));

/** Generated files that differ from what would be generated now. */
export async function outOfDate() {
  const fresh = mkdtempSync(join(tmpdir(), 'tonegrid-generate-'));
  try {
    await generate(fresh);
    const inContract = [
      ...filesBelow(join(root, contract)).map((file) => file.slice(root.length + 1)),
      ...filesBelow(join(fresh, contract)).map((file) => file.slice(fresh.length + 1)),
    ];
    return [...new Set([...inContract, openapi.file, asyncapi.file])].sort().filter((file) => !same(join(root, file), join(fresh, file)));
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

if (process.argv[1] === join(root, 'bin/generate.mjs')) {
  command(async () => {
    if (!process.argv.includes('--check')) return generate(root);
    const files = await outOfDate();
    if (files.length > 0) throw new Stop(`${files.join('\n')}\n\nOut of date: run "npm run generate" and commit the result.`);
    process.stdout.write('everything generated is up to date\n');
  });
}
