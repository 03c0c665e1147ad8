import type {
  DescMethod,
  DescMethodClientStreaming,
  DescMethodUnary,
  DescMessage,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import type { Caller } from './caller';

/** One use case: what one rpc does. Throws `Refused` for what the caller caused. */
export interface UseCase<I extends DescMessage, O extends DescMessage> {
  run(caller: Caller, request: MessageShape<I>): Promise<MessageInitShape<O>>;
}

/** A use case that is fed by a stream: an upload. Messages come one at a time, as fast as they are consumed. */
export interface StreamUseCase<I extends DescMessage, O extends DescMessage> {
  run(caller: Caller, requests: AsyncIterable<MessageShape<I>>): Promise<MessageInitShape<O>>;
}

const methods = new WeakMap<object, DescMethod>();

type Class<T> = new (...args: never[]) => T;

/** Binds a use case to its rpc: `@Rpc(CatalogService.method.createRelease) class CreateRelease { run(caller, request) … }`. */
export function Rpc<I extends DescMessage, O extends DescMessage>(method: DescMethodUnary<I, O>): (target: Class<UseCase<I, O>>) => void;
export function Rpc<I extends DescMessage, O extends DescMessage>(
  method: DescMethodClientStreaming<I, O>,
): (target: Class<StreamUseCase<I, O>>) => void;
export function Rpc(method: DescMethod) {
  return (target: object) => {
    methods.set(target, method);
  };
}

/** The rpc that a class is bound to; undefined for other classes. */
export const rpcMethodOf = (target: object): DescMethod | undefined => methods.get(target);
