import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { findSchemasDir } from '../validate/find-schemas';
import { UsageError, type Terminal } from './usage';

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

/** Where DDEX's schemas are: the folder named by `--schemas`, else where they are looked for. @throws UsageError for one that is no folder */
export function schemasDir(named: string | undefined, { cwd, env }: Terminal): string | null {
  if (named !== undefined) {
    const path = resolve(cwd, named);
    if (!isFolder(path)) throw new UsageError(`--schemas: ${named} is no folder.`);
    return path;
  }
  if (env['DDEX_SCHEMAS_DIR'] && !isFolder(resolve(cwd, env['DDEX_SCHEMAS_DIR'])))
    throw new UsageError(`DDEX_SCHEMAS_DIR: ${env['DDEX_SCHEMAS_DIR']} is no folder.`);
  if (env['DDEX_SCHEMAS_DIR']) return resolve(cwd, env['DDEX_SCHEMAS_DIR']);
  return findSchemasDir(env, cwd) ?? findSchemasDir(env, __dirname);
}
