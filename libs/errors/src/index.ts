/** Refusals: what a caller can cause, as one table of codes, texts and statuses. */
export { errorTable, isErrorCode, type ErrorCode } from './table';
export { Refused, invalid, type FieldErrors, type RefusalDetails } from './refused';
