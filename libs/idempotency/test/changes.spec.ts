import { createHash } from 'node:crypto';
import { create, equals } from '@bufbuild/protobuf';
import { CursorSchema, PageMetaSchema } from '@tonegrid/contracts';
import { openData, runMigrations, tenancyFunctions, tenantTable, type Data, type Tx } from '@tonegrid/data';
import { invalid, Refused } from '@tonegrid/errors';
import { startPostgres, type RunningPostgres, type TestDatabase } from '@tonegrid/testing';
import { Client } from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { Changes, derivedKey, idempotencyTable, sweepIdempotency, type ChangingCaller } from '../src';

class Tables implements MigrationInterface {
  name = 'Tables1764000000001';
  async up(runner: QueryRunner) {
    for (const statement of [
      ...tenancyFunctions(),
      'create table song (uuid uuid primary key, tenant_uuid uuid not null, title text not null, constraint song_title unique (tenant_uuid, title))',
      ...tenantTable('song'),
      ...idempotencyTable(),
    ])
      await runner.query(statement);
  }
  async down() {
    throw new Error('forward only');
  }
}

let postgres: RunningPostgres;
let database: TestDatabase;
let data: Data;
let changes: Changes;

const begin = async (own: boolean) => {
  postgres = await startPostgres({ own });
  database = await postgres.createDatabase('changes');
  await runMigrations({ url: database.migrationUrl, appRole: database.appRole, migrations: [Tables] });
  data = await openData({ url: database.url, poolSize: 60 });
  changes = new Changes(data);
};
const end = async () => {
  await data?.close();
  await postgres?.stop();
};

const callerWith = (key: string | undefined, more: { tenantUuid?: string; route?: string; bodyHash?: string } = {}): ChangingCaller => ({
  tenantUuid: more.tenantUuid ?? '018f0000-0000-7000-8000-000000000001',
  idempotency: key === undefined ? undefined : { key, route: more.route ?? 'POST /songs', bodyHash: more.bodyHash ?? 'aa' },
  answer: { replayed: false },
});
const addSong = (title: string) => async (tx: Tx) => {
  const id = uuid();
  await tx.query('insert into song (uuid, tenant_uuid, title) values ($1, $2, $3)', [id, tx.tenantUuid, title]);
  return { next: id, prev: title };
};
const songs = async (title: string) => (await data.system((tx) => tx.query('select 1 from song where title = $1', [title]))).length;
const run = (caller: ChangingCaller, work: (tx: Tx) => Promise<object>) => changes.run(caller, CursorSchema, work);

describe('a change with an Idempotency-Key', () => {
  beforeAll(() => begin(false));
  afterAll(end);

  it('is done once and answered with the same message again', async () => {
    const first = callerWith('once');
    const answer = await run(first, addSong('once'));
    expect(first.answer.replayed).toBe(false);
    const second = callerWith('once');
    const again = await run(second, () => Promise.reject(new Error('run twice')));
    expect(second.answer.replayed).toBe(true);
    expect(equals(CursorSchema, create(CursorSchema, answer), create(CursorSchema, again))).toBe(true);
    expect(await songs('once')).toBe(1);
  });

  it('is done every time without a key', async () => {
    await run(callerWith(undefined), addSong('free 1'));
    const caller = callerWith(undefined);
    await run(caller, addSong('free 2'));
    expect(caller.answer.replayed).toBe(false);
  });

  it('is refused with another body or on another route', async () => {
    await run(callerWith('mismatch'), addSong('mismatch'));
    for (const other of [{ bodyHash: 'bb' }, { route: 'PUT /songs/:uuid' }]) {
      await expect(run(callerWith('mismatch', other), addSong('never'))).rejects.toMatchObject({
        code: 'idempotency.key_mismatch',
        status: 422,
        message: 'Idempotency-Key reused with a different request body.',
      });
    }
    expect(await songs('never')).toBe(0);
  });

  it("does not meet another tenant's change with the same key", async () => {
    const answer = await run(callerWith('shared'), addSong('ours'));
    const caller = callerWith('shared', { tenantUuid: '018f0000-0000-7000-8000-000000000002', bodyHash: 'cc' });
    const other = await run(caller, addSong('theirs'));
    expect(caller.answer.replayed).toBe(false);
    expect(other.next).not.toBe(answer.next);
  });

  it('is refused with 409 and Retry-After while the first call runs, and replayed when it is done', async () => {
    let finish = () => {};
    let started = () => {};
    const running = new Promise<void>((resolve) => (started = resolve));
    const first = run(callerWith('slow'), async (tx) => {
      started();
      await new Promise<void>((resolve) => (finish = resolve));
      return addSong('slow')(tx);
    });
    await running;
    await expect(run(callerWith('slow'), addSong('slow'))).rejects.toMatchObject({
      code: 'idempotency.in_progress',
      status: 409,
      retryAfterSeconds: 1,
    });
    finish();
    const answer = await first;
    const caller = callerWith('slow');
    expect((await run(caller, addSong('slow'))).next).toBe(answer.next);
    expect(caller.answer.replayed).toBe(true);
  });

  it('gives one change for fifty concurrent twins, each answered in the end', async () => {
    let runs = 0;
    const twin = async () => {
      for (;;) {
        try {
          return await run(callerWith('twins'), (tx) => {
            runs += 1;
            return addSong('twins')(tx);
          });
        } catch (error) {
          if (!(error instanceof Refused && error.code === 'idempotency.in_progress')) throw error;
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }
    };
    const answers = await Promise.all(Array.from({ length: 50 }, twin));
    expect(new Set(answers.map(({ next }) => next)).size).toBe(1);
    expect(await songs('twins')).toBe(1);
    expect(runs).toBe(1);
  });

  it('does not run the change when a twin has committed just before the lock was got', async () => {
    let twins = 0;
    const caller = callerWith('overtaken');
    const { tenantUuid } = caller;
    const keyHash = createHash('sha256').update(tenantUuid).update(caller.idempotency!.key).digest();
    const overtaken: Data = Object.create(data, {
      transaction: {
        value: (who: ChangingCaller, work: (tx: Tx) => Promise<unknown>) =>
          data.transaction(who, (tx) => {
            const batch: Tx['batch'] = async (statements) => {
              if (twins++ === 0) {
                const admin = new Client({ connectionString: database.adminUrl });
                await admin.connect();
                await admin.query(
                  `insert into idempotency (tenant_uuid, key_hash, route, body_hash, answer_type, answer) values ($1, $2, 'POST /songs', 'aa', $3, '')`,
                  [tenantUuid, keyHash, CursorSchema.typeName],
                );
                await admin.end();
              }
              return tx.batch(statements);
            };
            return work(Object.create(tx, { batch: { value: batch } }) as Tx);
          }),
      },
    });
    const answer = await new Changes(overtaken).run(caller, CursorSchema, () => Promise.reject(new Error('run twice')));
    expect(caller.answer.replayed).toBe(true);
    expect(answer.next).toBeUndefined();
    expect(await songs('overtaken')).toBe(0);
  });

  it('replays a refusal that the operation decided, fields and all, and undoes what the operation had written', async () => {
    const refuse = async (tx: Tx) => {
      await addSong('half done')(tx);
      throw invalid({ 'tracks.1.isrc': ['The tracks.1.isrc is taken.'] });
    };
    await expect(run(callerWith('refused'), refuse)).rejects.toMatchObject({ code: 'validation.failed' });
    expect(await songs('half done')).toBe(0);
    const caller = callerWith('refused');
    await expect(run(caller, addSong('half done'))).rejects.toMatchObject({
      code: 'validation.failed',
      status: 422,
      fields: { 'tracks.1.isrc': ['The tracks.1.isrc is taken.'] },
    });
    expect(caller.answer.replayed).toBe(true);
  });

  it('keeps the key free when the refusal says when to come again', async () => {
    const tooEarly = () => Promise.reject(new Refused('release.audio_processing', { retryAfterSeconds: 5 }));
    await expect(run(callerWith('early'), tooEarly)).rejects.toMatchObject({ code: 'release.audio_processing', retryAfterSeconds: 5 });
    const caller = callerWith('early');
    await run(caller, addSong('at last'));
    expect(caller.answer.replayed).toBe(false);
  });

  it('replays a refusal that came of a failed statement', async () => {
    await run(callerWith(undefined), addSong('taken'));
    const work = async (tx: Tx) => {
      try {
        return await addSong('taken')(tx);
      } catch {
        throw new Refused('release.upc_taken', { params: { upc: '036000291452' }, field: 'upc' });
      }
    };
    for (const replayed of [false, true]) {
      const caller = callerWith('conflict');
      await expect(run(caller, work)).rejects.toMatchObject({
        code: 'release.upc_taken',
        message: 'Another release already has the UPC 036000291452.',
      });
      expect(caller.answer.replayed).toBe(replayed);
    }
  });

  it('leaves the key free after 401, 403, 429, 5xx and bugs', async () => {
    const failures = [
      new Refused('auth.token_missing'),
      new Refused('auth.scope_missing', { params: { scope: 'x' } }),
      new Refused('rate_limit.exceeded'),
      new Refused('service.unavailable'),
      new Refused('idempotency.in_progress'),
      new TypeError('a bug'),
    ];
    for (const [n, failure] of failures.entries()) {
      await expect(run(callerWith(`free ${n}`), () => Promise.reject(failure))).rejects.toBe(failure);
      const caller = callerWith(`free ${n}`);
      await run(caller, addSong(`after ${n}`));
      expect(caller.answer.replayed).toBe(false);
    }
  });

  it('may be repeated with a new body after 24 hours, swept or not', async () => {
    const age = (hours: number) =>
      data.system((tx) =>
        tx.query(`update idempotency set created_at = now() - make_interval(hours => $1) where body_hash = 'old'`, [hours]),
      );
    await run(callerWith('old', { bodyHash: 'old' }), addSong('old 1'));
    await age(23);
    await expect(run(callerWith('old', { bodyHash: 'new' }), addSong('old 2'))).rejects.toMatchObject({ code: 'idempotency.key_mismatch' });
    await age(24);
    const caller = callerWith('old', { bodyHash: 'new' });
    await run(caller, addSong('old 2'));
    expect(caller.answer.replayed).toBe(false);
    await run(callerWith('swept', { bodyHash: 'old' }), addSong('old 3'));
    await age(25);
    const before = await data.system((tx) => tx.query('select 1 from idempotency'));
    expect(await sweepIdempotency(data, 1)).toBe(1);
    expect(await data.system((tx) => tx.query('select 1 from idempotency'))).toHaveLength(before.length - 1);
    await run(callerWith('swept', { bodyHash: 'newer' }), addSong('old 4'));
  });

  it('refuses to read an answer as another message, and gives steps of one request keys of their own', async () => {
    const caller = callerWith('steps');
    await run(derivedKey(caller, 'one'), addSong('step 1'));
    await run(derivedKey(caller, 'two'), addSong('step 2'));
    expect(await songs('step 1')).toBe(1);
    expect(await songs('step 2')).toBe(1);
    await expect(changes.run(derivedKey(caller, 'one'), PageMetaSchema, async () => create(PageMetaSchema))).rejects.toThrow(
      'one Idempotency-Key for two changes',
    );
    expect(derivedKey(callerWith(undefined), 'one').idempotency).toBeUndefined();
  });
});

describe('a change whose database dies', () => {
  beforeAll(() => begin(true));
  afterAll(end);

  it('is replayed when it had committed before its answer was lost', async () => {
    // The commit reaches the server and succeeds, but the answer to it does not come back: the server is killed first.
    const cut: Data = Object.create(data, {
      transaction: {
        value: async (caller: ChangingCaller, work: (tx: Tx) => Promise<unknown>) => {
          await data.transaction(caller, work);
          await postgres.kill9();
          throw new Refused('service.unavailable');
        },
      },
    });
    await expect(new Changes(cut).run(callerWith('lost'), CursorSchema, addSong('lost'))).rejects.toMatchObject({
      code: 'service.unavailable',
    });
    await expect(run(callerWith('lost'), addSong('lost'))).rejects.toMatchObject({ code: 'service.unavailable', status: 503 });
    await postgres.restart();
    const caller = callerWith('lost');
    expect((await run(caller, () => Promise.reject(new Error('run twice')))).prev).toBe('lost');
    expect(caller.answer.replayed).toBe(true);
    expect(await songs('lost')).toBe(1);
  });

  it('is done exactly once each, however often it is killed under load and retried', async () => {
    let over = false;
    let unavailable = 0;
    const retried = async (title: string) => {
      for (;;) {
        try {
          return await run(callerWith(title), addSong(title));
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
          if (error.code === 'service.unavailable') unavailable += 1;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    };
    const done: string[] = [];
    const workers = Array.from({ length: 8 }, async (_, worker) => {
      for (let n = 0; !over; n++) {
        const title = `load ${worker} ${n}`;
        await retried(title);
        done.push(title);
      }
    });
    for (let kill = 0; kill < 3; kill++) {
      await new Promise((resolve) => setTimeout(resolve, 400));
      await postgres.kill9();
      await postgres.restart();
    }
    over = true;
    await Promise.all(workers);
    const stored = await data.system((tx) => tx.query<{ title: string }>("select title from song where title like 'load %'"));
    expect(stored.map(({ title }) => title).sort()).toEqual(done.sort());
    expect(unavailable).toBeGreaterThan(0);
  });
});
