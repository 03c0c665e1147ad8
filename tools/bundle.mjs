// Makes one file of each service with all that it loads: services/<name>/bundle/main.js, and its validation worker beside it. What
// starts from it need not look for, read and compile 1,500 files (docs/adr/0009-services-start-from-one-file.md). Run by
// tools/build.mjs, on what that has compiled; does nothing when no bundle is older than its parts.
import { build } from 'esbuild';
import { existsSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

// Native code or files of their own beside them: loaded from node_modules as ever.
const whole = ['@aws-sdk/*', '@node-rs/*', 'cpu-features', 'libxml2-wasm', 'sharp', 'ssh2', 'swagger-ui-dist'];
// Asked for by name and not installed: drivers of other databases, and parts of Nest that are not used.
const absent = [
  ...['@google-cloud/spanner', '@sap/hana-client', '@sap/hana-client/extension/Stream', 'better-sqlite3', 'expo-sqlite', 'hdb-pool'],
  ...[
    'mongodb',
    'mssql',
    'mysql',
    'mysql2',
    'nativescript-sqlite',
    'oracledb',
    'pg-native',
    'pg-query-stream',
    'react-native-sqlite-storage',
  ],
  ...['sql.js', 'sqlite3', 'ts-node', 'typeorm-aurora-data-api-driver', 'redis', '@redis/client'],
  ...['@nestjs/microservices', '@nestjs/microservices/*', '@nestjs/websockets', '@nestjs/websockets/*', '@nestjs/platform-*'],
  ...['class-transformer', 'class-transformer/*', 'class-validator'],
];

const newest = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.js') && !entry.name.endsWith('.spec.js'))
    .reduce((latest, entry) => Math.max(latest, statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs), 0);

/**
 * esbuild wraps each module in an object of its own with the module's path as the name of its one method. V8 remembers 1,536 names that an
 * object of that size can begin with, and from there on gives each new object literal of the whole process a shape (hidden class) of its own:
 * slow to make, slow to read, and kept until the next full collection. So all wrappers get one name.
 */
const ofOneShape = (code) => code.replace(/\b(__commonJS|__esm)\(\{(?:"[^"\n]*"|'[^'\n]*'|[\w$]+)\(/g, '$1({module(');

/** Bundles the services whose parts have changed; answers how many. */
export async function bundle(root) {
  const services = readdirSync(join(root, 'services')).filter((name) => existsSync(join(root, 'services', name, 'dist/src/main.js')));
  const libs = readdirSync(join(root, 'libs')).map((name) => join(root, 'libs', name, 'dist/src'));
  const installed = join(root, 'node_modules/.package-lock.json');
  const common = Math.max(
    ...libs.filter(existsSync).map(newest),
    ...[import.meta.filename ?? new URL(import.meta.url).pathname, ...(existsSync(installed) ? [installed] : [])].map(
      (file) => statSync(file).mtimeMs,
    ),
  );
  const stale = services.filter((name) => {
    const main = join(root, 'services', name, 'bundle/main.js');
    return !existsSync(main) || statSync(main).mtimeMs < Math.max(common, newest(join(root, 'services', name, 'dist/src')));
  });
  if (stale.length === 0) return 0;
  const worker = join(root, 'libs/ddex/dist/src/validate/worker.js');
  const entries = stale.flatMap((name) => [
    { in: join(root, 'services', name, 'dist/src/main.js'), out: `services/${name}/bundle/main` },
    { in: worker, out: `services/${name}/bundle/worker` },
  ]);
  const { outputFiles } = await build({
    entryPoints: entries,
    outdir: root,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: [...whole, ...absent],
    minifySyntax: true,
    minifyWhitespace: true,
    charset: 'ascii',
    legalComments: 'none',
    logLevel: 'error',
    write: false,
  });
  // Whole or not at all, and main.js last, whose age counts: who is interrupted here bundles again.
  for (const { path, text } of outputFiles.sort((a, b) => basename(b.path).localeCompare(basename(a.path)))) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, ofOneShape(text));
    renameSync(`${path}.new`, path);
  }
  return stale.length;
}
