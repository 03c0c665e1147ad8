import { existsSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

/**
 * Where DDEX's schemas lie: `DDEX_SCHEMAS_DIR`, else `.ddex/schemas` in the checkout, else `../shared/ddex/schemas` beside
 * it; null when there are none. `startDir` is any folder inside the checkout (its root is the nearest folder with an
 * `nx.json`; without one, `startDir` itself). A `DDEX_SCHEMAS_DIR` that names no folder finds nothing: it is not passed over in silence.
 */
export function findSchemasDir(env: Record<string, string | undefined>, startDir: string): string | null {
  let root = resolve(startDir);
  for (let folder = root; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'nx.json'))) {
      root = folder;
      break;
    }
    if (dirname(folder) === folder) break;
  }
  const named = env.DDEX_SCHEMAS_DIR;
  if (named) {
    const path = isAbsolute(named) ? named : resolve(root, named);
    return isFolder(path) ? path : null;
  }
  return [join(root, '.ddex', 'schemas'), resolve(root, '..', 'shared', 'ddex', 'schemas')].find(isFolder) ?? null;
}
