import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'nats';
import { Client } from 'pg';
import { freePort, pause, startNats, startPostgres, startProcess, waitFor } from '../src';

const query = async (url: string, sql: string) => {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
};
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('startPostgres', () => {
  it('gives databases with an owner and a role that owns nothing', async () => {
    const postgres = await startPostgres();
    const one = await postgres.createDatabase('one');
    const two = await postgres.createDatabase('one');
    expect(one.name).not.toBe(two.name);
    await query(one.migrationUrl, 'create table t (x int)');
    await expect(query(one.url, 'select * from t')).rejects.toMatchObject({ code: '42501' });
    await expect(query(one.url, 'create table u (x int)')).rejects.toMatchObject({ code: '42501' });
    await expect(query(one.url.replace(/\/[^/]*$/, `/${two.name}`), 'select 1')).rejects.toMatchObject({ code: '42501' });
    expect(await query(one.adminUrl, 'select count(*)::int as n from t')).toEqual([{ n: 0 }]);
    await postgres.stop();
    await expect(query(one.adminUrl, 'select 1')).rejects.toBeDefined();
  });

  it('does not let a suite kill the server that all share', async () => {
    const postgres = await startPostgres();
    expect(() => postgres.kill9()).toThrow('own: true');
    await postgres.stop();
  });

  it('keeps what was committed when it is killed with -9, and leaves nothing behind when it is stopped', async () => {
    const postgres = await startPostgres({ own: true });
    const database = await postgres.createDatabase('durable');
    await query(database.migrationUrl, 'create table t as select 7 as x');
    expect(await query(postgres.adminUrl, 'show fsync')).toEqual([{ fsync: 'on' }]);
    await postgres.kill9();
    await expect(query(database.adminUrl, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await postgres.restart();
    expect(await query(database.migrationUrl, 'select x from t')).toEqual([{ x: 7 }]);
    const [{ folder, pid }] = (await query(
      postgres.adminUrl,
      `select current_setting('data_directory') as folder, split_part(pg_read_file('postmaster.pid'), e'\\n', 1)::int as pid`,
    )) as [{ folder: string; pid: number }];
    expect(isAlive(pid)).toBe(true);
    await postgres.stop();
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(folder)).toBe(false);
  });

  it('ends with the process that started it, also when that is killed with -9', async () => {
    const program = `
      const { startPostgres, startNats } = require(${JSON.stringify(require.resolve('../src'))});
      Promise.all([startPostgres({ own: true }), startNats()]).then(([p, n]) => console.log(JSON.stringify({ port: p.port, url: n.url, store: n.store })), console.error);
      setInterval(() => undefined, 1000);`;
    const starter = spawn(process.execPath, ['-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TONEGRID_TEST_SHARED: '' },
    });
    const facts = JSON.parse(String(await new Promise<Buffer>((resolve) => starter.stdout.once('data', resolve)))) as {
      port: number;
      url: string;
      store: string;
    };
    expect(await query(`postgresql://postgres@127.0.0.1:${facts.port}/postgres`, 'select 1 as one')).toEqual([{ one: 1 }]);
    starter.kill('SIGKILL');
    await waitFor(() => !existsSync(facts.store), { what: 'the store disappearing' });
    await waitFor(
      () =>
        query(`postgresql://postgres@127.0.0.1:${facts.port}/postgres`, 'select 1').then(
          () => false,
          () => true,
        ),
      { what: 'PostgreSQL ending' },
    );
    await expect(connect({ servers: facts.url, reconnect: false })).rejects.toBeDefined();
  });
});

describe('startNats', () => {
  it('keeps its streams when it is killed with -9 and started again', async () => {
    const nats = await startNats();
    const publish = async () => {
      const connection = await connect({ servers: nats.url });
      const manager = await connection.jetstreamManager();
      await manager.streams.add({ name: 'S', subjects: ['s.>'] });
      await connection.jetstream().publish('s.a', 'hello');
      const { state } = await manager.streams.info('S');
      await connection.close();
      return state.messages;
    };
    expect(await publish()).toBe(1);
    await nats.kill9();
    await expect(connect({ servers: nats.url, reconnect: false })).rejects.toBeDefined();
    await nats.restart();
    expect(await publish()).toBe(2);
    await nats.stop();
    expect(existsSync(nats.store)).toBe(false);
  });
});

describe('startProcess', () => {
  const server = (port: number, ready: string) => `
    console.log(JSON.stringify({ level: 30, msg: 'starting', secret: process.env.SECRET, home: process.env.JEST_WORKER_ID ?? null }));
    console.log('plain');
    let ok = false; setTimeout(() => { ok = ${ready} }, 150);
    require('http').createServer((q, r) => { r.statusCode = ok ? 200 : 503; r.end(); }).listen(${port}, '127.0.0.1');
    process.on('SIGTERM', () => { console.log('bye'); process.exit(3); });`;

  it('waits for readiness, captures the log, passes only the environment it was given, and ends on demand', async () => {
    const port = await freePort();
    const child = await startProcess({
      name: 'child',
      command: [process.execPath, '-e', server(port, 'true')],
      env: { SECRET: 'x' },
      ready: `http://127.0.0.1:${port}/readyz`,
    });
    expect(child.lines()).toEqual([{ level: 30, msg: 'starting', secret: 'x', home: null }]);
    expect(await child.stop()).toBe(3);
    expect(child.logs()).toMatch(/plain\nbye/);
    expect(isAlive(child.pid)).toBe(false);
    expect(await child.stop()).toBe(3);
  });

  it('kills with -9', async () => {
    const port = await freePort();
    const child = await startProcess({
      name: 'child',
      command: [process.execPath, '-e', server(port, 'true')],
      ready: `http://127.0.0.1:${port}/`,
    });
    await child.kill9();
    expect(await child.exited).toBe('SIGKILL');
    expect(child.logs()).not.toContain('bye');
  });

  it('says what was logged when the process ends before it is ready, or is not ready in time', async () => {
    const dying = startProcess({
      name: 'dying',
      command: [process.execPath, '-e', 'console.error("DATABASE_URL is missing"); process.exit(2)'],
      ready: 'http://127.0.0.1:9/',
    });
    await expect(dying).rejects.toThrow(/dying ended with 2 before it was ready\nDATABASE_URL is missing/);
    const port = await freePort();
    const slow = startProcess({
      name: 'slow',
      command: [process.execPath, '-e', server(port, 'false')],
      ready: `http://127.0.0.1:${port}/`,
      timeout: 500,
    });
    await expect(slow).rejects.toThrow(/slow becoming ready: not reached in 500 ms[^]*plain/);
    await expect(startProcess({ name: 'absent', command: ['/nonexistent/program'] })).rejects.toThrow('ENOENT');
  });
});

describe('waitFor', () => {
  it('gives what was waited for, and the last error when it did not come', async () => {
    let tries = 0;
    expect(await waitFor(() => (++tries > 2 ? 'there' : undefined))).toBe('there');
    await expect(waitFor(() => Promise.reject(new Error('not yet')), { timeout: 60, what: 'it' })).rejects.toThrow(
      'it: not reached in 60 ms (Error: not yet)',
    );
    await pause(1);
  });
});

describe('the PostgreSQL that a Jest run shares', () => {
  it('is started by the first suite that asks, once, and ends with Jest, also when that is killed with -9', async () => {
    const program = `
      require(${JSON.stringify(require.resolve('../src/global-setup'))}).default().then(async () => {
        const answers = await Promise.all([1, 2, 3].map(() => fetch(process.env.TONEGRID_TEST_SHARED).then((answer) => answer.text())));
        console.log(JSON.stringify(answers));
      });
      setInterval(() => undefined, 1000);`;
    const jest = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const urls = JSON.parse(String(await new Promise<Buffer>((resolve) => jest.stdout.once('data', resolve)))) as string[];
    expect(new Set(urls).size).toBe(1);
    const [{ folder }] = (await query(urls[0]!, "select current_setting('data_directory') as folder")) as [{ folder: string }];
    jest.kill('SIGKILL');
    await waitFor(() => !existsSync(folder), { what: 'the data directory disappearing' });
    await expect(query(urls[0]!, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

test('no port is handed out twice, and all lie below the range of outgoing connections', async () => {
  const ports = await Promise.all(Array.from({ length: 200 }, () => freePort()));
  expect(new Set(ports).size).toBe(200);
  for (const port of ports) expect(port >= 20_000 && port < 32_000).toBe(true);
});
