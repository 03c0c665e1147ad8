import { parentPort, workerData } from 'node:worker_threads';
import type { DspTarget } from './dsp-rule';
import { judge, type JudgeOptions } from './judge';
import { SchemaShelf } from './libxml2';

/** What a worker is asked: a document, and the DSP that it is for. */
export interface WorkerJob {
  document: Uint8Array;
  dsp: DspTarget | null;
}

/** What a worker is started with. */
export interface WorkerSetup {
  schemasDir: string | null;
  judge: JudgeOptions;
}

const setup = workerData as WorkerSetup;
const port = parentPort!;

// libxml2-wasm is ESM with top-level await: only a native import() loads it, which is why it lives here and nowhere else.
// Should it not open, the rejection ends the worker, and the pool hears of it.
void SchemaShelf.open(setup.schemasDir).then((shelf) => {
  port.on('message', ({ document, dsp }: WorkerJob) => {
    try {
      port.postMessage({ report: judge(document, (standard) => shelf.schemaOf(standard), setup.judge, dsp) });
    } catch (error) {
      // Not the document's fault: the pool replaces the worker, whose state can no longer be trusted.
      port.postMessage({ failure: (error as Error).message });
    }
  });
  port.postMessage({ ready: true });
});
