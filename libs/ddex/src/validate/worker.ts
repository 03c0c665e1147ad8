import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { basename } from 'node:path';
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
  /** Whether other threads of the process go first when there are fewer cores than work. */
  yields: boolean;
}

const setup = workerData as WorkerSetup;
const port = parentPort!;
if (setup.yields) giveWay();

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

/** On Linux each thread has a priority of its own, and is a process as far as that goes (setpriority(2), C library/kernel differences). */
function giveWay(): void {
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Elsewhere a thread has none, and the operating system shares the cores out evenly.
  }
}
