import { Batches } from './batches';

const moment = () => new Promise<void>((resolve) => setTimeout(resolve, 5));

/** Batches whose work ends when it is told to. */
function held<T>(most: number, every: number) {
  const begun: T[][] = [];
  const ends: (() => void)[] = [];
  const batches = new Batches<T>(most, every, (batch) => {
    begun.push(batch);
    return new Promise<void>((resolve) => ends.push(resolve));
  });
  const end = () => {
    ends.shift()!();
    return moment();
  };
  return { batches, begun, end };
}

test('what comes together is worked on together; while one batch is worked on the next gathers, in order and up to a number', async () => {
  const { batches, begun, end } = held<number>(3, 0);
  batches.add(1);
  batches.add(2);
  expect(begun).toEqual([]);
  await moment();
  expect(begun).toEqual([[1, 2]]);
  for (const item of [3, 4, 5, 6]) batches.add(item);
  await moment();
  expect(begun).toEqual([[1, 2]]);
  await end();
  expect(begun).toEqual([[1, 2], [3, 4, 5]]); // prettier-ignore
  await end();
  expect(begun.at(-1)).toEqual([6]);
  await end();
  await batches.stop();
});

test('what comes after a quiet moment is begun at once, what follows shortly waits for more, and a full batch does not', async () => {
  const { batches, begun, end } = held<number>(3, 60_000);
  batches.add(1);
  await moment();
  await end();
  batches.add(2);
  batches.add(3);
  await moment();
  expect(begun).toEqual([[1]]);
  batches.add(4);
  await moment();
  expect(begun).toEqual([[1], [2, 3, 4]]);
  await end();
  await batches.stop();
});

test('what waits is begun when its time has come', async () => {
  const { batches, begun, end } = held<number>(3, 20);
  batches.add(1);
  await moment();
  batches.add(2);
  await end();
  while (begun.length < 2) await moment();
  expect(begun).toEqual([[1], [2]]);
  await end();
  await batches.stop();
});

test('after the end none is begun, what runs is waited for, and the rest is given back', async () => {
  const { batches, begun, end } = held<number>(1, 0);
  batches.add(1);
  batches.add(2);
  await moment();
  let rest: number[] | undefined;
  const stopping = batches.stop().then((given) => (rest = given));
  await moment();
  expect(rest).toBeUndefined();
  await end();
  await stopping;
  expect(rest).toEqual([2]);
  batches.add(3);
  await moment();
  expect(begun).toEqual([[1]]);
});
