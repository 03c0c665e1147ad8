import { Identity1764000000000 } from './1764000000000-identity';

/** In the order in which they run. */
export const migrations = [Identity1764000000000];
