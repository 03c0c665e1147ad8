const { spawnSync } = require('node:child_process');
const { existsSync, readdirSync } = require('node:fs');
const { join } = require('node:path');
const { parse } = require('yaml');
const { readFileSync } = require('node:fs');
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
const services = readdirSync(join(root, 'services')).filter((name) => existsSync(join(root, 'services', name, 'src/main.ts')));

/**
 * The variables that a service refuses. A service names all of them at once and ends; that it does so also with a right
 * environment is brought about by one wrong variable, which is then left out.
 */
function refusedVariables(name, env) {
  const main = join(root, 'services', name, 'dist/src/main.js');
  if (!existsSync(main)) throw new Error(`${name} is not built: node tools/build.mjs`);
  const run = spawnSync(process.execPath, [main], {
    encoding: 'utf8',
    timeout: 30_000,
    env: { PATH: process.env.PATH, ...env, TONEGRID_ENV: 'nowhere' },
  });
  const lines = run.stderr.split('\n').filter((line) => line.startsWith('  '));
  if (run.status !== 78 || !lines.some((line) => line.includes('TONEGRID_ENV')))
    throw new Error(`${name} did not check its configuration: exit ${run.status}\n${run.stderr}${run.stdout}`);
  return lines.map((line) => line.trim()).filter((line) => !line.startsWith('TONEGRID_ENV'));
}

const given = (container) => Object.fromEntries(container.env.map(({ name, value }) => [name, value ?? secrets[name]]));

describe.each(['minimal', 'production', 'sandbox'])('with the %s values', (values) => {
  const deployments = ofKind(render(values), 'Deployment');

  test.each(services.filter((name) => name in deployments))('%s finds every variable that it needs, and each is right', (name) => {
    expect(refusedVariables(name, given(deployments[name].spec.template.spec.containers[0]))).toEqual([]);
  });
});

describe('in deploy/compose.yaml', () => {
  const compose = parse(readFileSync(join(root, 'deploy/compose.yaml'), 'utf8'), { merge: true });
  const image = {
    ADMIN_HOST: '0.0.0.0',
    ADMIN_PORT: '9150',
    GRPC_HOST: '0.0.0.0',
    GRPC_PORT: '50051',
    HTTP_HOST: '0.0.0.0',
    HTTP_PORT: '8080',
    DSPS_FILE: join(root, 'deploy/dsps.yaml'),
  };

  test.each(services)('%s finds every variable that it needs, and each is right', (name) => {
    const env = Object.entries(compose.services[name].environment).map(([key, value]) => [
      key,
      secrets[key] && value.startsWith('${') ? secrets[key] : value.replace(/^\$\{\w+:-(.*)\}$/, '$1'),
    ]);
    expect(refusedVariables(name, { ...image, ...Object.fromEntries(env) })).toEqual([]);
  });
});

test('a variable that is missing would be noticed', () => {
  const { LOG_LEVEL, ...env } = given(ofKind(render('minimal'), 'Deployment').ingestion.spec.template.spec.containers[0]);
  expect(LOG_LEVEL).toBe('info');
  delete env.CATALOG_ADDRESS;
  expect(refusedVariables('ingestion', env)).toEqual(['CATALOG_ADDRESS is required']);
});
