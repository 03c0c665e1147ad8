import { join } from 'node:path';
import { local } from '../setup/root.mjs';
import { command } from '../setup/stop.mjs';
import { recipe } from './recipe.mjs';

command(async () => {
  // Loaded late, because they need installed packages, and a sandbox that runs has them.
  const { seedSandbox } = await import('./seed.mjs');
  const { sampleFiles } = await import('./sample.mjs');
  const values = await seedSandbox();
  await sampleFiles(join(local, 'sample'));
  process.stdout.write(`Tenant ${values.TONEGRID_TENANT} is ready; its credentials are in .local/sandbox.env. Paste this:\n\n${recipe}\n`);
});
