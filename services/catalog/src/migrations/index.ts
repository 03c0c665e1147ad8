import { Catalog1764000000000 } from './1764000000000-catalog';

/** In the order in which they run. */
export const migrations = [Catalog1764000000000];
