import type { DescMethod } from '@bufbuild/protobuf';

/** The same bytes as grpc-js wants them: it copies with Buffer's own `copy`, which a plain Uint8Array has not. */
export const asBytes = (value: Uint8Array): Buffer => Buffer.from(value.buffer, value.byteOffset, value.byteLength);

/** `/package.Service/Method`. */
export const pathOf = (method: DescMethod): string => `/${method.parent.typeName}/${method.name}`;

/** Largest message in bytes; request bodies are capped well below it by the gateway. */
export const maxMessageBytes = 32 * 1024 * 1024;

/** Options of both ends of a connection: messages of that size, and some room for what stands around them when they are carried. */
export const sizeOptions = {
  'grpc.max_receive_message_length': maxMessageBytes + 1024 * 1024,
  'grpc.max_send_message_length': maxMessageBytes + 1024 * 1024,
};
