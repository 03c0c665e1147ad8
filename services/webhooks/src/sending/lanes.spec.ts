import { Lanes } from './lanes';

let clock = 0;
const lanes = (total: number, perEndpoint: number) => new Lanes(total, perEndpoint, () => clock);

test('a webhook gets its share and no more than is free', () => {
  const some = lanes(10, 4);
  for (const n of [1, 2, 3]) some.enter('a', `a${n}`);
  expect(some.room('a')).toBe(1);
  for (const n of [1, 2, 3, 4]) some.enter('b', `b${n}`);
  expect([some.room('b'), some.room('c'), some.free]).toEqual([0, 3, 3]);
  expect(some.limited()).toEqual([
    { webhook: 'a', room: 1 },
    { webhook: 'b', room: 0 },
  ]);
});

test('a webhook that keeps us waiting for a second gets two at once, until it is quick again', () => {
  const some = lanes(64, 8);
  some.enter('slow', '1');
  clock += 1_500;
  expect(some.room('slow')).toBe(1);
  some.leave('slow', '1');
  expect(some.room('slow')).toBe(2);
  some.enter('slow', '2');
  clock += 10;
  some.leave('slow', '2');
  expect(some.room('slow')).toBe(8);
});

test('slow webhooks together get half: the quick ones always have room', () => {
  const some = lanes(8, 8);
  for (const webhook of ['a', 'b', 'c']) {
    some.enter(webhook, webhook);
    clock += 2_000;
    some.leave(webhook, webhook);
  }
  for (const webhook of ['a', 'b']) for (const n of [1, 2]) some.enter(webhook, `${webhook}${n}`);
  expect([some.room('c'), some.room('quick')]).toEqual([0, 4]);
  expect(some.limited().map(({ room }) => room)).toEqual([0, 0, 0]);
});

test('leaving tells whether the webhook was full', () => {
  const some = lanes(10, 2);
  some.enter('a', '1');
  some.enter('a', '2');
  expect(some.leave('a', '1')).toBe(true);
  expect(some.leave('a', '2')).toBe(false);
});
