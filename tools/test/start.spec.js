const { spawn } = require('node:child_process');
const { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join, resolve } = require('node:path');

const root = resolve(__dirname, '../..');
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
