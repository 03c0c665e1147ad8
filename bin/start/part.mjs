import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { tail } from '../setup/run.mjs';
import { local } from '../setup/root.mjs';
import { Stop } from '../setup/stop.mjs';
import { forget, record, send } from './processes.mjs';

const firstPause = 500;
const longestPause = 30_000;
/** After this time in health, a death starts the back-off anew. */
const healthy = 60_000;
/** EX_CONFIG of sysexits.h: the service refuses its configuration, and trying again cannot help. */
const refusedConfiguration = 78;
/** A part that dies this often before it was ready once is given up. */
const firstAttempts = 3;

/**
 * One process of the sandbox: started, watched, started again when it dies, and stopped.
 * definition: { name, rank, port, program, args, env, cwd?, runAs?, signal, before?(), ready(pid): Promise<boolean>, lookEvery? }; lookEvery:
 * milliseconds between two looks whether it is ready, 40 by default
 */
export class Part {
  state = 'waiting';
  /** Milliseconds from its start until it was ready; of the last start. */
  startedIn = 0;
  /** Ends with the process. */
  #exited = Promise.resolve();
  #stopping = false;

  constructor(definition, say) {
    Object.assign(this, definition);
    this.say = say;
    this.log = join(local, 'logs', `${definition.name}.log`);
    if (existsSync(this.log)) renameSync(this.log, `${this.log}.1`);
  }

  /** Starts it and returns when it is ready. Throws Stop when it cannot be. */
  async start(timeout = 90_000) {
    const end = performance.now() + timeout;
    for (let attempt = 1; ; attempt++) {
      const how = await this.#runUntilReady(end);
      if (how === 'ready') return;
      if (this.#stopping) return;
      if (how === 'late')
        throw new Stop(`${this.#lastLines()}\n\n${this.name} was not ready after ${timeout / 1000} s; its log is ${this.log}.`);
      if (how === refusedConfiguration || attempt >= firstAttempts)
        throw new Stop(`${this.#lastLines()}\n\n${this.name} could not start (${this.#words(how)}); its log is ${this.log}.`);
      await pause(firstPause);
    }
  }

  /** Ends it with its signal, after `grace` milliseconds the hard way. */
  async stop(grace = 25_000) {
    this.#stopping = true;
    const pid = this.pid;
    if (pid === undefined) {
      this.state = 'stopped';
      return;
    }
    this.state = 'stopping';
    send(pid, `SIG${this.signal}`);
    const late = setTimeout(() => this.kill(), grace);
    await this.#exited;
    clearTimeout(late);
    this.state = 'stopped';
  }

  /** Ends it at once: PostgreSQL with QUIT, which keeps its data whole, others with KILL. */
  kill() {
    if (this.pid !== undefined) send(this.pid, this.name === 'postgres' ? 'SIGQUIT' : 'SIGKILL');
  }

  /** 'ready', 'late', or how the process ended: its status or the signal's name. */
  async #runUntilReady(end) {
    await this.before?.();
    if (this.#stopping) return 'stopped';
    const begin = performance.now();
    const output = openSync(this.log, 'a', 0o600);
    const child = spawn(this.program, this.args, {
      cwd: this.cwd,
      env: this.env,
      ...this.runAs,
      // A group of its own: Ctrl-C at the terminal reaches only the starter, which then stops all in order.
      detached: true,
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    this.state = 'starting';
    let ended;
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve((ended = code ?? signal)));
      child.once('error', (error) => resolve((ended = error.message)));
    });
    if (child.pid === undefined) return this.#exited;
    this.pid = child.pid;
    // Registered first, so that whoever awaits the end finds it forgotten.
    void this.#exited.then((how) => {
      this.pid = undefined;
      forget(this);
      if (this.state === 'ready' && !this.#stopping) void this.#revive(how);
    });
    record(this, child.pid);
    while (ended === undefined && performance.now() < end) {
      if (await this.ready(child.pid)) {
        if (ended !== undefined) break;
        this.state = 'ready';
        this.startedIn = performance.now() - begin;
        this.readySince = performance.now();
        return 'ready';
      }
      await Promise.race([pause(this.lookEvery ?? 40), this.#exited]);
    }
    if (ended !== undefined) return ended;
    this.kill();
    await this.#exited;
    return 'late';
  }

  async #revive(how) {
    const lived = performance.now() - this.readySince;
    let wait = lived >= healthy || this.lastWait === undefined ? firstPause : Math.min(this.lastWait * 2, longestPause);
    for (; !this.#stopping; wait = Math.min(wait * 2, longestPause)) {
      this.lastWait = wait;
      this.state = 'waiting';
      const what = how instanceof Error ? `could not be started (${how.message})` : `ended (${this.#words(how)})`;
      this.say(`${this.name} ${what} and starts again in ${wait / 1000} s; its log is ${this.log}`);
      await pause(wait);
      if (this.#stopping) return;
      how = await this.#tryAgain();
      if (how === 'ready') {
        this.say(`${this.name} is ready again after ${(this.startedIn / 1000).toFixed(1)} s`);
        return;
      }
    }
  }

  /** As #runUntilReady. What is thrown, as when the disk is full, is one more failed attempt, and leaves no process that nobody watches. */
  async #tryAgain() {
    try {
      return await this.#runUntilReady(performance.now() + 90_000);
    } catch (error) {
      this.kill();
      await this.#exited;
      return error;
    }
  }

  #words(how) {
    return how === 'late' ? 'not ready in time' : typeof how === 'number' ? `status ${how}` : String(how);
  }

  #lastLines() {
    return existsSync(this.log) ? tail(readFileSync(this.log, 'utf8').slice(-8000), 12) : '';
  }
}
