import { Delivery1764000000000 } from './1764000000000-delivery';

/** In the order in which they run. */
export const migrations = [Delivery1764000000000];
