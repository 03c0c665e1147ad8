export * from './model/build-notification';
export { writeNewRelease43, writePurge43 } from './write/write-ern43';
export { parseGrid, parseUpc, mintGrid, mintUpc } from './identifiers/products';
export { parseIsrc, parseIswc, mintIsrc } from './identifiers/recordings';
export { parseDpid, parseIpi, parseIsni } from './identifiers/parties';
export type { Outcome } from './identifiers/outcome';
export { createValidator, type Validator, type ValidatorOptions } from './validate/validator';
