import { spawn } from 'node:child_process';

/**
 * Runs a program to its end. Answers { code, output }: what it wrote to both outputs, in order, which is kept back unless
 * `show` is set. Code 127 when there is no such program.
 */
export function run(program, args, { show = false, ...options } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'], ...options });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text));
    child.once('error', (error) => resolve({ code: error.code === 'ENOENT' ? 127 : 126, output: `${program}: ${error.message}` }));
    child.once('close', (code, signal) => resolve({ code: code ?? 128, signal, output }));
  });
}

/** The last lines of an output, for an error message. */
export const tail = (text, lines = 15) => text.trimEnd().split('\n').slice(-lines).join('\n');
