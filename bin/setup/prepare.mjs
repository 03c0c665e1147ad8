import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { build } from './build.mjs';
import { tool } from './debian-tools.mjs';
import { checkNode } from './node-version.mjs';
import { installPackages, linkPostgres, packagesInstalled } from './packages.mjs';
import { local, root } from './root.mjs';
import { Stop } from './stop.mjs';

/**
 * Brings a checkout to where it can run: Node.js is new enough, packages are installed, nats-server is there, everything is compiled.
 * @param say told each step: (what, how it went, milliseconds)
 * @returns path of nats-server
 */
export async function prepare(say) {
  checkNode();
  mayWrite();
  const timed = async (what, work) => {
    const begin = performance.now();
    const { value, word } = await work();
    say(what, word, performance.now() - begin);
    return value;
  };
  await timed('packages', async () => {
    const installed = packagesInstalled();
    if (!installed) {
      say('packages', 'installing, which takes a minute or two …');
      await installPackages();
    }
    await linkPostgres();
    return { word: installed ? 'as locked' : 'installed' };
  });
  const nats = await timed('nats-server', async () => {
    const { path, fetched } = await tool('nats-server');
    return { value: path, word: fetched ? `fetched from Debian: ${path}` : path };
  });
  await timed('build', async () => ({ word: await build() }));
  return nats;
}

/** A checkout that another user has installed as root cannot be worked in: said here, once, instead of by each tool in its own way. */
function mayWrite() {
  try {
    mkdirSync(local, { recursive: true, mode: 0o755 });
    for (const folder of [root, local, `${root}/node_modules`].filter((path) => existsSync(path))) accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new Stop(
      `This user may not write to ${error.path ?? root}: work in a checkout of your own, or give this one to yourself with "sudo chown -R $(id -un) ${root}".`,
    );
  }
}
