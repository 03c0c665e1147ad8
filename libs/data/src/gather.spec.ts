import { Gather } from './gather';

const later = () => new Promise((resolve) => setImmediate(resolve));

it('asks once for all who ask in one turn, and gives each its own answer', async () => {
  const asked: number[][] = [];
  const gather = new Gather<number, string>((keys) => {
    asked.push(keys);
    return Promise.resolve(keys.map((key) => `answer ${key}`));
  });
  expect(await Promise.all([1, 2, 3].map((key) => gather.get(key)))).toEqual(['answer 1', 'answer 2', 'answer 3']);
  expect(asked).toEqual([[1, 2, 3]]);
});

it('gathers who asks while a question is on its way, up to its most', async () => {
  const asked: number[][] = [];
  let answer!: () => void;
  const gather = new Gather<number, number>(async (keys) => {
    asked.push(keys);
    if (keys[0] === 1) await new Promise<void>((resolve) => (answer = resolve));
    return keys;
  }, 2);
  const first = gather.get(1);
  await later();
  const others = [2, 3, 4].map((key) => gather.get(key));
  await later();
  expect(asked).toEqual([[1]]);
  answer();
  expect(await Promise.all([first, ...others])).toEqual([1, 2, 3, 4]);
  expect(asked).toEqual([[1], [2, 3], [4]]);
});

it('fails those alone whose question failed', async () => {
  let failing = true;
  const gather = new Gather<number, number>((keys) => (failing ? Promise.reject(new Error('away')) : Promise.resolve(keys)));
  await expect(gather.get(1)).rejects.toThrow('away');
  failing = false;
  expect(await gather.get(2)).toBe(2);
});
