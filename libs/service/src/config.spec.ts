import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { addressVariable, ConfigError, fromVariable, readConfig, readMigrationConfig } from './config';

const all = { rpc: true, database: true, events: true, peers: ['identity', 'dsp-simulator'] };
const right = {
  TONEGRID_ENV: 'sandbox',
  INTERNAL_TOKEN: 'an internal token of 32 characters',
  ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
  DATABASE_URL: 'postgres://app:hush@127.0.0.1:5432/small',
  NATS_URL: 'nats://127.0.0.1:4222',
  IDENTITY_ADDRESS: '127.0.0.1:50051',
  DSP_SIMULATOR_ADDRESS: 'dns:///dsp-simulator:50060',
};
const own = {
  GREETING: z
    .string()
    .regex(/^[a-z]+$/, 'must be lower-case letters')
    .default('hello'),
};

/** The lines of a refusal, or undefined when there is none. */
function refused(
  env: NodeJS.ProcessEnv,
  read: (env: NodeJS.ProcessEnv) => unknown = (given) => readConfig(own, all, given),
): string[] | undefined {
  try {
    read(env);
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
}

test('a right environment is read, with defaults for what may be left out', () => {
  expect(readConfig(own, all, right)).toMatchObject({
    ...right,
    ADMIN_PORT: 9100,
    GRPC_PORT: 50050,
    LOG_LEVEL: 'info',
    DATABASE_POOL_SIZE: 10,
    NATS_REPLICAS: 1,
    MIGRATE_ON_START: false,
    SHUTDOWN_DELAY_MS: 0,
    SHUTDOWN_GRACE_MS: 20_000,
    GREETING: 'hello',
  });
});

test('everything that is missing is named at once, and an empty variable is missing', () => {
  expect(refused({ INTERNAL_TOKEN: '' })?.sort()).toEqual(
    ['DATABASE_URL', 'DSP_SIMULATOR_ADDRESS', 'ENCRYPTION_KEY', 'IDENTITY_ADDRESS', 'INTERNAL_TOKEN', 'NATS_URL', 'TONEGRID_ENV'].map(
      (name) => `${name} is required`,
    ),
  );
});

test('a service needs only the variables of what it is made of', () => {
  const parts = { rpc: false, database: false, events: false, peers: [] };
  expect(readConfig({}, parts, { TONEGRID_ENV: 'production' })).toMatchObject({ TONEGRID_ENV: 'production' });
  expect(refused({ TONEGRID_ENV: 'production' }, (env) => readConfig({}, { ...parts, peers: ['catalog'] }, env))?.sort()).toEqual([
    'CATALOG_ADDRESS is required',
    'INTERNAL_TOKEN is required',
  ]);
});

test.each([
  ['TONEGRID_ENV', 'staging'],
  ['INTERNAL_TOKEN', 'hush'],
  ['ENCRYPTION_KEY', 'hush'],
  ['DATABASE_URL', 'mysql://app:hush@db/small'],
  ['DATABASE_URL', 'hush'],
  ['DATABASE_URL', 'postgres://127.0.0.1/small'],
  ['MIGRATION_DATABASE_URL', 'http://owner:hush@db/small'],
  ['MIGRATE_ON_START', 'yes'],
  ['DATABASE_POOL_SIZE', '1'],
  ['DATABASE_POOL_SIZE', 'hush'],
  ['NATS_URL', '127.0.0.1:4222'],
  ['NATS_URL', 'nats://a:4222,hush'],
  ['NATS_REPLICAS', '7'],
  ['NATS_CREDENTIALS_FILE', '/nowhere/hush'],
  ['ADMIN_PORT', '65536'],
  ['ADMIN_PORT', '9100.5'],
  ['GRPC_PORT', 'hush'],
  ['LOG_LEVEL', 'loud'],
  ['SHUTDOWN_GRACE_MS', '10'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
  ['IDENTITY_ADDRESS', 'identity'],
  ['IDENTITY_ADDRESS', 'http://identity:50051'],
  ['GREETING', 'HUSH'],
])('%s is refused when it is wrong, by name and without its value (%s)', (name, value) => {
  const lines = refused({ ...right, [name]: value });
  expect(lines).toEqual([expect.stringMatching(new RegExp(`^${name}: `))]);
  expect(lines!.join()).not.toMatch(/hush/i);
});

test('all that is wrong is named at once', () => {
  expect(refused({ ...right, TONEGRID_ENV: 'x', ADMIN_PORT: '-1', GREETING: 'X' })?.map((line) => line.split(':')[0])).toEqual([
    'TONEGRID_ENV',
    'ADMIN_PORT',
    'GREETING',
  ]);
});

test('several NATS servers and a file with credentials can be given', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tonegrid-config-'));
  const file = join(folder, 'nats.creds');
  writeFileSync(file, 'x');
  const given = { ...right, NATS_URL: 'nats://n1:4222,tls://user:pw@n2:4222', NATS_CREDENTIALS_FILE: file };
  expect(refused(given)).toBeUndefined();
  rmSync(folder, { recursive: true });
});

test('migrating at the start needs the owner of the tables', () => {
  expect(refused({ ...right, MIGRATE_ON_START: 'true' })).toEqual(['MIGRATION_DATABASE_URL is required when MIGRATE_ON_START is true']);
  expect(refused({ ...right, MIGRATE_ON_START: 'true', MIGRATION_DATABASE_URL: right.DATABASE_URL })).toBeUndefined();
});

test('migrating alone needs the two addresses of the database and nothing else', () => {
  expect(refused({}, readMigrationConfig)).toEqual(['DATABASE_URL is required', 'MIGRATION_DATABASE_URL is required']);
  expect(refused({ DATABASE_URL: right.DATABASE_URL, MIGRATION_DATABASE_URL: 'hush' }, readMigrationConfig)).toEqual([
    expect.stringMatching(/^MIGRATION_DATABASE_URL: must be a URL/),
  ]);
  expect(refused({ DATABASE_URL: right.DATABASE_URL, MIGRATION_DATABASE_URL: right.DATABASE_URL }, readMigrationConfig)).toBeUndefined();
});

test('what a variable stands for names it when it cannot be made', () => {
  const make = (message: string) => () => fromVariable('STORAGE_URL', () => { throw new Error(message); }); // prettier-ignore
  expect(make('no such folder')).toThrow(new ConfigError(['STORAGE_URL: no such folder']));
  expect(make('STORAGE_URL must be file:///folder')).toThrow(new ConfigError(['STORAGE_URL must be file:///folder']));
  expect(fromVariable('STORAGE_URL', () => 7)).toBe(7);
});

test('the variable of a peer is its name in capitals', () => expect(addressVariable('dsp-simulator')).toBe('DSP_SIMULATOR_ADDRESS'));
