import { accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { local } from './root.mjs';
import { run, tail } from './run.mjs';
import { Stop } from './stop.mjs';

/** Where fetched tools lie: below .local/, so that nothing of the machine is changed. `--fresh` keeps them. */
const tools = join(local, 'tools');
const fetched = join(tools, 'nats-server');

const executable = (file) => {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false; // not there, or not for us: both mean that it cannot be used
  }
};

/** The path of nats-server; undefined when there is none. Debian puts it into /usr/sbin, which is not on a user's PATH. */
export function findNatsServer(env = process.env) {
  const folders = [...(env.PATH ?? '').split(delimiter).filter(Boolean), '/usr/sbin', '/usr/local/sbin', '/usr/local/bin'];
  return [...folders.map((folder) => join(folder, 'nats-server')), fetched].find(executable);
}

/** Finds nats-server or fetches Debian's. Answers { path, fetched }. */
export async function natsServer() {
  const path = findNatsServer();
  if (path) return { path, fetched: false };
  const problem = (await fetchPackage()) ?? undefined;
  const found = findNatsServer();
  if (found) return { path: found, fetched: true };
  throw new Stop(`nats-server is missing and could not be fetched (${problem}): install it, on Debian and Ubuntu with "sudo apt-get install nats-server".`);
}

/**
 * Takes the program out of Debian's package without installing the package: that needs no root, and on a machine with systemd it
 * starts no nats-server of its own on our port. Answers what went wrong, or undefined.
 */
async function fetchPackage() {
  if (!existsSync('/usr/bin/apt-get')) return 'this machine has no apt-get';
  const work = join(tools, `fetch-${process.pid}`);
  const state = join(work, 'apt');
  mkdirSync(join(state, 'lists', 'partial'), { recursive: true });
  mkdirSync(join(state, 'cache', 'archives', 'partial'), { recursive: true });
  // apt's lists and locks in a folder of ours; its sources and keys are the machine's.
  const ours = ['-o', `Dir::State::lists=${join(state, 'lists')}`, '-o', `Dir::Cache=${join(state, 'cache')}`, '-o', 'APT::Sandbox::User=', '-o', 'APT::Update::Post-Invoke=', '-o', 'APT::Update::Post-Invoke-Success='];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  try {
    const updated = await run('apt-get', ['update', '-q', ...ours], { cwd: work, env });
    if (updated.code !== 0) return `apt-get update: ${tail(updated.output, 1)}`;
    const downloaded = await run('apt-get', ['download', '-q', ...ours, 'nats-server'], { cwd: work, env });
    const file = readdirSync(work).find((name) => name.endsWith('.deb'));
    if (downloaded.code !== 0 || !file) return `apt-get download: ${tail(downloaded.output, 1)}`;
    const unpacked = await run('dpkg-deb', ['-x', file, 'unpacked'], { cwd: work, env });
    const program = ['usr/sbin', 'usr/bin'].map((folder) => join(work, 'unpacked', folder, 'nats-server')).find(executable);
    if (unpacked.code !== 0 || !program) return `dpkg-deb: ${tail(unpacked.output, 1) || 'no nats-server in the package'}`;
    renameSync(program, fetched);
    return undefined;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
