const { readFileSync, readdirSync } = require('node:fs');
const { join, resolve } = require('node:path');

const root = resolve(__dirname, '../..');
const skipped = new Set(['node_modules', 'dist', 'bundle', 'gen', '.git', '.local', '.nx']);

const below = (folder) =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : below(path);
    return /\.(ts|mjs|cjs|js)$/.test(entry.name) ? [path] : [];
  });

describe('files', () => {
  const files = ['libs', 'services', 'e2e', 'bin', 'tools', 'bench'].flatMap(below);

  it('say what they do: none is a service, a manager, a helper, an implementation or utilities', () => {
    expect(files.length).toBeGreaterThan(300);
    const vague = files.filter((file) => /(^|[-./])(service|managers?|helpers?|impl|utils?)\.(spec\.)?\w+$/.test(file));
    // These are about services as such: what runs one, and the one that is run to prove it.
    expect(vague).toEqual(['libs/service/src/run-service.ts', 'libs/service/test/service.spec.ts', 'libs/service/test/small-service.ts']);
  });

  it('pass nothing on: one index.ts for each lib, no other barrel', () => {
    const passesOn = (file) => /^export (\*|\{[^}]*\}|type \{[^}]*\}) from /m.test(readFileSync(join(root, file), 'utf8'));
    const barrels = files.filter((file) => file.endsWith('/index.ts') && passesOn(file));
    expect(barrels.filter((file) => !/^(libs\/[^/]+|e2e)\/src\/index\.ts$/.test(file))).toEqual([]);
    expect(readdirSync(join(root, 'libs')).filter((lib) => !files.includes(`libs/${lib}/src/index.ts`))).toEqual([]);
  });
});
