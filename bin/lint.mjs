// `npm run lint`: everything about the sources that a machine can judge without running them; two parts at a time, then a summary.
// `npm run lint -- imports proto` looks at some parts only; `-- --fix` lets eslint and prettier write what they can.
// eslint and prettier remember which files they have found clean (node_modules/.cache). A rule about types can change its mind because
// of another file than the one that it judges, so that CI begins without that memory.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPackages, packagesInstalled } from './setup/packages.mjs';
import { root } from './setup/root.mjs';
import { run } from './setup/run.mjs';
import { command, Stop } from './setup/stop.mjs';
import { step } from './start/screen.mjs';

/** What is judged: name → what it is and how. Each answers { code, output }, or { skipped: why }. The slowest comes first. */
const parts = {
  eslint: {
    what: 'eslint.config.mjs over all code',
    judge: ({ fix }) => tool('eslint', ['.', '--max-warnings=0', '--concurrency=2', ...remembered('eslint'), ...(fix ? ['--fix'] : [])]),
  },
  imports: {
    what: '.dependency-cruiser.cjs: who may import whom',
    judge: () => tool('depcruise', ['--config', '.dependency-cruiser.cjs', 'libs', 'services', 'e2e', 'bin', 'bench', 'tools']),
  },
  proto: { what: 'buf lint', judge: () => tool('buf', ['lint']) },
  breaking: { what: 'buf breaking against what has landed on main', judge: breaking },
  format: {
    what: 'prettier',
    judge: ({ fix }) => tool('prettier', [fix ? '--write' : '--check', '.', '--log-level=warn', ...remembered('prettier')]),
  },
  generated: {
    what: 'what is generated from proto/ is up to date',
    judge: () => run(process.execPath, [join(root, 'bin/generate.mjs'), '--check'], { cwd: root }),
  },
};

const tool = (name, args) => run(process.execPath, [join(root, 'node_modules/.bin', name), ...args], { cwd: root });

const remembered = (name) =>
  process.env.CI ? [] : ['--cache', '--cache-strategy=content', `--cache-location=${join(root, 'node_modules/.cache', name, 'clean')}`];

/**
 * The contract may grow, and nothing that someone uses may go. Against LINT_BASE (a commit or a ref), else origin/main, else main. The
 * old contract is laid out with google/api beside it, which comes with a package and is in no commit.
 */
async function breaking() {
  const asked = process.env.LINT_BASE;
  const git = (...args) => run('git', args, { cwd: root });
  const known = async (ref) => (await git('rev-parse', '--verify', '--quiet', `${ref}^{commit}`)).code === 0;
  let base;
  for (const ref of asked ? [asked] : ['origin/main', 'main']) if (base === undefined && (await known(ref))) base = ref;
  if (base === undefined && asked && !/^0+$/.test(asked))
    return { code: 1, output: `LINT_BASE is ${asked}, which git does not know here.` };
  if (base === undefined) return { skipped: 'there is no main to compare with (no git history here)' };
  const before = mkdtempSync(join(tmpdir(), 'tonegrid-contract-'));
  try {
    const archive = join(before, 'contract.tar');
    const written = await git('archive', `--output=${archive}`, base, 'proto', 'buf.yaml');
    if (written.code !== 0) return { skipped: `${base} has no contract yet` };
    const unpacked = await run('tar', ['-xf', archive, '-C', before]);
    if (unpacked.code !== 0) return unpacked;
    const google = 'node_modules/protobufjs/google';
    mkdirSync(join(before, google), { recursive: true });
    cpSync(join(root, google), join(before, google), { recursive: true });
    const { code, output } = await tool('buf', ['breaking', '--against', before]);
    return { code, output: code === 0 ? '' : `against ${base}:\n${output}` };
  } finally {
    rmSync(before, { recursive: true, force: true });
  }
}

command(async () => {
  const args = process.argv.slice(2);
  const fix = args.includes('--fix');
  const asked = args.filter((arg) => arg !== '--fix');
  const unknown = asked.find((name) => !Object.hasOwn(parts, name));
  if (unknown !== undefined) {
    const list = Object.entries(parts).map(([name, { what }]) => `  ${name.padEnd(12)}${what}`);
    throw new Stop(`npm run lint knows "-- --fix" and these parts, and not "${unknown}":\n${list.join('\n')}`);
  }
  if (!packagesInstalled()) await installPackages();

  const waiting = Object.keys(parts).filter((name) => asked.length === 0 || asked.includes(name));
  const verdicts = { clean: 0, skipped: 0, failed: 0 };
  const lane = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const begin = performance.now();
      const { code, output = '', skipped } = await parts[name].judge({ fix });
      const verdict = skipped ? 'skipped' : code === 0 ? 'clean' : 'failed';
      verdicts[verdict] += 1;
      process.stdout.write(step(name, skipped ? `skipped: ${skipped}` : verdict, performance.now() - begin));
      if (verdict === 'failed') process.stdout.write(`${output.trim()}\n\n`);
    }
  };
  // Two that write to the same file must not meet.
  await Promise.all(Array.from({ length: fix ? 1 : 2 }, lane));
  process.stdout.write(`\n${verdicts.clean} clean, ${verdicts.skipped} skipped, ${verdicts.failed} failed\n`);
  if (verdicts.failed > 0) process.exitCode = 1;
});
