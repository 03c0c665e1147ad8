import type { DescEnum } from '@bufbuild/protobuf';

/** An enum's values as the lower-case words that JSON, the database and events use. */
export interface Words<T extends number> {
  /** The word of a value: `RELEASE_STATUS_TAKEN_DOWN` → `taken_down`; undefined for the unspecified one. */
  word(value: T | undefined): string | undefined;
  /** The value of a word; undefined when there is no such word. */
  value(word: string | null | undefined): T | undefined;
  /** Every word, in the order of the values. */
  readonly all: readonly string[];
}

const known = new WeakMap<DescEnum, Words<number>>();

/** The words of an enum, from its descriptor: `words<ReleaseStatus>(ReleaseStatusSchema)`. */
export function words<T extends number>(desc: DescEnum): Words<T> {
  const made = known.get(desc);
  if (made) return made as unknown as Words<T>;
  const prefix = desc.sharedPrefix?.toUpperCase() ?? '';
  const byNumber = new Map<number, string>();
  const byWord = new Map<string, number>();
  for (const value of desc.values) {
    if (value.number === 0) continue;
    const word = value.name.slice(prefix.length).toLowerCase();
    byNumber.set(value.number, word);
    byWord.set(word, value.number);
  }
  const result: Words<number> = {
    word: (value) => (value === undefined ? undefined : byNumber.get(value)),
    value: (word) => (word === null || word === undefined ? undefined : byWord.get(word)),
    all: [...byNumber.values()],
  };
  known.set(desc, result);
  return result as unknown as Words<T>;
}
