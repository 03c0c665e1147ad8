import { Lanes } from './lanes';

let clock = 0;
const lanes = (total: number, perEndpoint: number) => new Lanes(total, perEndpoint, () => clock);
/** One attempt from beginning to end. */
const answerIn = (some: Lanes, webhook: string, ms: number) => {
  some.enter(webhook, 'probe');
  clock += ms;
  some.leave(webhook, 'probe');
};

test('a webhook gets two at once until it has answered quickly, then its share and no more than is free', () => {
  const some = lanes(10, 4);
  expect(some.room('a')).toBe(2);
  answerIn(some, 'a', 10);
  expect(some.room('a')).toBe(4);
  for (const n of [1, 2, 3]) some.enter('a', `a${n}`);
  expect(some.room('a')).toBe(1);
  answerIn(some, 'b', 10);
  for (const n of [1, 2, 3, 4]) some.enter('b', `b${n}`);
  expect([some.room('b'), some.room('c'), some.roomOfNew, some.free]).toEqual([0, 2, 2, 3]);
  expect(some.rooms()).toEqual([
    { webhook: 'a', room: 1 },
    { webhook: 'b', room: 0 },
  ]);
  expect([some.isBusy('a'), some.isBusy('c')]).toEqual([true, false]);
});

test('a webhook that keeps us waiting for a second gets two at once, until it is quick again', () => {
  const some = lanes(64, 8);
  answerIn(some, 'slow', 10);
  some.enter('slow', '1');
  clock += 1_500;
  expect(some.room('slow')).toBe(1);
  some.leave('slow', '1');
  expect(some.room('slow')).toBe(2);
  answerIn(some, 'slow', 10);
  expect(some.room('slow')).toBe(8);
});

test('slow webhooks together get half: the quick ones always have room', () => {
  const some = lanes(8, 8);
  answerIn(some, 'quick', 10);
  for (const webhook of ['a', 'b', 'c']) answerIn(some, webhook, 2_000);
  for (const webhook of ['a', 'b']) for (const n of [1, 2]) some.enter(webhook, `${webhook}${n}`);
  expect([some.room('c'), some.room('quick'), some.room('new')]).toEqual([0, 4, 2]);
  expect(some.rooms().map(({ webhook, room }) => `${webhook} ${room}`)).toEqual(['quick 8', 'a 0', 'b 0', 'c 0']);
});

test('what is known of a webhook is forgotten in time', () => {
  const some = lanes(64, 8);
  answerIn(some, 'quick', 10);
  answerIn(some, 'slow', 2_000);
  clock += 11_000;
  answerIn(some, 'other', 10);
  expect(some.rooms().map(({ webhook }) => webhook)).toEqual(['slow', 'other']);
  clock += 10 * 60_000;
  answerIn(some, 'another', 10);
  expect(some.rooms().map(({ webhook }) => webhook)).toEqual(['another']);
});

test('leaving tells whether the webhook was full', () => {
  const some = lanes(10, 2);
  some.enter('a', '1');
  some.enter('a', '2');
  expect(some.leave('a', '1')).toBe(true);
  expect(some.leave('a', '2')).toBe(false);
});
