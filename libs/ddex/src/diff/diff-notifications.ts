import type { ReleaseNotification } from '../model/notification';
import { factsOf, namesFiles, type Fact } from './facts';

/** One difference between two messages about the same release. */
export interface Change {
  kind: 'added' | 'removed' | 'changed';
  /** What it is about: `Track 2 "Opening"`, `The release`. */
  subject: string;
  /** In which respect; null for the whole subject. */
  field: string | null;
  before: string | null;
  after: string | null;
  /** The difference as a sentence. */
  text: string;
}

function sentence(kind: Change['kind'], { subject, field }: Fact, before: string | null, after: string | null): string {
  if (field === null)
    return kind === 'added' ? `${subject} is added.` : kind === 'removed' ? `${subject} is removed.` : `${subject} was ${before}.`;
  const what = `${subject}: ${field}`;
  if (kind === 'added') return `${what} is added: ${after}.`;
  if (kind === 'removed') return `${what} is removed: ${before}.`;
  return `${what} changes from ${before} to ${after}.`;
}

/**
 * What a second message says otherwise than a first one about the same release, as data and in sentences, in the order of the
 * second. Ids and times of the messages, their references and whether files come along are no differences. Of a track, a
 * deal or a file that is new or gone as a whole, that alone is told.
 */
export function diffNotifications(before: ReleaseNotification, after: ReleaseNotification): Change[] {
  // A message of ERN 3 whose files stay away names none of them; that alone is no difference.
  const files = namesFiles(before) && namesFiles(after);
  const old = factsOf(before, { files });
  const now = factsOf(after, { files });
  const changes: Change[] = [];
  const whole = (key: string): string | null => (/^(recording|deal|images|videos|texts)\//.test(key) ? null : '');
  /** Keys of subjects that are new or gone as a whole. */
  const settled: string[] = [];
  const isSettled = (key: string): boolean => settled.some((subject) => key.startsWith(subject));
  const note = (kind: Change['kind'], fact: Fact, was: string | null, is: string | null): void => {
    changes.push({ kind, subject: fact.subject, field: fact.field, before: was, after: is, text: sentence(kind, fact, was, is) });
  };
  for (const [facts, others, kind] of [
    [now, old, 'added'],
    [old, now, 'removed'],
  ] as const)
    for (const [key, fact] of facts)
      if (fact.field === null && whole(key) === null && !others.has(key)) {
        settled.push(key);
        // The release of a track comes and goes with it.
        if (key.startsWith('recording/')) settled.push(`track/${key}`);
        note(kind, fact, kind === 'removed' ? fact.value : null, kind === 'added' ? fact.value : null);
      }
  for (const [key, fact] of now) {
    if (isSettled(key) || fact.field === null) continue;
    const was = old.get(key);
    if (!was) note('added', fact, null, fact.value);
    else if (was.value !== fact.value) note('changed', fact, was.value, fact.value);
  }
  for (const [key, fact] of old) if (!now.has(key) && !isSettled(key) && fact.field !== null) note('removed', fact, fact.value, null);
  return changes;
}
