import { fromBinary, type DescMethod, type MessageInitShape } from '@bufbuild/protobuf';
import { status, type ServerDuplexStream } from '@grpc/grpc-js';
import { propagation } from '@opentelemetry/api';
import { CarryResponseSchema, type AnswerSchema, type Call, type CarryRequest } from '@tonegrid/contracts';
import { maxMessageBytes } from './bytes';
import { callerFromProto } from './caller';
import { encode } from './encode';
import { rootContext } from './root-context';
import { Stranger, type ServedCall } from './served-call';
import type { Failure } from './status';

/** Bytes after which answers that are ready at the same time are sent in more than one message. */
const mostAtOnce = 256 * 1024;

/** The calls of one stream of `CarrierService`: each is served as if it had a stream of its own, and answers that are ready together share a message. */
export class CarriedCalls {
  private readonly underWay = new Map<number, Cancellation>();
  private answers: MessageInitShape<typeof AnswerSchema>[] = [];
  private bytes = 0;
  private flushing: NodeJS.Immediate | undefined;
  /** No more calls will come. */
  private ended = false;

  constructor(
    private readonly stream: ServerDuplexStream<CarryRequest, Uint8Array>,
    private readonly serve: (call: ServedCall & { path: string }) => void,
  ) {
    stream.on('data', (request: CarryRequest) => this.receive(request));
    stream.once('end', () => {
      this.ended = true;
      this.endWhenDone();
    });
    // The connection is lost, or the caller's process has gone: nobody waits for anything here.
    const gone = () => {
      this.ended = true;
      for (const cancellation of this.underWay.values()) cancellation.cancel();
    };
    stream.once('cancelled', gone);
    stream.on('error', gone);
  }

  /** Tells the caller to send new calls elsewhere. Those that come all the same are served. */
  leave(): void {
    if (this.stream.writable) this.stream.write(encode(CarryResponseSchema, { leaving: true }));
  }

  private receive({ calls, cancelled }: CarryRequest): void {
    for (const call of calls) {
      const cancellation = new Cancellation();
      this.underWay.set(call.id, cancellation);
      this.serve(this.served(call, cancellation));
    }
    for (const id of cancelled) this.underWay.get(id)?.cancel();
  }

  private served(call: Call, cancellation: Cancellation): ServedCall & { path: string } {
    const { id, method: path, timeoutMs, request } = call;
    return {
      path,
      parent: propagation.extract(rootContext, call.trace),
      cancellation,
      identify: () => {
        if (!call.caller) throw new Stranger('it does not say who calls');
        return Object.assign(callerFromProto(call.caller), { deadline: new Date(Date.now() + timeoutMs) });
      },
      request: (method: DescMethod) => fromBinary(method.input, request),
      answer: (response, replayed) => {
        if (response.length > maxMessageBytes)
          this.send({ id, outcome: { case: 'failure', value: tooLong(response.length) }, replayed }, 0);
        else this.send({ id, outcome: { case: 'response', value: response }, replayed }, response.length);
      },
      fail: (failure, replayed) => this.send({ id, outcome: { case: 'failure', value: failure }, replayed }, 0),
    };
  }

  private send(answer: MessageInitShape<typeof AnswerSchema> & { id: number }, bytes: number): void {
    this.underWay.delete(answer.id);
    if (this.bytes > 0 && this.bytes + bytes > mostAtOnce) this.flush();
    this.answers.push(answer);
    this.bytes += bytes;
    this.flushing ??= setImmediate(() => this.flush());
  }

  private flush(): void {
    clearImmediate(this.flushing);
    this.flushing = undefined;
    this.bytes = 0;
    const answers = this.answers.splice(0);
    if (this.stream.writable) this.stream.write(encode(CarryResponseSchema, { answers }));
    this.endWhenDone();
  }

  private endWhenDone(): void {
    if (this.ended && this.underWay.size === 0 && this.answers.length === 0 && this.stream.writable) this.stream.end();
  }
}

/** Whether the caller of one call has gone; tells one listener. */
class Cancellation {
  cancelled = false;
  private listener: (() => void) | undefined;

  once(_event: 'cancelled', listener: () => void): void {
    this.listener = listener;
  }

  cancel(): void {
    this.cancelled = true;
    this.listener?.();
    this.listener = undefined;
  }
}

const tooLong = (bytes: number): Failure => ({
  code: status.RESOURCE_EXHAUSTED,
  details: `the response has ${bytes} bytes, more than ${maxMessageBytes}`,
});
