import { Catalog1764000000000 } from './1764000000000-catalog';
import { FileFetches1764288000000 } from './1764288000000-file-fetches';
import { HeardVersion1764600000000 } from './1764600000000-heard-version';

/** In the order in which they run. */
export const migrations = [Catalog1764000000000, FileFetches1764288000000, HeardVersion1764600000000];
