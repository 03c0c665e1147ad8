import { createHash } from 'node:crypto';

/**
 * The id of the delivery of a release to a DSP. It follows from the two, so that a delivery that has no row yet can be listed
 * under the id that its row will have. As UUID version 8 (RFC 9562, 5.8).
 * @param dsp canonical slug
 */
export function deliveryUuid(releaseUuid: string, dsp: string): string {
  const hash = createHash('sha256').update(`delivery:${releaseUuid.toLowerCase()}:${dsp}`).digest();
  hash[6] = (hash[6]! & 0x0f) | 0x80;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.subarray(0, 16).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
