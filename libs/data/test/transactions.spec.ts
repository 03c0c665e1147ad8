import { connect, createServer, type AddressInfo } from 'node:net';
import { pause, startPostgres, waitFor, type RunningPostgres, type TestDatabase } from '@tonegrid/testing';
import { metrics } from '@tonegrid/rpc';
import { v7 as uuid } from 'uuid';
import { isForeignKeyViolation, isUniqueViolation, openData, runMigrations, type Data, type Tx } from '../src';
import { Catalogue, Song } from './song.migrations';

const ours = { tenantUuid: '018f0000-0000-7000-8000-000000000001' };
const unavailable = { code: 'service.unavailable', status: 503, message: 'Service temporarily unavailable.' };

let postgres: RunningPostgres;
let database: TestDatabase;
let data: Data;

beforeAll(async () => {
  postgres = await startPostgres({ own: true });
  database = await postgres.createDatabase('transactions');
  await runMigrations({ url: database.migrationUrl, appRole: database.appRole, migrations: [Catalogue] });
  data = await openData({ url: database.url, entities: [Song], poolSize: 4 });
});
afterAll(async () => {
  await data?.close();
  await postgres?.stop();
});

const titles = async () => (await data.read<{ title: string }>(ours, 'select title from song')).map((row) => row.title);
const add = (tx: Tx, title: string, id = uuid()) =>
  tx.query('insert into song (uuid, tenant_uuid, title) values ($1, $2, $3)', [id, tx.tenantUuid, title]);

describe('a transaction', () => {
  it('commits what its work did by SQL and by TypeORM together', async () => {
    await data.transaction(ours, async (tx) => {
      await add(tx, 'by sql');
      await tx.manager.insert(Song, { uuid: uuid(), tenantUuid: tx.tenantUuid, title: 'by typeorm' });
      expect(await tx.manager.countBy(Song, { title: 'by sql' })).toBe(1);
    });
    expect(await titles()).toEqual(expect.arrayContaining(['by sql', 'by typeorm']));
  });

  it('undoes all of it when its work throws, and throws that error', async () => {
    const bug = new Error('a bug');
    const failing = data.transaction(ours, async (tx) => {
      await add(tx, 'undone');
      await tx.manager.insert(Song, { uuid: uuid(), tenantUuid: tx.tenantUuid, title: 'undone too' });
      throw bug;
    });
    await expect(failing).rejects.toBe(bug);
    expect(await titles()).not.toEqual(expect.arrayContaining([expect.stringContaining('undone')]));
  });

  it('as a snapshot sees everything as of one moment, and writes nothing', async () => {
    const count = { text: 'select count(*)::int as n from song' };
    const reading = data.snapshot(ours, [count, { text: 'select pg_sleep(1.5)' }, count]);
    await pause(300);
    await data.transaction(ours, (other) => add(other, 'meanwhile'));
    const [before, , after] = (await reading) as { n: number }[][];
    expect(after).toEqual(before);
    expect(await titles()).toContain('meanwhile');
    const writing = {
      text: 'insert into song (uuid, tenant_uuid, title) values ($1, $2, $3)',
      values: [uuid(), ours.tenantUuid, 'written'],
    };
    await expect(data.snapshot(ours, [count, writing])).rejects.toMatchObject({ code: '25006' });
    expect(await data.snapshot(ours, [count])).toEqual([[{ n: before![0]!.n + 1 }]]);
    expect(await data.snapshot({ tenantUuid: uuid() }, [count])).toEqual([[{ n: 0 }]]);
  });

  it('undoes a savepoint alone, also one of TypeORM', async () => {
    await data.transaction(ours, async (tx) => {
      await add(tx, 'before');
      await expect(tx.savepoint(async () => (await add(tx, 'within'), tx.query('select 1/0')))).rejects.toThrow('division by zero');
      await expect(
        tx.manager.transaction(async (nested) => {
          await nested.insert(Song, { uuid: uuid(), tenantUuid: tx.tenantUuid, title: 'within' });
          throw new Error('no');
        }),
      ).rejects.toThrow('no');
      await tx.savepoint(() => add(tx, 'after'));
    });
    expect(await titles()).toEqual(expect.arrayContaining(['before', 'after']));
    expect(await titles()).not.toContain('within');
  });

  it('does not pretend to have committed when the work swallowed a failed statement', async () => {
    const swallowing = data.transaction(ours, async (tx) => {
      await add(tx, 'swallowed');
      await tx.query('select 1/0').catch(() => undefined);
    });
    await expect(swallowing).rejects.toThrow('rolled back');
    expect(await titles()).not.toContain('swallowed');
  });

  it('calls back after its commit alone, and a failing callback does not undo the answer', async () => {
    const called: string[] = [];
    const answer = await data.transaction(ours, async (tx) => {
      tx.afterCommit(() => {
        throw new Error('a failing hint');
      });
      tx.afterCommit(() => void called.push('committed'));
      await add(tx, 'told');
      expect(called).toEqual([]);
      return 'done';
    });
    expect(answer).toBe('done');
    const failing = data.transaction(ours, async (tx) => {
      tx.afterCommit(() => void called.push('never'));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(called).toEqual(['committed']);
  });

  it('cannot be used when it is over', async () => {
    let kept!: Tx;
    await data.transaction(ours, async (tx) => {
      kept = tx;
      await tx.manager.count(Song);
    });
    await expect(kept.query('select 1')).rejects.toThrow('over');
    await expect(kept.savepoint(async () => 1)).rejects.toThrow('over');
    expect(() => kept.manager).toThrow('over');
  });

  it('tells unique and foreign key violations by name', async () => {
    const id = uuid();
    await data.transaction(ours, (tx) => add(tx, 'twice', id));
    const bySql = await data.transaction(ours, (tx) => add(tx, 'twice', id)).catch((error: unknown) => error);
    const byManager = await data
      .transaction(ours, (tx) => tx.manager.insert(Song, { uuid: id, tenantUuid: tx.tenantUuid, title: 'x' }))
      .catch((error: unknown) => error);
    for (const error of [bySql, byManager]) {
      expect(isUniqueViolation(error)).toBe(true);
      expect(isUniqueViolation(error, 'song_pkey')).toBe(true);
      expect(isUniqueViolation(error, 'song_title')).toBe(false);
    }
    const orphan = await data
      .transaction(ours, (tx) =>
        tx.query('insert into verse (uuid, tenant_uuid, song_uuid) values ($1, $2, $3)', [uuid(), tx.tenantUuid, uuid()]),
      )
      .catch((error: unknown) => error);
    expect(isForeignKeyViolation(orphan, 'verse_song')).toBe(true);
    expect(isUniqueViolation(new Error('other'))).toBe(false);
  });

  it('is run again when it meets a deadlock, and both sides come through', async () => {
    await data.system((tx) => tx.query("insert into counter values ('a', 0), ('b', 0)"));
    let [runs, locked] = [0, 0];
    const both = (first: string, second: string) =>
      data.transaction(ours, async (tx) => {
        runs += 1;
        await tx.query('update counter set value = value + 1 where name = $1', [first]);
        locked += 1;
        // Each of the first two holds one row and is about to want the other's.
        if (locked <= 2) await waitFor(() => locked >= 2);
        await tx.query('update counter set value = value + 1 where name = $1', [second]);
      });
    await Promise.all([both('a', 'b'), both('b', 'a')]);
    expect(runs).toBe(3);
    expect(await data.read(ours, 'select value from counter order by name')).toEqual([{ value: 2 }, { value: 2 }]);
  });

  it('is given up as unavailable when PostgreSQL undoes it each time', async () => {
    let runs = 0;
    const hopeless = data.transaction(ours, async (tx) => {
      runs += 1;
      await tx.query(`do $$ begin raise exception 'as if' using errcode = '40001'; end $$`);
    });
    await expect(hopeless).rejects.toMatchObject(unavailable);
    expect(runs).toBe(4);
  });
});

describe('a database that goes away', () => {
  it('is service.unavailable for everything under way and after, and is found again without help', async () => {
    const running = data.transaction(ours, async (tx) => {
      await add(tx, 'interrupted');
      await tx.query('select pg_sleep(30)');
    });
    const reading = data.read(ours, 'select pg_sleep(30)');
    const settled = Promise.allSettled([running, reading]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await postgres.kill9();
    for (const outcome of await settled) expect(outcome).toMatchObject({ status: 'rejected', reason: unavailable });
    await expect(data.ping()).rejects.toMatchObject(unavailable);
    await expect(data.read(ours, 'select 1')).rejects.toMatchObject(unavailable);
    await expect(data.transaction(ours, (tx) => add(tx, 'never'))).rejects.toMatchObject(unavailable);
    const late = openData({ url: database.url });
    await postgres.restart();
    await (await late).close();
    await data.ping();
    expect(await titles()).not.toContain('interrupted');
    await data.transaction(ours, (tx) => add(tx, 'back again'));
    expect(await titles()).toContain('back again');
  });

  it('is service.unavailable when it does not come at start', async () => {
    await expect(openData({ url: 'postgresql://x@127.0.0.1:9/x', startTimeout: 300 })).rejects.toMatchObject(unavailable);
  });

  it('is service.unavailable when no connection gets free in time, and the waiting ones are served afterwards', async () => {
    const narrow = await openData({ url: database.url, poolSize: 1, connectTimeout: 200 });
    const long = narrow.read(ours, 'select pg_sleep(0.6)');
    await waitFor(async () => /state="busy"} [1-9]/.test(await metrics.registry.getSingleMetricAsString('database_pool_connections')));
    await expect(narrow.read(ours, 'select 1')).rejects.toMatchObject(unavailable);
    await long;
    expect(await narrow.read(ours, 'select 1 as one')).toEqual([{ one: 1 }]);
    await narrow.close();
  });

  it('ends a statement that takes too long without losing the connection', async () => {
    const strict = await openData({ url: database.url, poolSize: 1, statementTimeout: 200 });
    await expect(strict.read(ours, 'select pg_sleep(5)')).rejects.toMatchObject({ code: '57014' });
    await expect(strict.transaction(ours, (tx) => tx.query('select pg_sleep(5)'))).rejects.toMatchObject({ code: '57014' });
    expect(await strict.read(ours, 'select 1 as one')).toEqual([{ one: 1 }]);
    await strict.close();
  });

  it('is service.unavailable when the server no longer answers, and another connection is made', async () => {
    const { hostname, port } = new URL(database.url);
    let passing = true;
    const between = createServer((client) => {
      const server = connect(Number(port), hostname);
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        from.on('data', (bytes) => void (passing && to.write(bytes)));
        from.on('error', () => to.destroy());
        from.on('close', () => to.destroy());
      }
    });
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
    const url = Object.assign(new URL(database.url), { hostname: '127.0.0.1', port: String((between.address() as AddressInfo).port) });
    const remote = await openData({ url: url.href, poolSize: 1, statementTimeout: 200 });
    try {
      expect(await remote.read(ours, 'select 1 as one')).toEqual([{ one: 1 }]);
      passing = false;
      await expect(remote.transaction(ours, (tx) => tx.query('select 1'))).rejects.toMatchObject(unavailable);
      passing = true;
      expect(await remote.read(ours, 'select 1 as one')).toEqual([{ one: 1 }]);
    } finally {
      await remote.close();
      between.close();
    }
  }, 60_000);
});
