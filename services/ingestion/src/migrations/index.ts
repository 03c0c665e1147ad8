import { Ingestion1764000000000 } from './1764000000000-ingestion';

/** In the order in which they run. */
export const migrations = [Ingestion1764000000000];
