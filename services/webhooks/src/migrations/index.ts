import { Webhooks1764000000000 } from './1764000000000-webhooks';

/** In the order in which they run. */
export const migrations = [Webhooks1764000000000];
