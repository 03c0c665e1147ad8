// Adds to package-lock.json the packages for other platforms that npm left out: `node tools/complete-lockfile.mjs`.
// npm drops an optional package that it cannot look up (a mirror that does not carry Windows or macOS builds, for instance), and
// afterwards `npm ci` refuses the lockfile as incomplete, everywhere. Such packages are pinned exactly by the package that wants them, so
// the entry is known without asking: version, system, processor. tools/test/lockfile.spec.js tells when this has to be run.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const file = resolve(process.argv[2] ?? 'package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const { packages } = lock;

/** The entry that a package at `path` finds for `name`, as Node would: in its own node_modules, then in those above. */
function found(path, name) {
  for (let at = path; ; at = at.includes('/node_modules/') ? at.slice(0, at.lastIndexOf('/node_modules/')) : '') {
    const entry = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (packages[entry]) return packages[entry];
    if (at === '') return undefined;
  }
}

const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const processors = {
  'arm64|aarch64': 'arm64',
  'armv7|arm': 'arm',
  x64: 'x64',
  ia32: 'ia32',
  ppc64: 'ppc64',
  s390x: 's390x',
  riscv64: 'riscv64',
  loong64: 'loong64',
  wasm32: 'wasm32',
};

function platformOf(name) {
  const words = name.split('/').pop().split('-');
  const os = systems.find((system) => words.includes(system));
  const cpu = Object.entries(processors).find(([spellings]) => spellings.split('|').some((spelling) => words.includes(spelling)))?.[1];
  const libc = words.some((word) => word.startsWith('musl')) ? 'musl' : words.includes('gnu') ? 'glibc' : undefined;
  return { ...(cpu && { cpu: [cpu] }), ...(libc && os === 'linux' && { libc: [libc] }), ...(os && { os: [os] }) };
}

const added = {};
for (const [path, entry] of Object.entries(packages)) {
  for (const [name, wanted] of Object.entries(entry.optionalDependencies ?? {})) {
    if (found(path, name) || added[`node_modules/${name}`]) continue;
    if (!/^\d+\.\d+\.\d+[-\w.]*$/.test(wanted))
      throw new Error(`${path} wants ${name}@${wanted}, which is no exact version: lock it with npm`);
    added[`node_modules/${name}`] = {
      version: wanted,
      ...platformOf(name),
      ...(entry.dev && { dev: true }),
      ...(entry.license && { license: entry.license }),
      optional: true,
    };
  }
}
const [rootEntry, ...others] = Object.entries(packages);
lock.packages = Object.fromEntries([rootEntry, ...[...others, ...Object.entries(added)].sort(([a], [b]) => a.localeCompare(b, 'en'))]);
if (Object.keys(added).length > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(Object.keys(added).length > 0 ? `added:\n${Object.keys(added).join('\n')}` : 'complete');
