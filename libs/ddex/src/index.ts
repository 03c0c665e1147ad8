export * from './model/build-notification';
export { writeNewRelease43, writePurge43 } from './write/write-ern43';
