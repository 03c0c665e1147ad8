import { timingSafeEqual } from 'node:crypto';
import { create, fromBinary, toBinary, type DescMethod, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { Metadata, Server, ServerCredentials, type ServerReadableStream, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { context, propagation, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import { CallerSchema } from '@tonegrid/contracts';
import { invalid, Refused } from '@tonegrid/errors';
import { withCallContext } from './call-context';
import { callerFromProto, type Caller } from './caller';
import type { StreamUseCase, UseCase } from './decorator';
import { logger } from './log';
import { metrics } from './metrics';
import { checkRules } from './rules';
import { toServiceError } from './status';

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

/** Largest message in bytes; request bodies are capped well below it by the gateway. */
const maxMessageBytes = 32 * 1024 * 1024;
const tracer = trace.getTracer('tonegrid.rpc');

/** A gRPC server over use cases: authenticates the peer, checks field rules, maps refusals, traces, counts, stops gracefully. */
export class RpcServer {
  private readonly server = new Server({
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc.keepalive_time_ms': 20_000,
    'grpc.keepalive_timeout_ms': 5_000,
  });
  private readonly token: Buffer;

  constructor(private readonly options: RpcServerOptions) {
    this.token = Buffer.from(options.internalToken);
  }

  /** Serves a use case under its rpc. */
  add(method: DescMethod, useCase: AnyUseCase): void {
    const path = `/${method.parent.typeName}/${method.name}`;
    // grpc-js copies with Buffer's own `copy`, which a plain Uint8Array has not.
    const serialize = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const streaming = method.methodKind === 'client_streaming';
    const deserialize = (bytes: Buffer) => (streaming && bytes.length === 0 ? endOfStream : fromBinary(method.input, bytes));
    const handle = (call: Call, callback: sendUnaryData<Uint8Array>) => void this.serve(method, path, useCase, call, callback);
    const registered = streaming
      ? this.server.register(path, handle as never, serialize, deserialize, 'clientStream')
      : this.server.register(path, handle as never, serialize, deserialize, 'unary');
    if (!registered) throw new Error(`two use cases are bound to ${path}`);
  }

  /** Begins to listen; answers the port. */
  start(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.server.bindAsync(this.options.address, ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      ),
    );
  }

  /** Takes no new calls, waits for those under way, then closes; after `graceMs` it closes hard. */
  stop(graceMs = 20_000): Promise<void> {
    return new Promise((resolve) => {
      const hard = setTimeout(() => this.server.forceShutdown(), graceMs);
      this.server.tryShutdown(() => {
        clearTimeout(hard);
        resolve();
      });
    });
  }

  private async serve(
    method: DescMethod,
    path: string,
    useCase: AnyUseCase,
    call: Call,
    callback: sendUnaryData<Uint8Array>,
  ): Promise<void> {
    const end = metrics.rpcSeconds.startTimer({ method: path });
    const parent = propagation.extract(context.active(), call.metadata, metadataGetter);
    const span = tracer.startSpan(path, { kind: SpanKind.SERVER }, parent);
    let code = 'OK';
    let caller: Caller | undefined;
    try {
      caller = this.callerOf(call);
      span.setAttribute('tonegrid.tenant', caller.tenantUuid);
      const active = withCallContext(trace.setSpan(parent, span), {
        requestId: caller.requestId,
        tenant: caller.tenantUuid || undefined,
        locale: caller.locale,
      });
      const known = caller;
      const bytes = await context.with(active, () => answer(method, useCase, known, call));
      if (caller.answer.replayed) call.sendMetadata(replayed());
      callback(null, bytes);
    } catch (error) {
      const refused = asRefused(error, { rpc: path, request_id: caller?.requestId }, span);
      code = refused.code;
      const status = toServiceError(refused);
      // A refusal can be a stored answer too; with an error there are no headers, only trailers.
      if (caller?.answer.replayed) status.metadata.merge(replayed());
      callback(status);
    } finally {
      end();
      metrics.rpcRequests.inc({ method: path, code });
      span.end();
    }
  }

  private callerOf(call: Call): Caller {
    const token = Buffer.from(String(call.metadata.get('tonegrid-internal-token')[0] ?? ''));
    if (token.length !== this.token.length || !timingSafeEqual(token, this.token)) throw new Refused('auth.token_missing');
    const bytes = call.metadata.get('tonegrid-caller-bin')[0];
    if (!Buffer.isBuffer(bytes)) throw new Refused('auth.token_missing');
    const caller = callerFromProto(fromBinary(CallerSchema, bytes));
    const deadline = call.getDeadline();
    caller.deadline = deadline instanceof Date ? deadline : Number.isFinite(deadline) ? new Date(deadline) : undefined;
    const abort = new AbortController();
    call.once('cancelled', () => abort.abort());
    caller.signal = abort.signal;
    return caller;
  }
}

async function answer(method: DescMethod, useCase: AnyUseCase, caller: Caller, call: Call): Promise<Uint8Array> {
  let request: unknown;
  if (!('request' in call)) request = received(call);
  else {
    const message = call.request as MessageShape<typeof method.input>;
    const errors = checkRules(method.input, message);
    if (errors) throw invalid(errors);
    request = message;
  }
  const response = (await useCase.run(caller, request as never)) as MessageInitShape<typeof method.output>;
  return toBinary(method.output, create(method.output, response));
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

/** What is told to the caller; what is not a refusal is logged whole and told as an internal error. */
function asRefused(error: unknown, call: { rpc: string; request_id: string | undefined }, span: Span): Refused {
  if (error instanceof Refused) {
    span.setAttribute('tonegrid.refused', error.code);
    if (error.status >= 500) logger.warn({ err: error, ...call }, 'refused');
    return error;
  }
  logger.error({ err: error, ...call }, 'unexpected error');
  span.recordException(error as Error);
  span.setStatus({ code: SpanStatusCode.ERROR });
  return new Refused('internal.error');
}

function replayed(): Metadata {
  const metadata = new Metadata();
  metadata.set('tonegrid-replayed', '1');
  return metadata;
}

const metadataGetter = {
  keys: (metadata: Metadata) => Object.keys(metadata.getMap()),
  get: (metadata: Metadata, key: string) => metadata.get(key).map(String)[0],
};
