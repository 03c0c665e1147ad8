const { spawnSync } = require('node:child_process');
const { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { dirname, join, resolve } = require('node:path');

const root = resolve(__dirname, '../..');

/** Runs dependency-cruiser with the house's rules in a folder; answers the broken rules as "rule: from → to". */
function broken(folder, parts) {
  const args = [
    join(root, 'node_modules/.bin/depcruise'),
    '--config',
    join(root, '.dependency-cruiser.cjs'),
    '--output-type',
    'json',
    ...parts,
  ];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (!stdout.startsWith('{')) throw new Error(`depcruise gave no report: ${stdout}${stderr}`);
  return JSON.parse(stdout).summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
}

describe('who may import whom', () => {
  let scratch;

  // A small repository of the same shape, with one forbidden import for each rule.
  const files = {
    'package.json': '{ "name": "scratch", "devDependencies": { "played": "1.0.0" } }',
    'node_modules/played/index.js': '',
    'node_modules/typeorm/index.js': '',
    'node_modules/@nestjs/common/index.js': '',
    'node_modules/unnamed/index.js': '',
    'libs/contracts/src/index.ts': "import '@tonegrid/rpc';",
    'libs/rpc/src/index.ts': 'export const rpc = 1;',
    'libs/rpc/src/inner.ts': 'export const inner = 1;',
    'libs/data/src/index.ts': "import 'typeorm';",
    'libs/events/src/index.ts': "import '@tonegrid/service';",
    'libs/events/test/events.spec.ts': "import '@tonegrid/testing';",
    'libs/idempotency/src/index.ts': "import '@tonegrid/rpc';\nimport '@tonegrid/data';",
    'libs/service/src/index.ts': "import '@tonegrid/testing';",
    'libs/testing/src/index.ts': 'export const testing = 1;',
    'libs/ddex/src/index.ts': "import './with-nest';",
    'libs/ddex/src/with-nest.ts': "import type { X } from '@nestjs/common';\nexport type Y = X;",
    'libs/errors/src/index.ts': "import '../../../services/a/src/main';",
    'libs/novelty/src/index.ts': "import '@tonegrid/rpc';",
    'services/a/src/main.ts': "import '../../b/src/main';\nimport type { B } from '../../b/src/releases/release';\nexport type C = B;",
    'services/b/src/main.ts': "import '@tonegrid/service';",
    'services/b/src/releases/release.ts': "import './rows';\nexport type B = 1;",
    'services/b/src/releases/rows.ts': "import 'typeorm';",
    'services/b/src/releases/parse-title.ts': "import '@nestjs/common';",
    'services/b/src/jobs/job-state.ts': "import '@nestjs/common';",
    'services/b/src/jobs/job-state.store.ts': 'export const jobs = 1;',
    'services/b/src/circle/one.ts': "import './two';",
    'services/b/src/circle/two.ts': "import './one';",
    'services/b/src/inner.ts': "import '../../../libs/rpc/src/inner';",
    'services/b/src/for-tests.ts': "import '@tonegrid/testing';",
    'services/b/src/played.ts': "import 'played';",
    'services/b/src/played.spec.ts': "import 'played';",
    'services/b/src/unnamed.ts': "import 'unnamed';",
    'services/b/src/nowhere.ts': "import './nobody';",
    'services/gateway/src/main.ts': "import 'typeorm';",
  };
  let found;

  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'tonegrid-imports-'));
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(scratch, file)), { recursive: true });
      writeFileSync(join(scratch, file), text);
    }
    const dependencies = { typeorm: '1.0.0', '@nestjs/common': '1.0.0' };
    for (const name of ['contracts', 'rpc', 'data', 'events', 'idempotency', 'service', 'testing', 'ddex', 'errors', 'novelty']) {
      writeFileSync(
        join(scratch, 'libs', name, 'package.json'),
        JSON.stringify({ name: `@tonegrid/${name}`, types: 'src/index.ts', dependencies }),
      );
      mkdirSync(join(scratch, 'node_modules/@tonegrid'), { recursive: true });
      symlinkSync(join(scratch, 'libs', name), join(scratch, 'node_modules/@tonegrid', name));
    }
    for (const name of ['a', 'b', 'gateway'])
      writeFileSync(join(scratch, 'services', name, 'package.json'), JSON.stringify({ name, dependencies }));
    found = broken(scratch, ['libs', 'services']);
  }, 180_000);
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it.each([
    ['a service never imports another', 'services-never-import-each-other: services/a/src/main.ts → services/b/src/main.ts'],
    ['not even a type of it', 'services-never-import-each-other: services/a/src/main.ts → services/b/src/releases/release.ts'],
    ['a lib knows no service', 'libs-know-no-service: libs/errors/src/index.ts → services/a/src/main.ts'],
    ['contracts stand on nothing', 'layers-contracts: libs/contracts/src/index.ts → libs/rpc/src/index.ts'],
    ['events do not know the service kit', 'layers-events: libs/events/src/index.ts → libs/service/src/index.ts'],
    ['the service kit does not know what is for tests', 'layers-service: libs/service/src/index.ts → libs/testing/src/index.ts'],
    ['a lib that nobody has placed imports no other', 'layers-new-lib: libs/novelty/src/index.ts → libs/rpc/src/index.ts'],
    ['there are no circles', 'no-circles: services/b/src/circle/one.ts → services/b/src/circle/two.ts'],
    [
      'a domain file knows no TypeORM, also by way of another file',
      'domain-is-pure: services/b/src/releases/release.ts → node_modules/typeorm/index.js',
    ],
    ['what parses knows no Nest', 'domain-is-pure: services/b/src/releases/parse-title.ts → node_modules/@nestjs/common/index.js'],
    ['nor does what has its queries beside it', 'domain-is-pure: services/b/src/jobs/job-state.ts → node_modules/@nestjs/common/index.js'],
    ['libs/ddex knows no framework, not even a type of it', 'ddex-is-pure: libs/ddex/src/index.ts → node_modules/@nestjs/common/index.js'],
    ['the gateway owns no table', 'stateless-services-own-no-table: services/gateway/src/main.ts → node_modules/typeorm/index.js'],
    ['a lib is used through its index', 'one-door-per-lib: services/b/src/inner.ts → libs/rpc/src/inner.ts'],
    ['what ships imports nothing that is for tests', 'tests-are-nobodys-ground: services/b/src/for-tests.ts → libs/testing/src/index.ts'],
    [
      'what ships imports no package that is for development',
      'shipped-code-uses-shipped-packages: services/b/src/played.ts → node_modules/played/index.js',
    ],
    ['a package that is imported is named', 'packages-are-named: services/b/src/unnamed.ts → node_modules/unnamed/index.js'],
    ['an import leads somewhere', 'imports-lead-somewhere: services/b/src/nowhere.ts → ./nobody'],
  ])('%s', (_fact, violation) => expect(found).toContain(violation));

  it('what the house allows is allowed', () => {
    const allowed = ['libs/idempotency/', 'libs/events/test/', 'services/b/src/main.ts', 'services/b/src/played.spec.ts', 'libs/data/'];
    expect(found.filter((line) => allowed.some((path) => line.includes(`: ${path}`)))).toEqual([]);
  });

  it('every rule has its case above', () => {
    const { forbidden } = require(join(root, '.dependency-cruiser.cjs'));
    const fired = new Set(found.map((line) => line.split(':')[0]));
    // All layers are made by the same function; three of them stand for all.
    expect(forbidden.map(({ name }) => name).filter((name) => !fired.has(name) && !name.startsWith('layers-'))).toEqual([]);
  });

  it('this repository keeps to them', () => {
    expect(broken(root, ['libs', 'services', 'e2e', 'bin', 'bench', 'tools'])).toEqual([]);
  }, 180_000);
});
