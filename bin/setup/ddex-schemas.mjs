import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from './root.mjs';

/**
 * The folder of DDEX's schemas: DDEX_SCHEMAS_DIR, else .ddex/schemas, else ../shared/ddex/schemas; undefined when there is none.
 * DDEX licenses them to whoever fetches them, so they are not part of this repository.
 */
export function ddexSchemas(env = process.env) {
  if (env.DDEX_SCHEMAS_DIR) return resolve(env.DDEX_SCHEMAS_DIR);
  return ['.ddex/schemas', '../shared/ddex/schemas'].map((folder) => join(root, folder)).find((folder) => existsSync(folder));
}
