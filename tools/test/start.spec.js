const { spawn } = require('node:child_process');
const {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} = require('node:fs');
const { createRequire } = require('node:module');
const { tmpdir } = require('node:os');
const { join, resolve } = require('node:path');

const root = resolve(__dirname, '../..');
// By its file: the lib's index would load Nest.
const { sharedAdminUrl } = require(join(root, 'libs/testing/dist/src/shared.js'));
const { Client } = createRequire(join(root, 'libs/data/package.json'))('pg');
const folders = [];
/** Processes that have not ended by themselves. */
const running = new Set();

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A checkout of the starter alone, with a state of its own. */
function checkout() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tonegrid-start-')));
  folders.push(folder);
  for (const part of ['setup', 'start', 'start.mjs']) cpSync(join(root, 'bin', part), join(folder, 'bin', part), { recursive: true });
  return folder;
}

/** Runs node in a folder: `ended` is { code, out, err }; `printed(text)` waits for an output. */
function node(folder, args, options = {}) {
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'], ...options });
  running.add(child);
  let [out, err] = ['', ''];
  child.stdout.on('data', (text) => (out += text));
  child.stderr.on('data', (text) => (err += text));
  const ended = new Promise((done) =>
    child.once('close', (code) => {
      running.delete(child);
      done({ code, out, err });
    }),
  );
  const printed = async (text) => {
    while (!out.includes(text)) {
      const end = await Promise.race([ended, new Promise((again) => setTimeout(again, 20))]);
      if (end && !out.includes(text)) throw new Error(`ended with ${end.code} without "${text}":\n${end.out}${end.err}`);
    }
  };
  return { child, ended, printed };
}

/** A piece of the starter as a program of its own; imports are relative to the checkout. */
const script = (folder, code, options) => node(folder, ['--input-type=module', '-e', code], options);

describe('npm start', () => {
  it('refuses beside a sandbox that runs before it installs or builds anything', async () => {
    const folder = checkout();
    const first = script(
      folder,
      `import { onlyOne } from './bin/start/only-one.mjs'; await onlyOne(); console.log('alone'); process.stdin.resume();`,
    );
    await first.printed('alone');
    // Nothing is installed here: a start that went further would say so.
    const second = await node(folder, ['bin/start.mjs']).ended;
    expect(second).toEqual({
      code: 1,
      out: 'ToneGrid sandbox\n',
      err: '\nToneGrid already runs from this checkout: stop it there with Ctrl-C.\n',
    });
    first.child.stdin.end();
    await first.ended;
  });

  it('outlives a full disk: a part that cannot be noted does not stay, and starts again when it can', async () => {
    // /dev/full in the place of the note is a disk without room. It goes with the process that it was to name.
    const code = `
      import { mkdirSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
      import { Part } from './bin/start/part.mjs';
      for (const folder of ['run', 'logs']) mkdirSync('.local/' + folder, { recursive: true });
      const started = [];
      const say = (text) => {
        console.log(text.replace(/;.*/, ''));
        if (started.length === 1) symlinkSync('/dev/full', '.local/run/2-worker.pid');
        if (!text.includes('is ready again')) return;
        const alive = started.map((pid) => { try { return process.kill(pid, 0); } catch { return false; } });
        const noted = readdirSync('.local/run').map((name) => readFileSync('.local/run/' + name, 'utf8').split(' ')[0]);
        console.log(JSON.stringify({ alive, noted: noted.map((pid) => started.indexOf(Number(pid))) }));
        part.stop().then(() => console.log('stopped'));
      };
      const part = new Part(
        { name: 'worker', rank: 2, program: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'], env: {}, signal: 'TERM', ready: async () => true },
        say,
      );
      // Each process is known by its number before it is noted.
      let pid;
      Object.defineProperty(part, 'pid', { get: () => pid, set: (next) => { pid = next; if (next) started.push(next); } });
      await part.start();
      process.kill(started[0], 'SIGKILL');`;
    const { out, err } = await script(checkout(), code).ended;
    expect({ lines: out.trim().split('\n'), err }).toEqual({
      lines: [
        'worker ended (SIGKILL) and starts again in 0.5 s',
        'worker could not be started (ENOSPC: no space left on device, write) and starts again in 1 s',
        expect.stringMatching(/^worker is ready again after/),
        '{"alive":[false,false,true],"noted":[2]}',
        'stopped',
      ],
      err: '',
    });
  });

  describe('data that a migration has made', () => {
    const folder = checkout();
    const path = (service, name) => `services/${service}/src/migrations/${name}.ts`;
    const put = (file, text) => {
      mkdirSync(join(folder, file, '..'), { recursive: true });
      writeFileSync(join(folder, file), text);
    };
    /** What a start says: nothing, and all migrations have run, or why it refuses. */
    const start = async (url) => {
      const code = `import { checkMigrations } from './bin/start/migrations.mjs';
        const services = ['catalog', 'identity'];
        try { services.forEach(checkMigrations(${JSON.stringify(url)}, services)); } catch (error) { console.log(error.constructor.name, error.message); }`;
      const { out, err } = await script(folder, code).ended;
      return out + err;
    };
    const refusal = (service, file, how) =>
      `Stop The sandbox's data of ${service} was made by another version of ${file}, which is ${how} now: begin anew with "npm start -- --fresh".\n`;

    beforeEach(() => {
      for (const gone of ['services', 'libs', '.local']) rmSync(join(folder, gone), { recursive: true, force: true });
      mkdirSync(join(folder, '.local'));
      for (const service of ['catalog', 'identity']) {
        put(path(service, '1-first'), 'create table one');
        put(path(service, 'index'), 'first');
      }
      put('libs/events/src/event-tables.ts', 'create table outbox');
    });

    it('goes on while migrations are as they ran, and with new ones', async () => {
      expect(await start()).toBe('');
      expect(await start()).toBe('');
      put(path('catalog', '2-second'), 'create table two');
      put(path('catalog', 'index'), 'first, second');
      expect(await start()).toBe('');
      put(path('catalog', '2-second'), 'create table three');
      expect(await start()).toBe(refusal('catalog', path('catalog', '2-second'), 'changed'));
    });

    it('is refused when one was edited or is gone, with the service and what to do', async () => {
      expect(await start()).toBe('');
      put(path('identity', '1-first'), 'create table other');
      expect(await start()).toBe(refusal('identity', path('identity', '1-first'), 'changed'));
      rmSync(join(folder, path('identity', '1-first')));
      expect(await start()).toBe(refusal('identity', path('identity', '1-first'), 'gone'));
      put(path('identity', '1-first'), 'create table one');
      put('libs/events/src/event-tables.ts', 'create table outbox, with a column more');
      expect(await start()).toBe(refusal('catalog', 'libs/events/src/event-tables.ts', 'changed'));
    });

    it('is told from the data of another server', async () => {
      expect(await start('postgres://admin:secret@one:5432/postgres')).toBe('');
      put(path('catalog', '1-first'), 'create table other');
      expect(await start('postgres://admin:secret@two:5432/postgres')).toBe('');
      expect(await start()).toBe('');
      expect(await start('postgres://other@one:5432/postgres')).toBe(refusal('catalog', path('catalog', '1-first'), 'changed'));
      expect(readFileSync(join(folder, '.local/migrations.json'), 'utf8')).not.toContain('secret');
    });
  });

  it('knows every file of the libs from which migrations take tables', () => {
    const known = [...readFileSync(join(root, 'bin/start/migrations.mjs'), 'utf8').matchAll(/'(libs\/[^']+)'/g)].map(([, file]) => file);
    const declared = known.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
    const folders = readdirSync(join(root, 'services')).map((name) => join(root, 'services', name, 'src/migrations'));
    const sources = folders.filter(existsSync).flatMap((at) => readdirSync(at).map((name) => readFileSync(join(at, name), 'utf8')));
    const imported = sources.flatMap((text) =>
      [...text.matchAll(/import \{([^}]+)\} from '@tonegrid\//g)].flatMap(([, names]) => names.split(',').map((name) => name.trim())),
    );
    expect(imported).toContain('eventTables');
    expect([...new Set(imported)].filter((name) => !declared.includes(`export function ${name}(`))).toEqual([]);
  });

  it('--fresh drops the sandbox’s databases on a server of the operator, with sessions that are open in them', async () => {
    const adminUrl = await sharedAdminUrl();
    const [ours, other] = ['start_ours', 'start_other'].map((name) => `${name}_${process.pid}`);
    const admin = new Client({ connectionString: adminUrl });
    await admin.connect();
    const drop = async (databases) => {
      const code = `import { dropDatabases } from ${JSON.stringify(join(root, 'bin/start/services.mjs'))};
        console.log(JSON.stringify(await dropDatabases(${JSON.stringify(adminUrl)}, ${JSON.stringify(databases)})));`;
      const { out, err } = await script(root, code).ended;
      return JSON.parse(out || JSON.stringify(err));
    };
    try {
      for (const name of [ours, other]) await admin.query(`create database ${name}`);
      const session = new Client({ connectionString: Object.assign(new URL(adminUrl), { pathname: `/${ours}` }).toString() });
      const cut = new Promise((done) => session.on('error', done));
      await session.connect();
      expect(await drop([ours, 'start_never_made'])).toEqual([ours]);
      expect((await cut).message).toContain('terminat');
      const { rows } = await admin.query('select datname from pg_database where datname = any($1)', [[ours, other]]);
      expect(rows).toEqual([{ datname: other }]);
      expect(await drop([ours])).toEqual([]);
    } finally {
      for (const name of [ours, other]) await admin.query(`drop database if exists ${name} with (force)`);
      await admin.end();
    }
  });

  // Only for root, whose PostgreSQL runs as another user, who cannot enter a checkout that is closed to others.
  if (process.getuid() === 0)
    it('begins anew when the data outside the checkout has outlived .local, and removes it with --fresh', async () => {
      const folder = checkout();
      const elsewhere = realpathSync(mkdtempSync(join(tmpdir(), 'tonegrid-elsewhere-')));
      folders.push(elsewhere);
      chmodSync(elsewhere, 0o755);
      symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
      const start = async (password, then = '') => {
        for (const name of ['run', 'logs']) mkdirSync(join(folder, '.local', name), { recursive: true });
        const code = `
          import { createRequire } from 'node:module';
          import { createServer } from 'node:net';
          import { Part } from './bin/start/part.mjs';
          import { embeddedPostgres, removeData } from './bin/start/postgres.mjs';
          const { Client } = createRequire(${JSON.stringify(join(root, 'libs/data/package.json'))})('pg');
          const server = createServer();
          const port = await new Promise((done) => server.listen(0, '127.0.0.1', () => done(server.address().port)));
          await new Promise((done) => server.close(done));
          const elsewhere = ${JSON.stringify(elsewhere)};
          const definition = await embeddedPostgres(port, { POSTGRES_PASSWORD: '${password}' }, elsewhere);
          const part = new Part(definition, console.log);
          await part.start();
          const client = new Client({ connectionString: definition.adminUrl });
          await client.connect();
          await client.query('create table if not exists mark (password text)');
          await client.query("insert into mark values ('${password}')");
          console.log((await client.query("select string_agg(password, ' ') as all from mark")).rows[0].all);
          await client.end();
          await part.stop();
          ${then}`;
        const { out, err } = await script(folder, code).ended;
        return out + err;
      };
      const there = (pattern) => readdirSync(elsewhere).filter((name) => pattern.test(name));

      expect(await start('first')).toBe('first\n');
      expect(await start('first')).toBe('first first\n');
      rmSync(join(folder, '.local'), { recursive: true });
      mkdirSync(join(elsewhere, 'postgres-0.1.0'));
      expect(await start('second')).toBe('second\n');
      expect(there(/^postgres-/)).toHaveLength(1);
      expect(there(/^[0-9a-f]{12}/)).toHaveLength(1);

      // With another checkout's data beside it, what that may be running stays.
      for (const name of ['postgres-0.1.0', '0123456789ab']) mkdirSync(join(elsewhere, name));
      expect(await start('second', 'await removeData(elsewhere);')).toBe('second second\n');
      expect(there(/^postgres-/)).toHaveLength(2);
      expect(there(/^[0-9a-f]{12}/)).toEqual(['0123456789ab']);
      expect(existsSync(join(folder, '.local/postgres'))).toBe(false);
    });

  // A machine may give all ports to everybody; then there is nothing to refuse.
  const limit = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
  if (limit > 1)
    it('says at once that a port is kept from this user, and not that it is taken', async () => {
      const code = `import { checkPorts } from './bin/start/ports.mjs';
        if (process.getuid() === 0) process.setuid(65534);
        await checkPorts([{ port: ${limit - 1}, part: 'gateway', variable: 'HTTP_PORT' }]).catch((error) => console.log(error.message));`;
      const { out } = await script(checkout(), code).ended;
      expect(out).toBe(
        `Port ${limit - 1} (gateway) cannot be used, this user may not use ports below ${limit}: choose another with HTTP_PORT.\n`,
      );
    });
});
