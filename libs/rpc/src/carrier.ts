import { fromBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { Metadata, status, type Client, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js';
import { context } from '@opentelemetry/api';
import {
  CarrierService,
  CarryRequestSchema,
  CarryResponseSchema,
  type Answer,
  type CallSchema,
  type CarryResponse,
} from '@tonegrid/contracts';
import { asBytes, pathOf } from './bytes';
import { encode } from './encode';
import { rootContext } from './root-context';
import { CallFailed } from './status';

/** A call without the id that its stream gives it. */
export type CallToCarry = Omit<MessageInitShape<typeof CallSchema>, '$typeName' | 'id'> & { timeoutMs: number; request: Uint8Array };

/**
 * Streams at a time: each new one goes to the next server of the balancer, and calls made at the same time take one of them in turn, so
 * that the load of a process spreads over as many servers.
 */
const mostStreams = 8;
/** Milliseconds after which a stream is replaced, more or less: that is how new servers get their share. */
const age = 60_000;
/** Milliseconds in which a server that cannot carry is called the plain way. */
const uncarried = 60_000;
/** Bytes after which calls that were made at the same time are sent in more than one message. */
const mostAtOnce = 256 * 1024;

/** The server cannot carry calls, and has not begun this one. */
export class NotCarried extends Error {}

interface Waiting {
  call: CallToCarry;
  /** Whether it has an answer, or waits for none any more. */
  over: boolean;
  answered(answer: Answer): void;
  failed(error: Error): void;
  /** Set once the call is on its way. */
  stream?: CarryingStream;
  id: number;
}

/**
 * Carries unary calls over few long streams (`CarrierService`). A call of its own costs gRPC a stream of HTTP/2 with headers, trailers and
 * several writes to the socket on both sides; carried, calls that are made in the same turn of the event loop share one message.
 * docs/adr/0010-calls-share-streams.md has the figures.
 */
export class Carrier {
  private readonly streams: (CarryingStream | undefined)[] = [];
  private turn = 0;
  private outgoing: Waiting[] = [];
  private bytes = 0;
  private flushing: NodeJS.Immediate | undefined;
  private plainUntil = 0;
  private closed = false;

  constructor(
    private readonly channel: Client,
    private readonly internalToken: string,
  ) {}

  /** False while the server is one that cannot carry. */
  get carries(): boolean {
    return this.plainUntil === 0 || Date.now() >= this.plainUntil;
  }

  /**
   * Makes a call; gives what the server answers, a response or a failure. Rejects with `CallFailed` when it does not (DEADLINE_EXCEEDED
   * after the call's time, CANCELLED when the signal aborts, UNAVAILABLE when nobody knows what became of it), and with `NotCarried`.
   */
  call(call: CallToCarry, signal?: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const over = () => {
        waiting.over = true;
        clearTimeout(timer);
        signal?.removeEventListener('abort', gone);
      };
      const waiting: Waiting = {
        call,
        id: 0,
        over: false,
        answered: (answer) => (over(), resolve(answer)),
        failed: (error) => (over(), reject(error)),
      };
      const giveUp = (code: status, details: string) => {
        waiting.failed(new CallFailed(code, details));
        waiting.stream?.cancel(waiting.id);
      };
      const timer = setTimeout(() => giveUp(status.DEADLINE_EXCEEDED, 'the deadline has passed'), call.timeoutMs);
      const gone = () => giveUp(status.CANCELLED, 'the caller has gone');
      if (signal?.aborted) return gone();
      signal?.addEventListener('abort', gone, { once: true });
      this.send(waiting);
    });
  }

  /** Ends all streams; calls under way are rejected. */
  close(): void {
    this.closed = true;
    this.flush();
    for (const stream of this.streams) stream?.close();
  }

  private send(waiting: Waiting): void {
    this.outgoing.push(waiting);
    this.bytes += waiting.call.request.length;
    if (this.bytes > mostAtOnce) this.flush();
    else this.flushing ??= setImmediate(() => this.flush());
  }

  private flush(): void {
    clearImmediate(this.flushing);
    this.flushing = undefined;
    this.bytes = 0;
    const calls = this.outgoing.filter(({ over }) => !over);
    this.outgoing = [];
    if (this.closed) for (const call of calls) call.failed(new CallFailed(status.UNAVAILABLE, 'the client is closed'));
    if (this.closed || calls.length === 0) return;
    const place = (this.turn = (this.turn + 1) % mostStreams);
    const present = this.streams[place];
    if (present?.usable) return present.send(calls);
    present?.retire();
    const opened = new CarryingStream(this.channel, this.internalToken, () => (this.plainUntil = Date.now() + uncarried));
    this.streams[place] = opened;
    opened.send(calls);
  }
}

const path = pathOf(CarrierService.method.carry);

class CarryingStream {
  private readonly underWay = new Map<number, Waiting>();
  private readonly until = Date.now() + age * (0.8 + 0.4 * Math.random());
  private readonly stream: ClientDuplexStream<Uint8Array, CarryResponse>;
  private lastId = 0;
  private retired = false;
  private cancelled: number[] = [];

  constructor(
    channel: Client,
    internalToken: string,
    private readonly onNotCarried: () => void,
  ) {
    const metadata = new Metadata();
    metadata.set('tonegrid-internal-token', internalToken);
    // Whoever makes the first call must not stand behind all that the stream does from now on.
    this.stream = context.with(rootContext, () => channel.makeBidiStreamRequest(path, asBytes, toResponse, metadata, {}));
    this.stream.on('data', (response: CarryResponse) => this.receive(response));
    this.stream.on('error', (error: ServiceError) => this.broken(error));
    this.stream.on('end', () => this.broken());
  }

  /** Whether new calls may be sent. */
  get usable(): boolean {
    return !this.retired && Date.now() < this.until;
  }

  send(calls: Waiting[]): void {
    for (const waiting of calls) {
      waiting.stream = this;
      waiting.id = this.nextId();
      this.underWay.set(waiting.id, waiting);
    }
    this.write(calls.map(({ id, call }) => ({ id, ...call })));
  }

  /** Tells the server that nobody waits for the answer. */
  cancel(id: number): void {
    if (!this.underWay.delete(id)) return;
    if (this.cancelled.push(id) === 1) setImmediate(() => this.write([]));
    this.endWhenDone();
  }

  /** Takes no more calls; ends when those under way have been answered. */
  retire(): void {
    this.retired = true;
    this.endWhenDone();
  }

  close(): void {
    this.retired = true;
    this.stream.cancel();
  }

  private write(calls: MessageInitShape<typeof CallSchema>[]): void {
    const cancelled = this.cancelled.splice(0);
    if (this.stream.writable && calls.length + cancelled.length > 0) this.stream.write(encode(CarryRequestSchema, { calls, cancelled }));
  }

  private receive({ answers, leaving }: CarryResponse): void {
    for (const answer of answers) {
      const waiting = this.underWay.get(answer.id);
      this.underWay.delete(answer.id);
      waiting?.answered(answer);
    }
    if (leaving) this.retire();
    else if (this.retired) this.endWhenDone();
  }

  private endWhenDone(): void {
    if (this.retired && this.underWay.size === 0 && this.stream.writable) {
      this.write([]);
      this.stream.end();
    }
  }

  private broken(error?: ServiceError): void {
    this.retired = true;
    if (error?.code === status.UNIMPLEMENTED) this.onNotCarried();
    const failure = whyBroken(error);
    for (const waiting of this.underWay.values()) waiting.failed(failure);
    this.underWay.clear();
  }

  private nextId(): number {
    do this.lastId = this.lastId === 0xffffffff ? 1 : this.lastId + 1;
    while (this.underWay.has(this.lastId));
    return this.lastId;
  }
}

const toResponse = (bytes: Buffer): CarryResponse => fromBinary(CarryResponseSchema, bytes);

function whyBroken(error: ServiceError | undefined): Error {
  if (error?.code === status.UNIMPLEMENTED) return new NotCarried();
  if (error?.code === status.UNAUTHENTICATED) return new CallFailed(error.code, error.details);
  return new CallFailed(status.UNAVAILABLE, error?.details ?? 'the stream ended');
}
