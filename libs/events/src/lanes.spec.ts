import { Lanes } from './lanes';

const tick = () => new Promise((resolve) => setImmediate(resolve));

test('of one key one after the other, of different keys at once up to the number', async () => {
  const begun: string[] = [];
  const finish = new Map<string, () => void>();
  const lanes = new Lanes<string>(2, (item) => item[0]!, (item) => {
    begun.push(item);
    return new Promise((resolve) => finish.set(item, resolve));
  }); // prettier-ignore
  for (const item of ['a1', 'a2', 'b1', 'c1']) lanes.add(item);
  expect(begun).toEqual(['a1', 'b1']);
  finish.get('a1')!();
  await tick();
  expect(begun).toEqual(['a1', 'b1', 'c1']);
  finish.get('b1')!();
  await tick();
  expect(begun).toEqual(['a1', 'b1', 'c1', 'a2']);
  let left: string[] | undefined;
  lanes.add('a3');
  void lanes.stop().then((rest) => (left = rest));
  finish.get('c1')!();
  await tick();
  expect(left).toBeUndefined();
  finish.get('a2')!();
  await tick();
  expect(left).toEqual(['a3']);
  expect(begun).toHaveLength(4);
});
