import type { MessageInitShape } from '@bufbuild/protobuf';
import type { TimestampSchema } from '@bufbuild/protobuf/wkt';

/** A moment (milliseconds since 1970 when a number) as an answer takes it: its fields alone, without the message that the library makes. */
export function timestampOf(at: Date | number): MessageInitShape<typeof TimestampSchema> {
  const ms = Number(at);
  const seconds = Math.floor(ms / 1000);
  return { seconds: BigInt(seconds), nanos: Math.round((ms - seconds * 1000) * 1_000_000) };
}
