import { accessSync, constants } from 'node:fs';
import { logLevels } from '@tonegrid/rpc';
import { Vault } from '@tonegrid/secrets';
import { z } from 'zod';

/** A variable that is missing or wrong; the message names each. */
export class ConfigError extends Error {
  constructor(problems: string[]) {
    super(`configuration refused:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/**
 * Makes of a variable what it stands for: a registry of its file, a store of its address. What `make` throws refuses the
 * configuration and names the variable; its message must not show a secret.
 */
export function fromVariable<T>(name: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError([reason.startsWith(name) ? reason : `${name}: ${reason}`]);
  }
}

const port = (standard: number) => z.coerce.number().int().min(0).max(65535).default(standard);
const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((word) => word === 'true');
const isUrl = (text: string, schemes: string[]) => URL.canParse(text) && schemes.includes(new URL(text).protocol);
const url = (...schemes: string[]) =>
  z.string().refine((text) => isUrl(text, schemes), `must be a URL that begins with ${schemes.map((s) => `${s}//`).join(' or ')}`);
const databaseUrl = url('postgres:', 'postgresql:').refine(
  (text) => !URL.canParse(text) || new URL(text).username !== '',
  'must name a role: postgres://role:password@host/database',
);
/** A file that this process may read. */
const readableFile = z.string().refine((path) => {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false; // whichever way it cannot be read
  }
}, 'must be a file that can be read');

/** What every service reads. */
const base = {
  TONEGRID_ENV: z.enum(['sandbox', 'production']),
  ADMIN_HOST: z.string().default('0.0.0.0'),
  ADMIN_PORT: port(9100),
  LOG_LEVEL: z.enum(logLevels).default('info'),
  OTEL_EXPORTER_OTLP_ENDPOINT: url('http:', 'https:').optional(),
  /** Time between "not ready" and the end of new calls, so that load balancers notice. */
  SHUTDOWN_DELAY_MS: z.coerce.number().int().min(0).max(60_000).default(0),
  /** Time for work under way to finish. */
  SHUTDOWN_GRACE_MS: z.coerce.number().int().min(1_000).max(300_000).default(20_000),
};

const internal = { INTERNAL_TOKEN: z.string().min(32, 'must have at least 32 characters') };
const rpc = { GRPC_HOST: z.string().default('0.0.0.0'), GRPC_PORT: port(50050) };
/** 32 bytes in base64. */
const encryptionKey = z.string().refine((key) => Vault.accepts(key), 'must be 32 bytes in base64');
const migration = { DATABASE_URL: databaseUrl, MIGRATION_DATABASE_URL: databaseUrl };
const database = {
  /** Seals secrets at rest, stored answers to Idempotency-Keys among them. */
  ENCRYPTION_KEY: encryptionKey,
  DATABASE_URL: databaseUrl,
  MIGRATION_DATABASE_URL: databaseUrl.optional(),
  MIGRATE_ON_START: flag,
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(200).default(10),
};
const natsSchemes = ['nats:', 'tls:', 'ws:', 'wss:'];
const events = {
  /** One server, or several of one cluster separated by commas. */
  NATS_URL: z
    .string()
    .refine(
      (text) => text.split(',').every((server) => isUrl(server, natsSchemes)),
      'must be URLs that begin with nats:// or tls://, separated by commas',
    ),
  NATS_CREDENTIALS_FILE: readableFile.optional(),
  NATS_REPLICAS: z.coerce.number().int().min(1).max(5).default(1),
};
const address = z.string().regex(/^(dns:\/\/\/)?[^\s/]+:\d+$/, 'must be host:port');

/** The variables of a service, by what it is made of. */
export interface BaseConfig {
  TONEGRID_ENV: 'sandbox' | 'production';
  ADMIN_HOST: string;
  ADMIN_PORT: number;
  LOG_LEVEL: string;
  OTEL_EXPORTER_OTLP_ENDPOINT?: string;
  SHUTDOWN_DELAY_MS: number;
  SHUTDOWN_GRACE_MS: number;
  INTERNAL_TOKEN: string;
  GRPC_HOST: string;
  GRPC_PORT: number;
  DATABASE_URL: string;
  ENCRYPTION_KEY: string;
  MIGRATION_DATABASE_URL?: string;
  MIGRATE_ON_START: boolean;
  DATABASE_POOL_SIZE: number;
  NATS_URL: string;
  NATS_CREDENTIALS_FILE?: string;
  NATS_REPLICAS: number;
}

/** Which groups of variables apply. */
export interface ConfigParts {
  rpc: boolean;
  database: boolean;
  events: boolean;
  /** Names of peers: their `<NAME>_ADDRESS` is required. */
  peers: readonly string[];
}

/**
 * Reads and checks the environment once. Throws ConfigError that names every variable which is missing or wrong, never its
 * value (it may be a secret). Empty variables count as missing.
 */
export function readConfig<S extends z.ZodRawShape>(
  shape: S,
  parts: ConfigParts,
  env: NodeJS.ProcessEnv = process.env,
): BaseConfig & z.infer<z.ZodObject<S>> {
  const config = checked(z.object(allOf(shape, parts)), env) as unknown as BaseConfig & z.infer<z.ZodObject<S>>;
  if (config.MIGRATE_ON_START && config.MIGRATION_DATABASE_URL === undefined)
    throw new ConfigError(['MIGRATION_DATABASE_URL is required when MIGRATE_ON_START is true']);
  return config;
}

/** The names of all variables that a service of these parts reads. */
export const variables = (shape: z.ZodRawShape, parts: ConfigParts): string[] => Object.keys(allOf(shape, parts)).sort();

const allOf = (shape: z.ZodRawShape, parts: ConfigParts): z.ZodRawShape => ({
  ...base,
  ...(parts.rpc || parts.peers.length > 0 ? internal : {}),
  ...(parts.rpc ? rpc : {}),
  ...(parts.database ? database : {}),
  ...(parts.events ? events : {}),
  ...Object.fromEntries(parts.peers.map((peer) => [addressVariable(peer), address])),
  ...shape,
});

/** What commands about the database need, and nothing else. Throws ConfigError. */
export const readDatabaseConfig = (env: NodeJS.ProcessEnv = process.env) => checked(z.object({ DATABASE_URL: databaseUrl }), env);

/** What `main.js migrate` needs, and nothing else. Throws ConfigError. */
export const readMigrationConfig = (env: NodeJS.ProcessEnv = process.env) => checked(z.object(migration), env);

function checked<S extends z.ZodRawShape>(schema: z.ZodObject<S>, env: NodeJS.ProcessEnv): z.infer<z.ZodObject<S>> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.map((issue) => {
      const name = issue.path.join('.');
      return given[name] === undefined ? `${name} is required` : `${name}: ${issue.message}`;
    }),
  );
}

/** `dsp-simulator` → `DSP_SIMULATOR_ADDRESS`. */
export const addressVariable = (peer: string): string => `${peer.toUpperCase().replace(/-/g, '_')}_ADDRESS`;
