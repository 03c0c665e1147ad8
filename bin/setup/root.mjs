import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** What this machine keeps for the repository: the sandbox's state, its logs and the tools that were fetched. Not in git. */
export const local = join(root, '.local');
