import { Client } from 'pg';
import { pause, waitFor } from '@tonegrid/testing';
import { Api, startPlatform, type Answer, type Platform } from '../src';

// The whole proof takes some minutes: IDEMPOTENCY_PROOF=full npx jest e2e/dist/test/idempotency
const full = process.env['IDEMPOTENCY_PROOF'] === 'full';
const keys = full ? 1_000 : 100;
const twins = full ? 64 : 16;
/** Keys whose twins are sent at the same time. */
const abreast = full ? 2 : 8;
/** Seconds that the handler is held up, half of them in its insert and half in its commit: in full longer than the gateway waits for a service. */
const slow = full ? 30 : 3;

/** By this advisory lock it is seen from outside that a handler, or a commit, is being held up. */
const mark = 4711;

let platform: Platform;
let api: Api;
let owner: Client;

beforeAll(async () => {
  platform = await startPlatform();
  api = new Api(platform.url, platform.key);
  owner = new Client({ connectionString: platform.databaseUrl('catalog') });
  owner.on('error', () => undefined);
  await owner.connect();
  await owner.query(`set tonegrid.tenant = '*'`);
  // Holds up the handler of whoever is called so: in the middle of its transaction, or in its very commit.
  await owner.query(`
    create function hold_up() returns trigger language plpgsql as $$
    begin
      if new.name like 'Slow %' then
        if tg_name = 'hold_up_insert' then perform pg_advisory_xact_lock_shared(${mark}, 1); end if;
        perform pg_sleep(${slow / 2});
      elsif new.name like 'Commits slowly %' and tg_name = 'hold_up_commit' then
        perform pg_advisory_xact_lock_shared(${mark}, 2);
        perform pg_sleep(3);
      end if;
      return new;
    end $$`);
  await owner.query('create trigger hold_up_insert before insert on artists for each row execute function hold_up()');
  await owner.query(
    'create constraint trigger hold_up_commit after insert on artists deferrable initially deferred for each row execute function hold_up()',
  );
}, 120_000);

afterAll(async () => {
  await owner?.end();
  await platform?.stop();
});

const effects = async (pattern: string): Promise<Record<string, number>> => {
  const { rows } = await owner.query<{ name: string; count: string }>(
    'select name, count(*) from artists where name like $1 group by name',
    [pattern],
  );
  return Object.fromEntries(rows.map(({ name, count }) => [name, Number(count)]));
};
const heldUp = async (what: 'handler' | 'commit'): Promise<number> =>
  (
    await owner.query(`select 1 from pg_locks where locktype = 'advisory' and classid = ${mark} and objid = $1`, [
      what === 'handler' ? 1 : 2,
    ])
  ).rows.length;
const create = (name: string, options: { persistent?: boolean } = {}) =>
  api.post('/artists', { name }, { idempotencyKey: `artist.${name}`, ...options });

/** One of many equal requests: it comes again while the first runs, or a service has too much to do, as its Retry-After says (but sooner). */
async function twin(name: string, seen: Answer[]): Promise<Answer> {
  for (;;) {
    const answer = await create(name);
    if (answer.body.code === 'idempotency.in_progress') seen.push(answer);
    else if (answer.status !== 503) return answer;
    await pause(20 + Math.random() * 80);
  }
}

test(
  `${keys} keys, ${twins} equal requests at once for each: one effect each, and the same bytes for everybody`,
  async () => {
    const waited: Answer[] = [];
    const names = Array.from({ length: keys }, (_, n) => `Twin ${n}`);
    const bodies = new Map<string, Set<string>>();
    const replays = new Map<string, number>();
    const began = Date.now();
    const next = names[Symbol.iterator]();
    await Promise.all(
      Array.from({ length: abreast }, async () => {
        for (const name of next) {
          const answers = await Promise.all(Array.from({ length: twins }, () => twin(name, waited)));
          expect(answers.map(({ status }) => status)).toEqual(Array(twins).fill(201));
          bodies.set(name, new Set(answers.map(({ text }) => text)));
          replays.set(name, answers.filter(({ headers }) => headers.get('x-tonegrid-idempotent-replay') === 'true').length);
        }
      }),
    );
    if (full)
      process.stdout.write(
        `${keys} x ${twins}: ${keys * twins + waited.length} requests in ${Math.round((Date.now() - began) / 1000)} s, ${waited.length} answered 409\n`,
      );
    expect(await effects('Twin %')).toEqual(Object.fromEntries(names.map((name) => [name, 1])));
    expect([...bodies.values()].every((texts) => texts.size === 1)).toBe(true);
    expect([...replays.values()]).toEqual(Array(keys).fill(twins - 1));
    expect(waited.every(({ status, headers }) => status === 409 && Number(headers.get('retry-after')) >= 1)).toBe(true);
  },
  full ? 3_600_000 : 120_000,
);

test('fifty at once give one change and the same bytes', async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, () => twin('Fifty', [])));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(await effects('Fifty')).toEqual({ Fifty: 1 });
});

test(`a handler that takes ${slow} s is run once, whoever comes meanwhile`, async () => {
  const names = Array.from({ length: full ? 4 : 2 }, (_, n) => `Slow ${n}`);
  const working = names.map((name) => create(name, { persistent: true }));
  await waitFor(async () => (await heldUp('handler')) === names.length, { timeout: 20_000, what: 'all of them at work' });
  for (const name of names) expect((await create(name)).body.code).toBe('idempotency.in_progress');
  // Whose patience ends before the handler does comes again with the same key.
  const others = names.map((name) => Array.from({ length: full ? 16 : 6 }, () => create(name, { persistent: true })));
  const answers = await Promise.all(names.map((_, n) => Promise.all([working[n]!, ...others[n]!])));
  for (const each of answers) {
    expect(each.map(({ status }) => status)).toEqual(each.map(() => 201));
    expect(new Set(each.map(({ text }) => text)).size).toBe(1);
  }
  expect(await effects('Slow %')).toEqual(Object.fromEntries(names.map((name) => [name, 1])));
}, 240_000);

test('a service that is killed with -9 between its commit and its reply has done it once, and says the same to who comes again', async () => {
  const names = Array.from({ length: full ? 5 : 2 }, (_, n) => `Commits slowly ${n}`);
  const answers: Answer[] = [];
  for (const name of names) {
    const answer = create(name, { persistent: true });
    // COMMIT is under way on the server; the service that asked for it does not live to hear of it.
    await waitFor(async () => (await heldUp('commit')) > 0, { timeout: 20_000, what: 'a commit under way' });
    await platform.kill9('catalog');
    await platform.start('catalog');
    answers.push(await answer);
  }
  expect(answers.map(({ status }) => status)).toEqual(names.map(() => 201));
  expect(answers.map(({ headers }) => headers.get('x-tonegrid-idempotent-replay'))).toEqual(names.map(() => 'true'));
  expect(answers.map(({ body }) => body.artist.name)).toEqual(names);
  expect(await effects('Commits slowly %')).toEqual(Object.fromEntries(names.map((name) => [name, 1])));
}, 400_000);

test('gateway and service killed with -9 at any moment under load leave one effect for each key', async () => {
  let over = false;
  const done: string[] = [];
  const working = Array.from({ length: 6 }, async (_, worker) => {
    for (let n = 0; !over; n += 1) {
      const name = `Killed ${worker} ${n}`;
      const answer = await create(name, { persistent: true });
      if (answer.status !== 201) throw new Error(`HTTP ${answer.status} ${answer.text}`);
      done.push(name);
    }
  });
  for (const service of full ? (['catalog', 'gateway', 'catalog', 'gateway', 'catalog'] as const) : (['catalog', 'gateway'] as const)) {
    await pause(300 + Math.random() * 300);
    await platform.kill9(service);
    await platform.start(service);
  }
  await pause(300);
  over = true;
  await Promise.all(working);
  expect(done.length).toBeGreaterThan(6);
  expect(await effects('Killed %')).toEqual(Object.fromEntries(done.map((name) => [name, 1])));
}, 400_000);
