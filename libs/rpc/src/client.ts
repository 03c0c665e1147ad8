import { once } from 'node:events';
import {
  fromBinary,
  getOption,
  hasOption,
  toBinary,
  type DescMessage,
  type DescMethod,
  type DescMethodClientStreaming,
  type DescMethodUnary,
  type DescService,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { Client, credentials, Metadata, status, type ClientUnaryCall, type ClientWritableStream, type ServiceError } from '@grpc/grpc-js';
import { context, propagation, SpanKind, SpanStatusCode, trace, type Context, type Span } from '@opentelemetry/api';
import { CallerSchema, http } from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import { asBytes, pathOf, sizeOptions } from './bytes';
import { callerFields, type Caller } from './caller';
import { Carrier, NotCarried } from './carrier';
import { encode } from './encode';
import { logger } from './log';
import { metrics } from './metrics';
import { RetryBudget } from './retry-budget';
import { rpcAttributes, spanName } from './spans';
import { CallFailed, fromServiceError } from './status';

/** Where a service is and how to prove that we are one too. */
export interface RpcClientOptions {
  /** `host:port`; a name with several addresses is balanced over all of them. */
  address: string;
  internalToken: string;
  /** Longest wait for an answer when the caller names no deadline; milliseconds. */
  timeoutMs?: number;
  /** Longest time in which a stream does not move, or is not answered after its end; milliseconds. It may take as long as it moves. */
  stallMs?: number;
}

/** A service's rpcs as functions: throw `Refused` as the service did. */
export type RpcClient<S extends DescService> = {
  [M in keyof S['method']]: S['method'][M] extends DescMethodUnary<infer I, infer O>
    ? (caller: Caller, request: MessageInitShape<I>) => Promise<MessageShape<O>>
    : S['method'][M] extends DescMethodClientStreaming<infer I, infer O>
      ? (caller: Caller, requests: AsyncIterable<MessageInitShape<I>>) => Promise<MessageShape<O>>
      : never;
} & {
  /** Any unary rpc, message in, bytes out: for who transcodes the answer. */
  unary(method: DescMethod, caller: Caller, request: MessageShape<DescMessage>): Promise<Buffer>;
  /** Whether the service answers a connection within the time; milliseconds. */
  ready(timeoutMs: number): Promise<boolean>;
  close(): void;
};

const waitsMs = [50, 200];
/** Bytes of a request above which it has a stream of its own: others are not to wait until it is through. */
const mostCarried = 64 * 1024;
const tracer = trace.getTracer('tonegrid.rpc');
const asIs = (value: Buffer) => value;

/** A client of one service. Only what changes nothing, or is protected by an Idempotency-Key, is tried again. */
export function rpcClient<S extends DescService>(service: S, options: RpcClientOptions): RpcClient<S> {
  const channel = new Client(options.address, credentials.createInsecure(), {
    ...sizeOptions,
    // A peer that is gone without a word is found out: streams that carry calls would otherwise wait for it for as long as TCP does.
    'grpc.keepalive_time_ms': 20_000,
    // A process that is short of CPU, or whose machine stands still for a moment, is not gone.
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
    'grpc.enable_retries': 1,
    'grpc.enable_channelz': 0,
  });
  const calls = new Calls(channel, options);
  const result: Record<string, unknown> = {
    unary: (method: DescMethod, caller: Caller, request: MessageShape<DescMessage>) =>
      calls.unary(method, caller, toBinary(method.input, request)),
    ready: (timeoutMs: number) =>
      new Promise<boolean>((resolve) => channel.waitForReady(Date.now() + timeoutMs, (error) => resolve(!error))),
    close: () => calls.close(),
  };
  for (const method of service.methods) {
    result[method.localName] =
      method.methodKind === 'client_streaming'
        ? (caller: Caller, requests: AsyncIterable<MessageInitShape<DescMessage>>) => calls.stream(method, caller, requests)
        : async (caller: Caller, request: MessageInitShape<DescMessage>) =>
            fromBinary(method.output, await calls.unary(method, caller, encode(method.input, request)));
  }
  return result as RpcClient<S>;
}

class Calls {
  private readonly budget = new RetryBudget();
  private readonly carrier: Carrier;

  constructor(
    private readonly channel: Client,
    private readonly options: RpcClientOptions,
  ) {
    this.carrier = new Carrier(channel, options.internalToken);
  }

  close(): void {
    this.carrier.close();
    this.channel.close();
  }

  unary(method: DescMethod, caller: Caller, request: Uint8Array): Promise<Buffer> {
    const path = pathOf(method);
    const deadline = this.deadlineOf(caller);
    return this.traced(path, caller, async (active) => {
      for (let attempt = 0; ; attempt += 1) {
        try {
          const answer = await this.once(path, caller, request, active, deadline);
          this.budget.succeeded();
          return answer;
        } catch (error) {
          const away = (error as ServiceError | CallFailed).code === status.UNAVAILABLE;
          const wait = (waitsMs[attempt] ?? Infinity) * (0.75 + Math.random() / 2);
          if (!away || !isSafe(method, caller) || caller.signal?.aborted || Date.now() + wait >= deadline || !this.budget.mayRetry())
            throw error;
          metrics.rpcRetries.inc({ method: path });
          await new Promise((resolve) => setTimeout(resolve, wait));
        }
      }
    });
  }

  private once(path: string, caller: Caller, request: Uint8Array, active: Context, deadline: number): Promise<Buffer> {
    if (request.length > mostCarried || !this.carrier.carries) return this.plain(path, caller, request, active, deadline);
    return this.carried(path, caller, request, active, deadline).catch((error: unknown) => {
      if (error instanceof NotCarried) return this.plain(path, caller, request, active, deadline);
      throw error;
    });
  }

  private async carried(path: string, caller: Caller, request: Uint8Array, active: Context, deadline: number): Promise<Buffer> {
    const trace: Record<string, string> = {};
    propagation.inject(active, trace);
    const timeoutMs = Math.max(0, deadline - Date.now());
    const { outcome, replayed } = await this.carrier.call(
      { method: path, timeoutMs, caller: callerFields(caller), trace, request },
      caller.signal,
    );
    if (replayed) caller.answer.replayed = true;
    if (outcome.case === 'failure') throw new CallFailed(outcome.value.code, outcome.value.details, outcome.value.refusal);
    return asBytes(outcome.value ?? nothing);
  }

  private plain(path: string, caller: Caller, request: Uint8Array, active: Context, deadline: number): Promise<Buffer> {
    const metadata = this.metadataOf(caller, active);
    return new Promise((resolve, reject) => {
      const call: ClientUnaryCall = withoutStack(() =>
        this.channel.makeUnaryRequest(path, asBytes, asIs, request, metadata, { deadline }, (error, value) => {
          heed();
          if (error) reject(noteReplay(error, caller));
          else resolve(value as Buffer);
        }),
      );
      const heed = cancelWith(caller.signal, call);
      noteReplayOf(call, caller);
    });
  }

  stream(method: DescMethod, caller: Caller, requests: AsyncIterable<MessageInitShape<DescMessage>>): Promise<MessageShape<DescMessage>> {
    const path = pathOf(method);
    return this.traced(path, caller, async (active) => {
      const metadata = this.metadataOf(caller, active);
      let settle: (error: ServiceError | null, value?: unknown) => void = () => undefined;
      let settled = false;
      const answered = new Promise<Buffer>((resolve, reject) => {
        settle = (error, value) => {
          settled = true;
          if (error) reject(noteReplay(error, caller));
          else resolve(value as Buffer);
        };
      });
      // Whoever fails first is told; the answer of a call that is given up is nobody's any more.
      answered.catch(() => undefined);
      const options = { deadline: caller.deadline ?? Infinity };
      const call: ClientWritableStream<Uint8Array> = this.channel.makeClientStreamRequest(
        path,
        asBytes,
        asIs,
        metadata,
        options,
        (error, value) => settle(error, value),
      );
      const heed = cancelWith(caller.signal, call);
      noteReplayOf(call, caller);
      try {
        for await (const request of requests) {
          // The service has answered already (a refusal): the rest is read and dropped, so that the sender is not cut off.
          if (settled) continue;
          if (!call.write(encode(method.input, request)))
            await this.moving(call, Promise.race([once(call, 'drain'), answered.catch(() => undefined)]));
        }
        // Says that this was all of it: an end alone could also be that of a cancelled call.
        call.write(new Uint8Array(0));
        call.end();
        return fromBinary(method.output, await this.moving(call, answered));
      } catch (error) {
        call.cancel();
        throw error;
      } finally {
        heed();
      }
    });
  }

  /** Waits for a stream to go on; a peer that stands still is given up. */
  private async moving<T>(call: ClientWritableStream<Uint8Array>, step: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const stalled = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        call.cancel();
        reject(stoodStill());
      }, this.options.stallMs ?? 60_000);
    });
    try {
      return await Promise.race([step, stalled]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Runs a call in a span of its own. What it throws is the refusal of the service, or tells that the service is not there. */
  private async traced<T>(path: string, caller: Caller, work: (active: Context) => Promise<T>): Promise<T> {
    const span = tracer.startSpan(spanName(path), { kind: SpanKind.CLIENT, attributes: rpcAttributes(path) });
    try {
      return await work(trace.setSpan(context.active(), span));
    } catch (error) {
      throw this.failure(error as ServiceError, path, span, caller);
    } finally {
      span.end();
    }
  }

  private failure(error: ServiceError | CallFailed, path: string, span: Span, caller: Caller): Error {
    if (typeof error.code === 'number') span.setAttribute('rpc.grpc.status_code', error.code);
    const failure = error instanceof Refused ? error : fromServiceError(error);
    if (!(failure instanceof Refused) || failure.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    // A refusal of the service itself is logged there; why it could not be reached is known here alone.
    if (failure instanceof Refused && failure.cause instanceof Error && !caller.signal?.aborted)
      logger.warn({ rpc: path, peer: this.options.address, reason: failure.cause.message }, 'a call was not answered');
    return failure;
  }

  private deadlineOf(caller: Caller): number {
    const own = Date.now() + (this.options.timeoutMs ?? 15_000);
    return caller.deadline ? Math.min(own, caller.deadline.getTime()) : own;
  }

  private metadataOf(caller: Caller, active: Context): Metadata {
    const metadata = new Metadata();
    metadata.set('tonegrid-internal-token', this.options.internalToken);
    metadata.set('tonegrid-caller-bin', asBytes(encode(CallerSchema, callerFields(caller))));
    propagation.inject(active, metadata, { set: (carrier, key, value) => carrier.set(key, value) });
    return metadata;
  }
}

const nothing = new Uint8Array();

function stoodStill(): Refused {
  const refused = new Refused('service.unavailable', { retryAfterSeconds: 1 });
  refused.cause = new Error('the stream stood still');
  return refused;
}

/** Ends a call when its caller goes; answers a function that stops doing so. */
function cancelWith(signal: AbortSignal | undefined, call: { cancel(): void }): () => void {
  const cancel = () => call.cancel();
  if (signal?.aborted) cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  return () => signal?.removeEventListener('abort', cancel);
}

/** A stored answer says in its headers that it is one. */
function noteReplayOf(call: ClientUnaryCall | ClientWritableStream<Uint8Array>, caller: Caller): void {
  call.once('metadata', (head: Metadata) => {
    if (head.get('tonegrid-replayed').length > 0) caller.answer.replayed = true;
  });
}

/** A stored refusal says in its trailers that it is one. */
function noteReplay(error: ServiceError, caller: Caller): ServiceError {
  if (error.metadata?.get('tonegrid-replayed').length > 0) caller.answer.replayed = true;
  return error;
}

/** grpc-js notes at every call where it was made, for errors that are told in our own words: a thirtieth of what a call costs. */
function withoutStack<T>(work: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** Sending twice does no harm: a read, what the contract calls idempotent, or a change that its Idempotency-Key protects. */
const isSafe = (method: DescMethod, caller: Caller): boolean =>
  caller.idempotency !== undefined ||
  method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS ||
  method.idempotency === MethodOptions_IdempotencyLevel.IDEMPOTENT ||
  (hasOption(method, http) && getOption(method, http).pattern.case === 'get');
