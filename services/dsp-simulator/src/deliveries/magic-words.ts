import { fileStatuses, type FileStatus } from '@tonegrid/ddex';

/** A magic word of a release's title, `[reject:ResourceCorrupt]`: the word, and what stands after the colon. */
export interface MagicWord {
  word: 'reject' | 'fail-upload' | 'slow' | 'late-reject' | 'never-live' | 'silent';
  detail: string | null;
}

const pattern = /\[(reject|fail-upload|slow|late-reject|never-live|silent)(?::([0-9A-Za-z]{1,60}))?\]/gi;

/** The magic words of a title, in its order. They are for tests, as the card numbers of payment sandboxes are. */
export function magicWords(title: string | null): MagicWord[] {
  return [...(title ?? '').slice(0, 2000).matchAll(pattern)].map(([, word, detail]) => ({
    word: word!.toLowerCase() as MagicWord['word'],
    detail: detail ?? null,
  }));
}

/** The file status that `[reject:…]` asks for: any of the choreography's but FileOK, in any case; NewReleaseMessageInvalid otherwise. */
export function askedStatus(detail: string | null): FileStatus {
  const asked = fileStatuses.find((status) => status.toLowerCase() === detail?.toLowerCase());
  return asked && asked !== 'FileOK' ? asked : 'NewReleaseMessageInvalid';
}

/** How many uploads `[fail-upload:2]` lets fail: every one when no number is given. */
export function askedFailures(words: MagicWord[]): number {
  const found = words.find(({ word }) => word === 'fail-upload');
  if (!found) return 0;
  return found.detail && /^\d{1,4}$/.test(found.detail) ? Number(found.detail) : Infinity;
}
