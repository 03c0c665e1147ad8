import type { UploadStart } from '@tonegrid/contracts';

/** A message of an upload: the start, then the bytes in order. */
export interface UploadMessage {
  part: { case: 'start'; value: UploadStart } | { case: 'chunk'; value: Uint8Array } | { case: undefined; value?: undefined };
}

/** Reads the start of an upload; the bytes follow as they are asked for. */
export async function openUpload(
  messages: AsyncIterable<UploadMessage>,
): Promise<{ start: UploadStart; chunks: AsyncIterable<Uint8Array> }> {
  const iterator = messages[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done || first.value.part.case !== 'start') throw new Error('an upload began without its start');
  return { start: first.value.part.value, chunks: chunksOf(iterator) };
}

async function* chunksOf(iterator: AsyncIterator<UploadMessage>): AsyncGenerator<Uint8Array> {
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    const { part } = next.value;
    if (part.case !== 'chunk') throw new Error('an upload goes on with something other than bytes');
    yield part.value;
  }
}
