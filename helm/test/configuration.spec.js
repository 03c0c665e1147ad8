const { spawn } = require('node:child_process');
const { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { parse } = require('yaml');
const { ofKind, render, root } = require('./render');

// What stands in the operator's Secrets.
const secrets = {
  INTERNAL_TOKEN: 'only-for-this-test-'.repeat(3),
  ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
  DATABASE_URL: 'postgres://app:local@127.0.0.1:1/x',
  MIGRATION_DATABASE_URL: 'postgres://owner:local@127.0.0.1:1/x',
  NATS_URL: 'nats://127.0.0.1:1',
  AWS_ACCESS_KEY_ID: 'x',
  AWS_SECRET_ACCESS_KEY: 'x',
};
// Variables of Node, of libraries and of the image's start script, which no service of ours reads.
const foreign = ['SERVICE', 'NODE_OPTIONS', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
const services = readdirSync(join(root, 'services')).filter((name) => existsSync(join(root, 'services', name, 'src/main.ts')));
const valueSets = ['minimal', 'production', 'sandbox'];
// Of services; addresses of the simulator are something else.
const addresses = /^(?!SIMULATOR)[A-Z_]+_ADDRESS$/;
const scratch = mkdtempSync(join(tmpdir(), 'tonegrid-configuration-'));
writeFileSync(join(scratch, 'nats.creds'), '');

/** The variables of a container as the service finds them; the file that the pod would have mounted lies here elsewhere. */
const given = ({ env }) =>
  Object.fromEntries(
    env.map(({ name, value }) => [name, name === 'NATS_CREDENTIALS_FILE' ? join(scratch, 'nats.creds') : (value ?? secrets[name])]),
  );
const containers = Object.fromEntries(
  valueSets.map((values) => [
    values,
    Object.fromEntries(
      Object.entries(ofKind(render(values), 'Deployment')).map(([name, { spec }]) => [name, spec.template.spec.containers[0]]),
    ),
  ]),
);

const image = {
  ADMIN_HOST: '0.0.0.0',
  ADMIN_PORT: '9150',
  GRPC_HOST: '0.0.0.0',
  GRPC_PORT: '50051',
  HTTP_HOST: '0.0.0.0',
  HTTP_PORT: '8080',
  DSPS_FILE: '/app/deploy/dsps.yaml',
};
const compose = parse(readFileSync(join(root, 'deploy/compose.yaml'), 'utf8'), { merge: true });
const composed = (name) => ({
  ...image,
  ...Object.fromEntries(
    Object.entries(compose.services[name].environment).map(([key, value]) => [
      key,
      secrets[key] && value.startsWith('${') ? secrets[key] : value.replace(/^\$\{\w+:-(.*)\}$/, '$1'),
    ]),
  ),
});

/** What the service itself says of environments: the variables that it knows, and those of each that it refuses. */
async function ask(name, environments) {
  const main = join(root, 'services', name, 'dist/src/main.js');
  if (!existsSync(main)) throw new Error(`${name} is not built: node tools/build.mjs`);
  const run = spawn(process.execPath, [join(__dirname, 'read-configuration.js'), main], {
    env: { PATH: process.env.PATH },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  run.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  run.stdin.end(JSON.stringify(environments));
  const status = await new Promise((resolve, reject) => run.once('error', reject).once('close', resolve));
  if (status !== 0) throw new Error(`${name} could not be asked: exit ${status}`);
  return JSON.parse(output);
}

const known = {};
const refused = {};

beforeAll(async () => {
  const waiting = [...services];
  const work = async () => {
    for (let name = waiting.shift(); name; name = waiting.shift()) {
      const charted = valueSets.filter((values) => name in containers[values]);
      const { INTERNAL_TOKEN: _, ...incomplete } = composed(name);
      const answers = await ask(name, [...charted.map((values) => given(containers[values][name])), composed(name), incomplete]);
      known[name] = answers.variables;
      refused[name] = Object.fromEntries([...charted, 'compose', 'incomplete'].map((where, place) => [where, answers.refused[place]]));
    }
  };
  await Promise.all([work(), work()]);
}, 120_000);

afterAll(() => rmSync(scratch, { recursive: true }));

describe.each(valueSets)('with the %s values', (values) => {
  const charted = services.filter((name) => name in containers[values]);

  test.each(charted)('%s finds every variable that it needs, and each is right', (name) => expect(refused[name][values]).toEqual([]));

  test.each(charted)('%s is given no variable that nobody reads', (name) => {
    // PUBLIC_URL and what the chart gives to all are known to some service; a misspelt one to none.
    const all = new Set([...Object.values(known).flat(), ...foreign, 'SIMULATOR_HOST']);
    const names = containers[values][name].env.map((variable) => variable.name);
    expect(names.filter((variable) => !all.has(variable))).toEqual([]);
    // Addresses of services: only of those that it calls itself.
    expect(names.filter((variable) => addresses.test(variable)).sort()).toEqual(
      known[name].filter((variable) => addresses.test(variable)).sort(),
    );
  });
});

test.each(services)('in deploy/compose.yaml %s finds every variable that it needs, and each is right', (name) =>
  expect(refused[name].compose).toEqual([]),
);

test.each(services)('that a variable is missing would be noticed for %s', (name) =>
  expect(refused[name].incomplete).toEqual(['INTERNAL_TOKEN is required']),
);

test('docs/guides/operate.md lists every variable, and none that is not', () => {
  const guide = readFileSync(join(root, 'docs/guides/operate.md'), 'utf8');
  const [, section] = /\n## Variables\n([^]*?)(?=\n## )/.exec(guide);
  const listed = [...section.matchAll(/^\| +`([A-Z][A-Z0-9_]*)`/gm)].map(([, name]) => name);
  expect(listed.filter((name, place) => listed.indexOf(name) !== place)).toEqual([]);
  const read = [...new Set(Object.values(known).flat())].map((name) => (addresses.test(name) ? 'SERVICE_ADDRESS' : name));
  expect([...listed].sort()).toEqual([...new Set(read)].sort());
});
