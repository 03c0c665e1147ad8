import type { Loss } from '../src/grammar/codec';
import type { Party, ReleaseNotification } from '../src/model/notification';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A notification with its parties where they are named, and roles in a fixed order: what it says, whatever its references are. */
function spelledOut(notification: ReleaseNotification): Json {
  const parties = new Map(notification.parties.map(({ reference, ...party }: Party) => [reference, party]));
  const { parties: _, ...said } = JSON.parse(JSON.stringify(notification)) as ReleaseNotification;
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        if (key === 'party') return [key, parties.get(item as string)];
        if (key === 'roles') return [key, (item as unknown[]).map((role) => JSON.stringify(role)).sort()];
        return [key, walk(item)];
      }),
    );
  };
  return walk(said) as Json;
}

function differences(a: Json | undefined, b: Json | undefined, path: string, found: string[]): void {
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let index = 0; index < Math.max(a.length, b.length); index++) differences(a[index], b[index], `${path}[${index}]`, found);
  } else if (a && b && typeof a === 'object' && typeof b === 'object' && !Array.isArray(a) && !Array.isArray(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
      differences(a[key], b[key], path === '' ? key : `${path}.${key}`, found);
  } else if (JSON.stringify(a) !== JSON.stringify(b)) found.push(path);
}

/** Places where two notifications say different things and no loss accounts for it. */
export function unsaid(written: ReleaseNotification, read: ReleaseNotification, losses: readonly Loss[]): string[] {
  const found: string[] = [];
  differences(spelledOut(written), spelledOut(read), '', found);
  return found.filter(
    (path) => !losses.some((loss) => path === loss.path || path.startsWith(`${loss.path}.`) || path.startsWith(`${loss.path}[`)),
  );
}
