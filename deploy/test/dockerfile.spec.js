const { existsSync, readdirSync, statSync } = require('node:fs');
const { join } = require('node:path');
const { spawnSync } = require('node:child_process');
const { contextFilter, instructions, read, root } = require('./dockerfile');

const dockerfile = instructions(read('deploy/Dockerfile'));
const kept = contextFilter(read('.dockerignore'));
const of = (word, stage) => dockerfile.filter((line) => line.word === word && (stage === undefined || line.stage === stage));
const packages = ['libs', 'services'].flatMap((area) =>
  readdirSync(join(root, area))
    .map((name) => `${area}/${name}`)
    .filter((folder) => existsSync(join(root, folder, 'package.json'))),
);
// What is copied from the repository, not from another stage.
const copied = of('COPY')
  .filter(({ flags }) => !flags.from)
  .map(({ text }) => ({ sources: text.split(/\s+/).slice(0, -1), target: text.split(/\s+/).at(-1) }));

describe('deploy/Dockerfile', () => {
  test('copies only what exists and what .dockerignore lets through', () => {
    const sources = copied.flatMap((line) => line.sources);
    expect(sources.length).toBeGreaterThan(20);
    for (const source of sources) {
      expect({ source, exists: existsSync(join(root, source)), kept: kept(source) }).toEqual({ source, exists: true, kept: true });
    }
  });

  test('names the manifest of every lib and service before it installs', () => {
    const manifests = copied.filter(({ sources }) => sources[0].endsWith('/package.json'));
    expect(manifests.map(({ sources }) => sources[0].replace('/package.json', '')).sort()).toEqual([...packages].sort());
    for (const { sources, target } of manifests) expect(`${target}package.json`).toBe(sources[0]);
    expect(copied.flatMap(({ sources }) => sources)).toEqual(
      expect.arrayContaining(['package.json', 'package-lock.json', 'libs', 'services']),
    );
  });

  test('builds on Node 20 in stages that exist, and the last one is the image', () => {
    const stages = of('FROM').map(({ stage }) => stage);
    expect(stages).toEqual(['manifests', 'build', 'production', 'runtime']);
    for (const { text } of of('FROM')) {
      const base = text.split(/\s+/)[0];
      expect(base === 'node:20-bookworm-slim' || stages.includes(base)).toBe(true);
    }
    for (const { flags } of of('COPY')) if (flags.from) expect(stages).toContain(flags.from);
  });

  test('the image holds production dependencies only, installed from the lockfile without install scripts', () => {
    const installs = of('RUN').filter(({ text }) => text.includes('npm '));
    for (const { text } of installs) {
      expect(text).not.toContain('npm install');
      for (const [command] of text.matchAll(/npm ci[^;&]*/g)) expect(command).toContain('--ignore-scripts');
    }
    for (const [command] of of('RUN', 'production')[0].text.matchAll(/npm ci[^;]*/g)) expect(command).toContain('--omit=dev');
    expect(
      of('COPY', 'runtime')
        .map(({ flags }) => flags.from)
        .filter(Boolean),
    ).toEqual(['production']);
    expect(of('COPY', 'production').map(({ flags, text }) => [flags.from, text])).toEqual([['build', '/out/ ./']]);
  });

  test('runs as a numeric user that is not root, on every interface, asked for its health on the admin port', () => {
    expect(of('USER')).toHaveLength(1);
    expect(of('USER', 'runtime')[0].text).toMatch(/^[1-9][0-9]*:[1-9][0-9]*$/);
    const [env] = of('ENV', 'runtime');
    for (const variable of ['ADMIN_HOST', 'GRPC_HOST', 'HTTP_HOST']) expect(env.text).toContain(`${variable}=0.0.0.0`);
    expect(env.text).toContain('NODE_ENV=production');
    expect(of('HEALTHCHECK')[0].text).toContain('/livez');
    expect(of('HEALTHCHECK')[0].text).toContain('process.env.ADMIN_PORT');
    // The exec form: a shell as process 1 would swallow SIGTERM.
    expect(JSON.parse(of('ENTRYPOINT')[0].text)).toEqual(['/app/deploy/entrypoint.sh']);
  });

  test('bakes in no secret', () => {
    for (const { text } of [...of('ENV'), ...of('ARG')]) expect(text).not.toMatch(/TOKEN|PASSWORD|SECRET|ENCRYPTION|DATABASE_URL/);
  });
});

describe('.dockerignore', () => {
  test('keeps out what is secret, local or built elsewhere', () => {
    const outside = [
      '.git/config',
      '.local/sandbox.env',
      '.env',
      'deploy/.env',
      'node_modules/pg/index.js',
      'services/delivery/node_modules/x/index.js',
      'libs/data/dist/src/index.js',
    ];
    for (const path of [...outside, 'libs/data/test/a.spec.ts', 'libs/data/src/a.spec.ts', 'docs/guides/operate.md'])
      expect({ path, kept: kept(path) }).toEqual({ path, kept: false });
    for (const path of ['libs/data/src/index.ts', 'services/gateway/package.json', 'tools/build.mjs', '.swcrc'])
      expect({ path, kept: kept(path) }).toEqual({ path, kept: true });
  });
});

describe('deploy/entrypoint.sh', () => {
  const script = join(root, 'deploy/entrypoint.sh');

  test('is executable and hands its process over to node', () => {
    expect(statSync(script).mode & 0o111).toBe(0o111);
    expect(read('deploy/entrypoint.sh')).toMatch(/^exec node .*"\$@"$/m);
  });

  test('without a service that exists it says what to set', () => {
    const run = spawnSync('sh', [script], { encoding: 'utf8', env: { PATH: process.env.PATH, SERVICE: 'nothing' } });
    expect(run.status).toBe(64);
    expect(run.stderr).toContain('SERVICE must name a service of this image');
  });
});

test.each(['README.md', 'deploy/compose.yaml', 'helm/README.md', 'helm/templates/NOTES.txt', 'docs/guides/operate.md'])(
  'what %s tells to run in the image is there',
  (path) => {
    // In NOTES.txt the folder and the file stand apart.
    const commands = [...read(path).matchAll(/(?:services\/identity\/dist\/src|\$identity \}\})\/([\w-]+)\.js/g)].map(([, name]) => name);
    expect(commands.length).toBeGreaterThan(0);
    expect(commands.filter((name) => !existsSync(join(root, 'services/identity/src', `${name}.ts`)))).toEqual([]);
  },
);
