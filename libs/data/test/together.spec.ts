import { AsyncLocalStorage } from 'node:async_hooks';
import { startPostgres, type RunningPostgres } from '@tonegrid/testing';
import { v7 as uuid } from 'uuid';
import { isUniqueViolation, openData, runMigrations, Together, type Data, type Tx } from '../src';
import { Catalogue, Song } from './song.migrations';

const ours = { tenantUuid: '018f0000-0000-7000-8000-000000000001' };
const theirs = { tenantUuid: '018f0000-0000-7000-8000-000000000002' };

let postgres: RunningPostgres;
let data: Data;

beforeAll(async () => {
  postgres = await startPostgres({ own: true });
  const database = await postgres.createDatabase('together');
  await runMigrations({ url: database.migrationUrl, appRole: database.appRole, migrations: [Catalogue] });
  data = await openData({ url: database.url, entities: [Song], poolSize: 4 });
});
afterAll(async () => {
  await data?.close();
  await postgres?.stop();
});

interface Item {
  uuid: string;
  title: string;
}

/** Adds songs; answers each title with the transaction it was written in. Notes how many came in each. */
function adding(most?: number) {
  const sizes: number[] = [];
  const together = new Together<Item, string>(
    data,
    async (tx: Tx, items) => {
      sizes.push(items.length);
      const [row] = await tx.query<{ id: string }>('select txid_current()::text as id');
      await tx.query('insert into song (uuid, tenant_uuid, title) select u, $1, t from unnest($2::uuid[], $3::text[]) s (u, t)', [
        tx.tenantUuid,
        items.map((item) => item.uuid),
        items.map((item) => item.title),
      ]);
      if (items.some(({ title }) => title === 'bad')) throw new Error('a bad one');
      return items.map(({ title }) => `${title} ${row!.id}`);
    },
    most,
  );
  return { together, sizes };
}
const song = (title: string): Item => ({ uuid: uuid(), title });
const titles = async (tenant = ours) => (await data.read<{ title: string }>(tenant, 'select title from song')).map((row) => row.title);

test('what comes at once or while a transaction runs shares the next, each with its own answer, and tenants never share', async () => {
  const { together, sizes } = adding();
  const first = ['a', 'b', 'c'].map((title) => together.run(ours, song(title)));
  const other = together.run(theirs, song('theirs'));
  await new Promise((resolve) => setImmediate(resolve));
  const second = ['d', 'e'].map((title) => together.run(ours, song(title)));
  const answers = (await Promise.all([...first, ...second])).map((answer) => answer.split(' '));
  expect(answers.map(([title]) => title)).toEqual(['a', 'b', 'c', 'd', 'e']);
  const [a, b, c, d, e] = answers.map(([, id]) => id);
  expect([b, c]).toEqual([a, a]);
  expect(e).toBe(d);
  expect(d).not.toBe(a);
  expect((await other).startsWith('theirs ')).toBe(true);
  expect(sizes.sort()).toEqual([1, 2, 3]);
  expect(await titles(theirs)).toEqual(['theirs']);
});

test('no more than so many share a transaction', async () => {
  const { together, sizes } = adding(2);
  await Promise.all(['1', '2', '3', '4', '5'].map((title) => together.run(ours, song(title))));
  expect(sizes).toEqual([2, 2, 1]);
});

test('one that fails undoes nobody else, and each hears of its own error alone', async () => {
  const { together } = adding();
  const twin = song('twin');
  const outcomes = await Promise.allSettled([song('good'), song('bad'), twin, twin].map((item) => together.run(ours, item)));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
  expect((outcomes[1] as PromiseRejectedResult).reason).toMatchObject({ message: 'a bad one' });
  expect(isUniqueViolation((outcomes[3] as PromiseRejectedResult).reason)).toBe(true);
  expect(await titles()).toEqual(expect.arrayContaining(['good', 'twin']));
  expect(await titles()).not.toContain('bad');
});

test('with the database away nothing is tried one by one: it is not known what was committed', async () => {
  const { together, sizes } = adding();
  await postgres.kill9();
  const outcomes = await Promise.allSettled(['x', 'y'].map((title) => together.run(ours, song(title))));
  expect(outcomes.map((outcome) => ((outcome as PromiseRejectedResult).reason as { code: string }).code)).toEqual([
    'service.unavailable',
    'service.unavailable',
  ]);
  expect(sizes.length).toBeLessThanOrEqual(1);
  await postgres.restart();
  await expect(together.run(ours, song('back'))).resolves.toMatch(/^back /);
});

test('a batch runs in the context of whoever came first in it', async () => {
  const who = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const together = new Together<string, string>(data, async (tx, items) => {
    await tx.query('select pg_sleep(0.05)');
    seen.push(who.getStore());
    return items;
  });
  const run = (name: string) => who.run(name, () => together.run(ours, name));
  const running = [run('first'), run('second')];
  await new Promise((resolve) => setTimeout(resolve, 20));
  running.push(run('third'), run('fourth'));
  await Promise.all(running);
  expect(seen).toEqual(['first', 'third']);
});
