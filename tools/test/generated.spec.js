const { spawnSync } = require('node:child_process');
const { join, resolve } = require('node:path');

const root = resolve(__dirname, '../..');

describe('what is generated from proto/', () => {
  it('is up to date: contract in TypeScript, OpenAPI and AsyncAPI documents', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin/generate.mjs'), '--check'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect({ status, said: `${stdout}${stderr}`.trim() }).toEqual({ status: 0, said: 'everything generated is up to date' });
  }, 180_000);
});
