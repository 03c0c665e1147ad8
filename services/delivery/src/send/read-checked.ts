import { createHash } from 'node:crypto';
import { ObjectMissing, type Storage } from '@tonegrid/storage';
import type { Resource } from '../messages/message.store';
import { Hopeless } from './failures';

/**
 * The bytes of a stored file as they are read, checked against what the message says of them. Throws Hopeless at the end when size
 * or MD5 differ: whoever consumes it must not have made the file final by then.
 */
export async function* readChecked(storage: Storage, resource: Resource): AsyncGenerator<Uint8Array> {
  const md5 = createHash('md5');
  let size = 0;
  let source: AsyncIterable<Uint8Array>;
  try {
    source = await storage.read(resource.storageKey);
  } catch (error) {
    if (error instanceof ObjectMissing) throw new Hopeless(`${resource.path} is no longer in storage.`);
    throw error;
  }
  for await (const chunk of source) {
    md5.update(chunk);
    size += chunk.length;
    yield chunk;
  }
  if (size !== resource.size) throw new Hopeless(`${resource.path} has ${size} bytes in storage; ${resource.size} were recorded.`);
  if (md5.digest('hex') !== resource.md5.toLowerCase()) throw new Hopeless(`${resource.path} does not have the MD5 that was recorded.`);
}
