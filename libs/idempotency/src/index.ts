export { Changes, derivedKey, type ChangingCaller } from './changes';
export { idempotencyTable, sweepIdempotency } from './table';
