// Compiles TypeScript to CommonJS with swc: `node tools/build.mjs [--bundle] [folder…]`, by default every lib and service.
// src/**.ts and test/**.ts go to dist/src and dist/test; only files newer than their output are compiled, and outputs
// whose source is gone are removed. `--bundle` bundles the services as well (tools/bundle.mjs). Types are not checked here: `npm run typecheck` does that.
import { transformFile } from '@swc/core';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync, copyFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const swcrc = join(root, '.swcrc');
const configured = statSync(swcrc).mtimeMs;
const bundling = process.argv.includes('--bundle');
const asked = process.argv
  .slice(2)
  .filter((word) => word !== '--bundle')
  .map((folder) => resolve(folder));
const folders =
  asked.length > 0
    ? asked
    : [...['libs', 'services'].flatMap((area) => readdirSync(join(root, area)).map((name) => join(root, area, name))), join(root, 'e2e')];

const filesBelow = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((e) => e.isFile())
        .map((e) => join(e.parentPath ?? e.path, e.name))
    : [];

async function compile(source, output) {
  if (existsSync(output) && statSync(output).mtimeMs >= Math.max(statSync(source).mtimeMs, configured)) return 0;
  mkdirSync(dirname(output), { recursive: true });
  if (!source.endsWith('.ts')) {
    copyFileSync(source, output);
    return 1;
  }
  const { code, map } = await transformFile(source, { configFile: swcrc, sourceFileName: relative(dirname(output), source) });
  writeFileSync(`${output}.map`, map);
  // Whole or not at all: half a file would be newer than its source, and stay.
  writeFileSync(`${output}.new`, `${code}\n//# sourceMappingURL=${output.split('/').pop()}.map\n`);
  renameSync(`${output}.new`, output);
  return 1;
}

let compiled = 0;
for (const folder of folders) {
  const expected = new Set();
  const work = [];
  for (const part of ['src', 'test']) {
    for (const source of filesBelow(join(folder, part))) {
      if (source.endsWith('.d.ts')) continue;
      const output = join(folder, 'dist', part, relative(join(folder, part), source)).replace(/\.ts$/, '.js');
      expected.add(output).add(`${output}.map`).add(`${output}.new`);
      work.push(compile(source, output));
    }
  }
  compiled += (await Promise.all(work)).reduce((sum, n) => sum + n, 0);
  for (const file of filesBelow(join(folder, 'dist'))) if (!expected.has(file)) rmSync(file);
}
if (compiled > 0) console.log(`compiled ${compiled} files`);
if (bundling) {
  const { bundle } = await import('./bundle.mjs');
  const bundled = await bundle(root);
  if (bundled > 0) console.log(`bundled ${bundled} services`);
}
