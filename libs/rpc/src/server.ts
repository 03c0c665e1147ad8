import { timingSafeEqual } from 'node:crypto';
import { fromBinary, type DescMethod, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import {
  Metadata,
  Server,
  ServerCredentials,
  status,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { context, propagation, SpanKind, SpanStatusCode, trace, type Context, type Span } from '@opentelemetry/api';
import { CallerSchema, CarrierService, CarryRequestSchema, type CarryRequest } from '@tonegrid/contracts';
import { invalid, Refused } from '@tonegrid/errors';
import { asBytes, pathOf, sizeOptions } from './bytes';
import { withCallContext } from './call-context';
import { callerFromProto, type Caller } from './caller';
import { CarriedCalls } from './carried-calls';
import type { StreamUseCase, UseCase } from './decorator';
import { encode } from './encode';
import { logger } from './log';
import { metrics } from './metrics';
import { checkRules } from './rules';
import { rpcAttributes, spanName } from './spans';
import { rootContext } from './root-context';
import { Stranger, type ServedCall } from './served-call';
import { failureFrom, toServiceError, type Failure } from './status';

/** How a server listens and whom it trusts. */
export interface RpcServerOptions {
  /** `host:port`; port 0 takes a free one. */
  address: string;
  /** Secret that every caller must send; at least 32 characters. */
  internalToken: string;
}

type Call = ServerUnaryCall<unknown, unknown> | ServerReadableStream<unknown, unknown>;
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the registry holds use cases of every shape; `Rpc` has checked each
type AnyUseCase = UseCase<any, any> | StreamUseCase<any, any>;

interface Bound {
  method: DescMethod;
  path: string;
  useCase: AnyUseCase;
}

const carryPath = pathOf(CarrierService.method.carry);
const tracer = trace.getTracer('tonegrid.rpc');

/** A gRPC server over use cases: authenticates the peer, checks field rules, maps refusals, traces, counts, stops gracefully. */
export class RpcServer {
  private readonly server = new Server({
    ...sizeOptions,
    'grpc.keepalive_time_ms': 20_000,
    // A process that is short of CPU, or whose machine stands still for a moment, is not gone.
    'grpc.keepalive_timeout_ms': 10_000,
    // A client looks for further servers only when it loses one: ending connections now and then, calls under way finished, is how
    // a new pod gets its share.
    'grpc.max_connection_age_ms': 5 * 60_000,
  });
  private readonly token: Buffer;
  /** Unary methods by path. */
  private readonly bound = new Map<string, Bound>();
  private readonly carrying = new Set<CarriedCalls>();
  private underWay = 0;
  private stopping = false;

  constructor(private readonly options: RpcServerOptions) {
    this.token = Buffer.from(options.internalToken);
    const toRequest = (bytes: Buffer) => fromBinary(CarryRequestSchema, bytes);
    this.server.register(
      carryPath,
      (stream: ServerDuplexStream<CarryRequest, Uint8Array>) => this.carry(stream),
      asBytes,
      toRequest,
      'bidi',
    );
  }

  /** Serves a use case under its rpc. */
  add(method: DescMethod, useCase: AnyUseCase): void {
    const path = pathOf(method);
    const bound: Bound = { method, path, useCase };
    const streaming = method.methodKind === 'client_streaming';
    const deserialize = (bytes: Buffer) => (streaming && bytes.length === 0 ? endOfStream : fromBinary(method.input, bytes));
    const handle = (call: Call, callback: sendUnaryData<Uint8Array>) => void this.serve(bound, this.plain(call, callback));
    const registered = streaming
      ? this.server.register(path, handle, asBytes, deserialize, 'clientStream')
      : this.server.register(path, handle, asBytes, deserialize, 'unary');
    if (!registered) throw new Error(`two use cases are bound to ${path}`);
    if (!streaming) this.bound.set(path, bound);
  }

  /** Begins to listen; answers the port. */
  start(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.server.bindAsync(this.options.address, ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      ),
    );
  }

  /**
   * Takes no new calls (clients are told so and go elsewhere by themselves), waits for those under way, then closes; after `graceMs`
   * it closes hard.
   */
  stop(graceMs = 20_000): Promise<void> {
    this.stopping = true;
    for (const calls of this.carrying) calls.leave();
    return new Promise((resolve) => {
      const hard = setTimeout(() => {
        logger.warn({ calls: this.underWay, grace_ms: graceMs }, 'calls were cut off: they did not end within the grace');
        this.server.forceShutdown();
      }, graceMs);
      this.server.tryShutdown(() => {
        clearTimeout(hard);
        resolve();
      });
    });
  }

  private async serve({ method, path, useCase }: Bound, call: ServedCall): Promise<void> {
    const began = performance.now();
    this.underWay += 1;
    metrics.rpcUnderWay.inc();
    const span = tracer.startSpan(spanName(path), { kind: SpanKind.SERVER, attributes: rpcAttributes(path) }, call.parent);
    let active = trace.setSpan(call.parent, span);
    let code = 'OK';
    let caller: Caller | undefined;
    try {
      const known = (caller = withSignal(call.identify(), call.cancellation));
      span.setAttribute('tonegrid.tenant', known.tenantUuid);
      active = withCallContext(active, {
        requestId: known.requestId,
        tenant: known.tenantUuid || undefined,
        locale: known.locale,
      });
      const bytes = await context.with(active, () => answer(method, useCase, known, call));
      call.answer(bytes, known.answer.replayed);
    } catch (error) {
      const failed = context.with(active, () => failureOf(error, path, span));
      code = failed.label;
      call.fail(failed.failure, caller?.answer.replayed ?? false);
    } finally {
      const seconds = (performance.now() - began) / 1000;
      this.underWay -= 1;
      metrics.rpcUnderWay.dec();
      metrics.rpcSeconds.observe({ method: path }, seconds);
      metrics.rpcRequests.inc({ method: path, code });
      if (logger.isLevelEnabled('debug')) logServed(active, path, code, seconds);
      span.end();
    }
  }

  /** A call with a stream of its own. */
  private plain(call: Call, callback: sendUnaryData<Uint8Array>): ServedCall {
    return {
      parent: propagation.extract(rootContext, call.metadata, metadataGetter),
      cancellation: call,
      identify: () => {
        this.admit(call.metadata);
        const bytes = call.metadata.get('tonegrid-caller-bin')[0];
        if (!Buffer.isBuffer(bytes)) throw new Stranger('it does not say who calls');
        const caller = callerFromProto(fromBinary(CallerSchema, bytes));
        const deadline = call.getDeadline();
        caller.deadline = deadline instanceof Date ? deadline : Number.isFinite(deadline) ? new Date(deadline) : undefined;
        return caller;
      },
      request: () => ('request' in call ? call.request : received(call)),
      answer: (bytes, isReplayed) => {
        if (isReplayed) call.sendMetadata(replayed());
        callback(null, bytes);
      },
      fail: (failure, isReplayed) => {
        const error = toServiceError(failure);
        // A refusal can be a stored answer too; with an error there are no headers, only trailers.
        if (isReplayed) error.metadata.merge(replayed());
        callback(error);
      },
    };
  }

  /** Takes a stream of carried calls. */
  private carry(stream: ServerDuplexStream<CarryRequest, Uint8Array>): void {
    try {
      this.admit(stream.metadata);
    } catch (error) {
      stream.emit('error', toServiceError(failureOf(error, carryPath).failure));
      return;
    }
    const carried = new CarriedCalls(stream, (call) => {
      const bound = this.bound.get(call.path);
      if (bound) void this.serve(bound, call);
      else call.fail({ code: status.UNIMPLEMENTED, details: `no method ${call.path}` }, false);
    });
    this.carrying.add(carried);
    stream.once('close', () => this.carrying.delete(carried));
    if (this.stopping) carried.leave();
  }

  /** Throws unless the peer is a service of this platform. */
  private admit(metadata: Metadata): void {
    const token = Buffer.from(String(metadata.get('tonegrid-internal-token')[0] ?? ''));
    if (token.length !== this.token.length || !timingSafeEqual(token, this.token))
      throw new Stranger('it does not have our internal token');
  }
}

/** The caller's signal is made when somebody asks for it: few use cases do, and grpc-js says `cancelled` of every finished call too. */
function withSignal(caller: Caller, call: ServedCall['cancellation']): Caller {
  let abort: AbortController | undefined;
  return Object.defineProperty(caller, 'signal', {
    enumerable: true,
    configurable: true,
    get() {
      if (abort === undefined) {
        const made = (abort = new AbortController());
        if (call.cancelled) made.abort();
        else call.once('cancelled', () => made.abort());
      }
      return abort.signal;
    },
  });
}

async function answer(method: DescMethod, useCase: AnyUseCase, caller: Caller, call: ServedCall): Promise<Uint8Array> {
  const request = call.request(method);
  if (method.methodKind === 'unary') {
    const errors = checkRules(method.input, request as MessageShape<typeof method.input>);
    if (errors) throw invalid(errors);
  }
  const response = (await useCase.run(caller, request as never)) as MessageInitShape<typeof method.output>;
  return encode(method.output, response);
}

/**
 * A stream that a client gave up can look like one that it finished: HTTP/2 may end it in order before the reset arrives. So a
 * whole stream ends with an empty message, and without that it was cut off.
 */
const endOfStream = Symbol('end of stream');

async function* received(call: ServerReadableStream<unknown, unknown>): AsyncGenerator<unknown> {
  let whole = false;
  for await (const message of call) {
    if (message === endOfStream) whole = true;
    else yield message;
  }
  if (!whole) throw new Refused('service.unavailable');
}

/**
 * What is told to the caller, and the code it is counted under. What is not a refusal is logged whole and told as an internal
 * error. A stranger learns nothing: what it is told is no refusal of its own caller, whose credentials may be right.
 */
function failureOf(error: unknown, rpc: string, span?: Span): { label: string; failure: Failure } {
  if (error instanceof Stranger) {
    logger.warn({ rpc, reason: error.message }, 'a call by a stranger was refused');
    return ended(span, 'stranger', { code: status.UNAUTHENTICATED, details: 'not a service of this platform' });
  }
  const refused = error instanceof Refused ? error : new Refused('internal.error');
  if (refused !== error) {
    logger.error({ err: error, rpc }, 'unexpected error');
    span?.recordException(error as Error);
  } else if (refused.status >= 500) {
    // Its cause tells why; where it was thrown would be said in each of very many lines while something is away.
    logger.warn({ rpc, code: refused.code, reason: refused.cause instanceof Error ? refused.cause.message : refused.message }, 'refused');
  }
  if (refused.status >= 500) span?.setStatus({ code: SpanStatusCode.ERROR, message: refused.code });
  span?.setAttribute('tonegrid.refused', refused.code);
  return ended(span, refused.code, failureFrom(refused));
}

function ended(span: Span | undefined, label: string, failure: Failure): { label: string; failure: Failure } {
  span?.setAttribute('rpc.grpc.status_code', failure.code);
  return { label, failure };
}

const logServed = (active: Context, rpc: string, code: string, seconds: number): void =>
  context.with(active, () => logger.debug({ rpc, code, ms: Math.round(seconds * 10_000) / 10 }, 'served'));

function replayed(): Metadata {
  const metadata = new Metadata();
  metadata.set('tonegrid-replayed', '1');
  return metadata;
}

const metadataGetter = {
  keys: (metadata: Metadata) => Object.keys(metadata.getMap()),
  get: (metadata: Metadata, key: string) => metadata.get(key).map(String)[0],
};
