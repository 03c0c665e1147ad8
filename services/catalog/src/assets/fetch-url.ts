import { plainText } from '@tonegrid/outbound';
import type { Vault } from '@tonegrid/secrets';

const context = (fetchUuid: string) => `file_fetch:${fetchUuid}`;

/** A URL as its row holds it: a presigned one is a credential. */
export const sealUrl = (vault: Vault, url: string, fetchUuid: string): Buffer => vault.seal(url, context(fetchUuid));

/** The URL of a row. Throws when it was sealed under another ENCRYPTION_KEY. */
export const openUrl = (vault: Vault, sealed: Uint8Array, fetchUuid: string): string => vault.open(sealed, context(fetchUuid)).toString();

/** The name of the file that a URL points to, without its query; the host's when the path names none. */
export function fileNameOf(url: string): string {
  const { pathname, hostname } = new URL(url);
  const last = pathname.split('/').at(-1) ?? '';
  return plainText(decoded(last) || hostname, 255);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not UTF-8: then as it stands
  }
}
