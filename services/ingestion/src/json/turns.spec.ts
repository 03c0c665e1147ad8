import { setImmediate as turn } from 'node:timers/promises';
import { Turns } from './turns';

test('at most so many work at once, in the order in which they came, whether they succeed or fail', async () => {
  const turns = new Turns(2);
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  const work = async (n: number) => {
    begun.push(n);
    most = Math.max(most, ++running);
    await turn();
    running--;
    if (n % 2 === 0) throw new Error(`${n} failed`);
    return n;
  };
  const outcomes = await Promise.allSettled([1, 2, 3, 4, 5].map((n) => turns.take(() => work(n))));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']);
  expect([begun, most]).toEqual([[1, 2, 3, 4, 5], 2]);
});

test('whoever is gone when his turn comes does not begin, and keeps nobody', async () => {
  const turns = new Turns(1);
  const gone = new AbortController();
  let begun = false;
  const first = turns.take(() => turn());
  const left = turns.take(async () => void (begun = true), gone.signal);
  const last = turns.take(async () => 'done');
  gone.abort();
  await first;
  await expect(left).rejects.toMatchObject({ code: 'service.unavailable' });
  expect([await last, begun]).toEqual(['done', false]);
});
