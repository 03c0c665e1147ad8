export { Changes, type Seal, derivedKey, type ChangingCaller } from './changes';
export { idempotencyTable, sweepIdempotency } from './table';
