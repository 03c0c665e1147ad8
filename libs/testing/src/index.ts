export { startPostgres, type RunningPostgres, type TestDatabase } from './postgres';
export { startNats, type RunningNats } from './nats';
export { startProcess, type ProcessOptions, type RunningProcess } from './start-process';
export { freePort } from './ports';
export { pause, waitFor, type WaitOptions } from './wait-for';
export { makeScratch, type Scratch } from './scratch';
export { makeFlac, makeJpegCover, makePngCover, makeWav, type ToneOptions } from './media';
export { startCollector, type CollectedSpan, type Collector } from './collector';
export { readMetrics, type Metrics, type Sample } from './read-metrics';
