// `bin/ddex`: what the package @tonegrid/ddex does, on what was compiled in this checkout, with the DSPs of this deployment.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from '../setup/build.mjs';
import { root } from '../setup/root.mjs';
import { command, Stop } from '../setup/stop.mjs';

const require = createRequire(import.meta.url);

command(async () => {
  if (!existsSync(join(root, 'node_modules/libxml2-wasm'))) throw new Stop('Packages are not installed yet: run "npm ci" first.');
  const compiled = ['libs/ddex', 'libs/dsp-registry'].every((lib) => existsSync(join(root, lib, 'dist/src/index.js')));
  if (!compiled) await build();
  const { main } = require('../../libs/ddex/dist/src/cli/main.js');
  process.exitCode = await main(process.argv.slice(2), { dspOf });
});

/** Of the registry only what DSPs ask is needed, and that is the same in the sandbox, which needs no addresses and no secrets. */
function dspOf(slug) {
  const { loadRegistry } = require('../../libs/dsp-registry/dist/src/index.js');
  const { UsageError } = require('../../libs/ddex/dist/src/cli/usage.js');
  const file = process.env.DSPS_FILE ?? join(root, 'deploy/dsps.yaml');
  let registry;
  try {
    registry = loadRegistry(file, { ...process.env, TONEGRID_ENV: 'sandbox' });
  } catch (error) {
    throw new UsageError(`--dsp: ${error.message}`);
  }
  const dsp = registry.get(slug);
  return dsp && { name: dsp.name, rules: registry.acceptanceRules(dsp) ?? {} };
}
