import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { DspTarget } from './dsp-rule';
import { refusedReport, type JudgeOptions } from './judge';
import type { Report } from './report';
import type { WorkerJob, WorkerSetup } from './worker';

/** Room for new objects in a worker, MB: with more it keeps the rubbish of a hundred documents before it looks. */
const youngMb = 8;

/** How documents are judged. */
export interface ValidatorOptions extends JudgeOptions {
  /** Folder of DDEX's schemas (`ern/43/release-notification.xsd`, …); see `findSchemasDir`. Without it the schema stage is skipped. */
  schemasDir?: string | null;
  /**
   * Threads, each with its own compiled schemas (some 60 MB). Default 1. Of several, one is kept for documents of ordinary size: a
   * large one, which may take a second, never makes those wait; on Linux its thread also gives way to others.
   */
  workers?: number;
  /** Milliseconds that one document may take before its worker is ended. Default 10,000. */
  timeoutMs?: number;
  /** JavaScript heap of a worker. Default 256 MB. The size and depth limits keep what libxml2 takes beside it in bounds. */
  maxHeapMb?: number;
  /** Documents after which a worker is replaced, since WebAssembly memory never shrinks. Default 50,000. */
  maxDocuments?: number;
}

/** A pool that judges documents off the event loop. */
export interface Validator {
  /**
   * Judges a document, also by the rules of a DSP when one is given. Never rejects for what a document holds; rejects once the
   * validator is closed.
   */
  validate(document: Uint8Array | string, dsp?: DspTarget): Promise<Report>;
  /** Starts all workers ahead of the first document; resolves when they can judge. */
  warm(): Promise<void>;
  /** Ends all workers. What is still waiting is rejected. */
  close(): Promise<void>;
}

interface Job {
  document: Uint8Array;
  dsp: DspTarget | null;
  resolve(report: Report): void;
  reject(error: Error): void;
}

/** Bytes from which a document is large: a release of 200 tracks is smaller. */
const largeBytes = 1024 * 1024;

const isLarge = ({ document }: Job): boolean => document.byteLength > largeBytes;

interface Seat {
  worker: Worker;
  /** All but one give way to the process's other threads, and only they take large documents. */
  yields: boolean;
  ready: boolean;
  job: Job | null;
  timer: NodeJS.Timeout | null;
  judged: number;
  gone: boolean;
}

type Answer = { ready: true } | { report: Report } | { failure: string };

class WorkerPool implements Validator {
  private readonly seats: Seat[] = [];
  private readonly queue: Job[] = [];
  private readonly size: number;
  private closed = false;
  private warming: (() => void)[] = [];
  private failures = 0;

  constructor(private readonly options: ValidatorOptions) {
    this.size = Math.max(1, options.workers ?? 1);
  }

  validate(document: Uint8Array | string, dsp?: DspTarget): Promise<Report> {
    if (this.closed) return Promise.reject(new Error('The validator is closed'));
    return new Promise((resolve, reject) => {
      const bytes = typeof document === 'string' ? Buffer.from(document, 'utf8') : document;
      // Too large to be worth a copy: the answer is known.
      const limit = this.options.maxBytes ?? 20 * 1024 * 1024;
      if (bytes.byteLength > limit) {
        resolve(refusedReport('xml.too_large', `The document has ${bytes.byteLength} bytes; at most ${limit} are read`));
        return;
      }
      this.queue.push({ document: bytes, dsp: dsp ?? null, resolve, reject });
      this.assign();
    });
  }

  warm(): Promise<void> {
    while (this.seats.length < this.size) this.hire();
    return this.seats.every((seat) => seat.ready) ? Promise.resolve() : new Promise((resolve) => this.warming.push(resolve));
  }

  async close(): Promise<void> {
    this.closed = true;
    const waiting = [...this.queue.splice(0), ...this.seats.flatMap((seat) => (seat.job ? [seat.job] : []))];
    for (const job of waiting) job.reject(new Error('The validator is closed'));
    await Promise.all(this.seats.splice(0).map((seat) => this.dismiss(seat)));
    for (const resolve of this.warming.splice(0)) resolve();
  }

  private assign(): void {
    for (;;) {
      const [place, seat] = this.nextInQueue();
      if (!seat) {
        // One that is still starting will take the next job itself.
        const starting = this.seats.filter((candidate) => !candidate.ready).length;
        if (this.seats.length < this.size && starting < this.queue.length) this.hire();
        return;
      }
      const [job] = this.queue.splice(place, 1) as [Job];
      seat.job = job;
      seat.timer = setTimeout(() => this.overrun(seat), this.options.timeoutMs ?? 10_000);
      seat.worker.ref();
      // A copy of these bytes alone, handed over: cloning a Buffer would copy all of the memory that it is a view of.
      const copy = Uint8Array.prototype.slice.call(job.document);
      seat.worker.postMessage({ document: copy, dsp: job.dsp } satisfies WorkerJob, [copy.buffer]);
    }
  }

  /** The first job that may begin, by its place, and where. */
  private nextInQueue(): [place: number, seat: Seat | undefined] {
    const free = this.seats.filter(({ ready, job }) => ready && !job);
    const [prompt, yielding] = [free.find(({ yields }) => !yields), free.find(({ yields }) => yields)];
    for (const [place, job] of free.length > 0 ? this.queue.entries() : []) {
      const seat = isLarge(job) && this.size > 1 ? yielding : (prompt ?? yielding);
      if (seat) return [place, seat];
    }
    return [-1, undefined];
  }

  private hire(): void {
    const { schemasDir = null, maxBytes, maxDepth, maxElements, maxHeapMb = 256 } = this.options;
    const yields = this.seats.some((seat) => !seat.yields);
    const setup: WorkerSetup = { schemasDir, judge: { maxBytes, maxDepth, maxElements }, yields };
    const worker = new Worker(join(__dirname, 'worker.js'), {
      workerData: setup,
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb, maxYoungGenerationSizeMb: youngMb },
    });
    const seat: Seat = { worker, yields, ready: false, job: null, timer: null, judged: 0, gone: false };
    this.seats.push(seat);
    worker.on('message', (answer: Answer) => this.answered(seat, answer));
    // Out of memory, or a fault of WebAssembly: the document is refused, the next one finds a new worker.
    worker.on('error', (error) => this.lost(seat, error));
    worker.on('exit', () => this.lost(seat, new Error('the worker ended')));
  }

  private answered(seat: Seat, answer: Answer): void {
    if (seat.gone) return;
    if ('ready' in answer) {
      seat.ready = true;
      this.failures = 0;
      // An idle pool must not keep a process alive.
      if (!seat.job) seat.worker.unref();
      if (this.seats.length === this.size && this.seats.every((other) => other.ready))
        for (const resolve of this.warming.splice(0)) resolve();
      this.assign();
      return;
    }
    if ('failure' in answer) {
      this.lost(seat, new Error(answer.failure));
      return;
    }
    const job = this.release(seat);
    seat.judged++;
    if (seat.judged >= (this.options.maxDocuments ?? 50_000)) this.replace(seat);
    job?.resolve(answer.report);
    this.assign();
  }

  private release(seat: Seat): Job | null {
    if (seat.timer) clearTimeout(seat.timer);
    seat.timer = null;
    const { job } = seat;
    seat.job = null;
    if (!seat.gone && this.queue.length === 0) seat.worker.unref();
    return job;
  }

  private overrun(seat: Seat): void {
    const job = this.release(seat);
    this.replace(seat);
    const seconds = (this.options.timeoutMs ?? 10_000) / 1000;
    job?.resolve(refusedReport('xml.too_slow', `The document could not be judged within ${seconds} s`));
    this.assign();
  }

  private lost(seat: Seat, error: Error): void {
    if (seat.gone) return;
    const wasReady = seat.ready;
    const job = this.release(seat);
    this.replace(seat);
    job?.resolve(refusedReport('xml.too_complex', `The document could not be judged: ${error.message}`));
    // A worker that cannot even start would be started for ever.
    if (!wasReady && ++this.failures >= 3) {
      for (const waiting of this.queue.splice(0)) waiting.reject(new Error(`No worker can be started: ${error.message}`));
      return;
    }
    this.assign();
  }

  private replace(seat: Seat): void {
    const index = this.seats.indexOf(seat);
    if (index >= 0) this.seats.splice(index, 1);
    void this.dismiss(seat);
  }

  private async dismiss(seat: Seat): Promise<void> {
    seat.gone = true;
    if (seat.timer) clearTimeout(seat.timer);
    await seat.worker.terminate();
  }
}

/**
 * A validator of ERN messages (3.8.2 to 4.3.2) and of the choreography's own. Documents are judged in worker threads, one at
 * a time in each, with schemas compiled once; a document that takes too long or too much memory ends its worker, and the
 * next one finds a new worker. A document without a known schema is still judged by the other stages.
 */
export const createValidator = (options: ValidatorOptions = {}): Validator => new WorkerPool(options);
