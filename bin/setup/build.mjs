import { join } from 'node:path';
import { root } from './root.mjs';
import { run, tail } from './run.mjs';
import { Stop } from './stop.mjs';

/** Compiles and bundles what has changed; answers what the compiler says of it. */
export async function build() {
  const { code, output } = await run(process.execPath, [join(root, 'tools/build.mjs'), '--bundle'], { cwd: root });
  if (code !== 0) throw new Stop(`${tail(output, 30)}\n\nThe build failed; the compiler's last lines are above.`);
  return output.trim() || 'nothing changed';
}
