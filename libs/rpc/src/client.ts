import { once } from 'node:events';
import {
  create,
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
import { Client, credentials, Metadata, status, type ClientUnaryCall, type ClientWritableStream, type ServiceError } from '@grpc/grpc-js';
import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import { CallerSchema, http } from '@tonegrid/contracts';
import { callerToProto, type Caller } from './caller';
import { fromServiceError } from './status';

/** Where a service is and how to prove that we are one too. */
export interface RpcClientOptions {
  /** `host:port`; a name with several addresses is balanced over all of them. */
  address: string;
  internalToken: string;
  /** Longest wait for an answer when the caller names no deadline; milliseconds. */
  timeoutMs?: number;
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

const maxMessageBytes = 32 * 1024 * 1024;
const waitsMs = [50, 200];
const tracer = trace.getTracer('tonegrid.rpc');
// grpc-js copies with Buffer's own `copy`, which a plain Uint8Array has not.
const asBytes = (value: Uint8Array) => Buffer.from(value.buffer, value.byteOffset, value.byteLength);
const asIs = (value: Buffer) => value;

/** A client of one service. Only what changes nothing, or is protected by an Idempotency-Key, is tried again. */
export function rpcClient<S extends DescService>(service: S, options: RpcClientOptions): RpcClient<S> {
  const channel = new Client(options.address, credentials.createInsecure(), {
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
    'grpc.enable_retries': 0,
  });
  const calls = new Calls(channel, options);
  const result: Record<string, unknown> = {
    unary: (method: DescMethod, caller: Caller, request: MessageShape<DescMessage>) =>
      calls.unary(method, caller, toBinary(method.input, request)),
    ready: (timeoutMs: number) =>
      new Promise<boolean>((resolve) => channel.waitForReady(Date.now() + timeoutMs, (error) => resolve(!error))),
    close: () => channel.close(),
  };
  for (const method of service.methods) {
    result[method.localName] =
      method.methodKind === 'client_streaming'
        ? (caller: Caller, requests: AsyncIterable<MessageInitShape<DescMessage>>) => calls.stream(method, caller, requests)
        : async (caller: Caller, request: MessageInitShape<DescMessage>) =>
            fromBinary(method.output, await calls.unary(method, caller, toBinary(method.input, create(method.input, request))));
  }
  return result as RpcClient<S>;
}

class Calls {
  constructor(
    private readonly channel: Client,
    private readonly options: RpcClientOptions,
  ) {}

  async unary(method: DescMethod, caller: Caller, request: Uint8Array): Promise<Buffer> {
    const path = pathOf(method);
    const span = tracer.startSpan(path, { kind: SpanKind.CLIENT });
    const deadline = this.deadlineOf(caller);
    const metadata = context.with(trace.setSpan(context.active(), span), () => this.metadataOf(caller));
    try {
      for (let attempt = 0; ; attempt += 1) {
        try {
          return await this.once(path, caller, request, metadata, deadline);
        } catch (error) {
          const wait = waitsMs[attempt];
          const again =
            (error as ServiceError).code === status.UNAVAILABLE &&
            wait !== undefined &&
            isSafe(method, caller) &&
            Date.now() + wait < deadline;
          if (!again) throw fromServiceError(error as ServiceError);
          await new Promise((resolve) => setTimeout(resolve, wait));
        }
      }
    } finally {
      span.end();
    }
  }

  private once(path: string, caller: Caller, request: Uint8Array, metadata: Metadata, deadline: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      let abort: (() => void) | undefined;
      const call: ClientUnaryCall = this.channel.makeUnaryRequest(path, asBytes, asIs, request, metadata, { deadline }, (error, value) => {
        if (abort) caller.signal?.removeEventListener('abort', abort);
        if (error) reject(noteReplay(error, caller));
        else resolve(value as Buffer);
      });
      call.once('metadata', (head: Metadata) => {
        if (head.get('tonegrid-replayed').length > 0) caller.answer.replayed = true;
      });
      if (caller.signal) caller.signal.addEventListener('abort', (abort = () => call.cancel()), { once: true });
    });
  }

  async stream(
    method: DescMethod,
    caller: Caller,
    requests: AsyncIterable<MessageInitShape<DescMessage>>,
  ): Promise<MessageShape<DescMessage>> {
    const path = pathOf(method);
    const span = tracer.startSpan(path, { kind: SpanKind.CLIENT });
    const metadata = context.with(trace.setSpan(context.active(), span), () => this.metadataOf(caller));
    let settled = false;
    let settle: (error: ServiceError | null, value?: unknown) => void = () => undefined;
    const answered = new Promise<Buffer>((resolve, reject) => {
      settle = (error, value) => {
        settled = true;
        if (error) reject(fromServiceError(noteReplay(error, caller)));
        else resolve(value as Buffer);
      };
    });
    // A refusal may come while the request is still being sent, when nobody waits for it yet: it must not end the process.
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
    call.once('metadata', (head: Metadata) => {
      if (head.get('tonegrid-replayed').length > 0) caller.answer.replayed = true;
    });
    const sent = (async () => {
      for await (const request of requests) {
        // The service has answered already (a refusal): the rest is read and dropped, so that the sender is not cut off.
        if (settled) continue;
        if (!call.write(toBinary(method.input, create(method.input, request))))
          await Promise.race([once(call, 'drain'), answered.catch(() => undefined)]);
      }
      // Says that this was all of it: an end alone could also be that of a cancelled call.
      call.write(new Uint8Array(0));
      call.end();
    })();
    try {
      await sent.catch((error: unknown) => {
        call.cancel();
        throw error;
      });
      return fromBinary(method.output, await answered);
    } finally {
      span.end();
    }
  }

  private deadlineOf(caller: Caller): number {
    const own = Date.now() + (this.options.timeoutMs ?? 15_000);
    return caller.deadline ? Math.min(own, caller.deadline.getTime()) : own;
  }

  private metadataOf(caller: Caller): Metadata {
    const metadata = new Metadata();
    metadata.set('tonegrid-internal-token', this.options.internalToken);
    metadata.set('tonegrid-caller-bin', Buffer.from(toBinary(CallerSchema, callerToProto(caller))));
    propagation.inject(context.active(), metadata, { set: (carrier, key, value) => carrier.set(key, value) });
    return metadata;
  }
}

/** A stored refusal says in its trailers that it is one. */
function noteReplay(error: ServiceError, caller: Caller): ServiceError {
  if (error.metadata?.get('tonegrid-replayed').length > 0) caller.answer.replayed = true;
  return error;
}

const pathOf = (method: DescMethod) => `/${method.parent.typeName}/${method.name}`;

/** Sending twice does no harm: a read, or a change that its Idempotency-Key protects. */
const isSafe = (method: DescMethod, caller: Caller): boolean =>
  caller.idempotency !== undefined ||
  method.idempotency === 1 ||
  (hasOption(method, http) && getOption(method, http).pattern.case === 'get');
