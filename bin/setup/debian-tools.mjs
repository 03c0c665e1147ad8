import { accessSync, chmodSync, constants, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { local } from './root.mjs';
import { run, tail } from './run.mjs';
import { Stop } from './stop.mjs';

/** Where fetched tools lie: below .local/, so that nothing of the machine is changed. `--fresh` keeps them. */
const tools = join(local, 'tools');

/** Programs that npm has not, and the Debian packages that have them. */
const packages = { 'nats-server': 'nats-server', xmllint: 'libxml2-utils', 'redis-server': 'redis-server' };

const executable = (file) => {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false; // not there, or not for us: both mean that it cannot be used
  }
};

/** The path of a program; undefined when there is none. Debian puts servers into /usr/sbin, which is not on a user's PATH. */
export function findTool(program, env = process.env) {
  const folders = [
    ...(env.PATH ?? '').split(delimiter).filter(Boolean),
    '/usr/sbin',
    '/usr/local/sbin',
    '/usr/local/bin',
    '/usr/bin',
    join(tools, 'bin'),
  ];
  return folders.map((folder) => join(folder, program)).find(executable);
}

/** Finds a program or fetches Debian's. Answers { path, fetched }; throws Stop when it is not to be had. */
export async function tool(program) {
  const path = findTool(program);
  if (path) return { path, fetched: false };
  const problem = await fetchPackage(program);
  const found = findTool(program);
  if (found) return { path: found, fetched: true };
  throw new Stop(
    `${program} is missing and could not be fetched (${problem}): install it, on Debian and Ubuntu with "sudo apt-get install ${packages[program]}".`,
  );
}

/**
 * Unpacks Debian's package, and what it depends on and the machine lacks, below .local/tools without installing it: that needs no
 * root, and on a machine with systemd it starts no server on our ports. Answers what went wrong, or undefined.
 */
async function fetchPackage(program) {
  if (!existsSync('/usr/bin/apt-get')) return 'this machine has no apt-get';
  const name = packages[program];
  const work = join(tools, `${name}-${process.pid}`);
  for (const folder of ['apt/lists/partial', 'apt/cache/archives/partial', 'unpacked']) mkdirSync(join(work, folder), { recursive: true });
  // apt's lists, downloads and locks in a folder of ours; its sources, keys and the list of what is installed are the machine's.
  const options = {
    'Dir::State::lists': join(work, 'apt/lists'),
    'Dir::Cache': join(work, 'apt/cache'),
    'Debug::NoLocking': '1',
    'APT::Sandbox::User': '',
    'APT::Update::Post-Invoke': '',
    'APT::Update::Post-Invoke-Success': '',
  };
  const apt = (...args) =>
    run('apt-get', ['-q', '-y', ...Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`]), ...args], {
      cwd: work,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    });
  try {
    const updated = await apt('update');
    if (updated.code !== 0) return `apt-get update: ${tail(updated.output, 1)}`;
    const downloaded = await apt('install', '--download-only', '--reinstall', '--no-install-recommends', name);
    if (downloaded.code !== 0) return `apt-get: ${tail(downloaded.output, 1)}`;
    const archives = join(work, 'apt/cache/archives');
    for (const file of readdirSync(archives).filter((entry) => entry.endsWith('.deb'))) {
      const unpacked = await run('dpkg-deb', ['-x', join(archives, file), join(work, 'unpacked')], { cwd: work });
      if (unpacked.code !== 0) return `dpkg-deb: ${tail(unpacked.output, 1)}`;
    }
    return place(program, name, work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Moves what was unpacked to its place, with a small script in tools/bin that lets the program find its libraries. */
function place(program, name, work) {
  const home = join(tools, name);
  rmSync(home, { recursive: true, force: true });
  renameSync(join(work, 'unpacked'), home);
  const inside = ['usr/bin', 'usr/sbin', 'bin', 'sbin'].map((folder) => join(home, folder, program)).find(executable);
  if (!inside) return `${name} holds no ${program}`;
  const libraries = ['usr/lib', 'lib']
    .flatMap((folder) => [join(home, folder), ...subfolders(join(home, folder))])
    .filter((folder) => existsSync(folder));
  mkdirSync(join(tools, 'bin'), { recursive: true });
  const script = join(tools, 'bin', program);
  const path = libraries.length > 0 ? `LD_LIBRARY_PATH='${libraries.join(':')}' ` : '';
  writeFileSync(script, `#!/bin/sh\n${path}exec '${inside}' "$@"\n`);
  chmodSync(script, 0o755);
  return undefined;
}

const subfolders = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => join(folder, entry.name))
    : [];
