// Who may import whom: rules 1 to 4 of the house (CONTRIBUTING.md). `npm run lint -- imports` runs this over the repository, and
// tools/test/imports.spec.js shows that each rule fires. Imports of types count as imports.
const { existsSync, readdirSync } = require('node:fs');

/** Which libs a lib stands on. One that is not listed may import none, so that a new lib takes its place here first. */
const standsOn = {
  errors: [],
  contracts: [],
  secrets: [],
  outbound: [],
  storage: [],
  'dsp-registry': [],
  ddex: [],
  rpc: ['contracts', 'errors'],
  data: ['contracts', 'errors', 'rpc'],
  events: ['contracts', 'errors', 'rpc', 'data'],
  idempotency: ['contracts', 'errors', 'rpc', 'data'],
  service: ['contracts', 'errors', 'secrets', 'rpc', 'data', 'events', 'idempotency'],
  testing: ['contracts', 'errors', 'secrets', 'rpc', 'data', 'events', 'idempotency', 'service'],
};

/** What is there for tests only; it may import `testing`, and no other code may import it. */
const forTests = '(^|/)(test|bench)/|\\.spec\\.ts$';

const layer = (lib, below) => ({
  name: `layers-${lib}`,
  comment: `libs/${lib} stands on ${below.length > 0 ? below.join(', ') : 'no other lib'}. A lib higher up may import it, never the other way round.`,
  severity: 'error',
  from: { path: `^libs/${lib}/`, pathNot: forTests },
  to: { path: '^libs/', pathNot: [lib, ...below].map((name) => `^libs/${name}/`) },
});

/**
 * Domain files: what parses (`parse-….ts`), what is named like its room (`releases/release.ts`), and what has its queries or its table
 * in a file of the same name beside it (`job.ts` with `job.store.ts`). Given one by one, since "beside" is nothing that a pattern can say.
 */
function domainFiles() {
  const files = below('services').filter((file) => /\/src\/.+\.ts$/.test(file) && !file.endsWith('.spec.ts'));
  const all = new Set(files);
  return files.filter((file) => {
    const [room, name] = file.replace(/\.ts$/, '').split('/').slice(-2);
    return (
      name.startsWith('parse-') ||
      pluralsOf(name).includes(room) ||
      all.has(file.replace(/ts$/, 'store.ts')) ||
      all.has(file.replace(/ts$/, 'entity.ts'))
    );
  });
}

const pluralsOf = (word) => [`${word}s`, word.endsWith('y') ? `${word.slice(0, -1)}ies` : `${word}es`];

function below(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (!entry.isDirectory()) return [path];
    return ['node_modules', 'dist', 'bundle'].includes(entry.name) ? [] : below(path);
  });
}

const exactly = (files) => (files.length > 0 ? files.map((file) => `^${file.replaceAll('.', '\\.')}$`) : '^$');

const frameworks = '(^|/)node_modules/(@nestjs|typeorm)/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'services-never-import-each-other',
      comment: 'What crosses from service to service is a contract (proto/) or an event.',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'libs-know-no-service',
      comment: 'A lib that knows a service cannot serve the others.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(services|e2e)/' },
    },
    ...Object.entries(standsOn).map(([lib, below]) => layer(lib, below)),
    {
      name: 'layers-new-lib',
      comment: 'A new lib takes its place in the table of .dependency-cruiser.cjs before it imports another.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/', pathNot: [forTests, ...Object.keys(standsOn).map((lib) => `^libs/${lib}/`)] },
      to: { path: '^libs/', pathNot: '^libs/$1/' },
    },
    {
      name: 'no-circles',
      comment: 'Two files that need each other are one subject, or a third is missing.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'domain-is-pure',
      comment: 'Domain files decide and parse: neither Nest nor TypeORM, not even by way of another file.',
      severity: 'error',
      from: { path: exactly(domainFiles()) },
      to: { path: frameworks, reachable: true },
    },
    {
      name: 'ddex-is-pure',
      comment: 'libs/ddex is data in, message out, and the same back: no framework, no other lib.',
      severity: 'error',
      from: { path: '^libs/ddex/src/' },
      to: { path: frameworks, reachable: true },
    },
    {
      name: 'stateless-services-own-no-table',
      comment: 'gateway, ddex and dsp-simulator have no database.',
      severity: 'error',
      from: { path: '^services/(gateway|ddex|dsp-simulator)/src/' },
      to: { path: '^libs/(data|idempotency)/|(^|/)node_modules/(typeorm|pg)/' },
    },
    {
      name: 'one-door-per-lib',
      comment: "A lib is used through its index.ts; what that does not export is nobody else's concern.",
      severity: 'error',
      from: { path: '^(?:libs|services)/([^/]+)/|^e2e/' },
      to: { path: '^libs/', pathNot: ['^libs/$1/', '^libs/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'tests-are-nobodys-ground',
      comment: 'What ships imports nothing that is there for tests.',
      severity: 'error',
      from: { path: '^(libs|services)/[^/]+/src/', pathNot: [forTests, '^libs/testing/'] },
      to: { path: [forTests, '^libs/testing/'], pathNot: 'node_modules/' },
    },
    {
      name: 'packages-are-named',
      comment: "What a workspace imports stands in its own package.json, not only in a neighbour's.",
      severity: 'error',
      from: { path: '^(libs|services|e2e)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'shipped-code-uses-shipped-packages',
      comment: 'The image holds no devDependencies.',
      severity: 'error',
      from: { path: '^(libs|services)/[^/]+/src/', pathNot: forTests },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'imports-lead-somewhere',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|bundle)/' },
    tsPreCompilationDeps: true,
    // A workspace's package.json says where its sources are (`types`) and where they are compiled to (`main`).
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['tonegrid-source', 'types', 'import', 'require', 'node', 'default'],
      mainFields: ['types', 'main'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.d.ts', '.json'],
    },
  },
};
