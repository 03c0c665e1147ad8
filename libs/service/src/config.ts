import { Vault } from '@tonegrid/secrets';
import { z } from 'zod';

/** A variable that is missing or wrong; the message names each. */
export class ConfigError extends Error {
  constructor(problems: string[]) {
    super(`configuration refused:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

const port = (standard: number) => z.coerce.number().int().min(0).max(65535).default(standard);
const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((word) => word === 'true');
const url = (...schemes: string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && schemes.includes(new URL(text).protocol),
      `must be a URL that begins with ${schemes.map((s) => `${s}//`).join(' or ')}`,
    );

/** What every service reads. */
const base = {
  TONEGRID_ENV: z.enum(['sandbox', 'production']),
  ADMIN_HOST: z.string().default('0.0.0.0'),
  ADMIN_PORT: port(9100),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
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
const database = {
  /** Seals secrets at rest, stored answers to Idempotency-Keys among them. */
  ENCRYPTION_KEY: encryptionKey,
  DATABASE_URL: url('postgres:', 'postgresql:'),
  MIGRATION_DATABASE_URL: url('postgres:', 'postgresql:').optional(),
  MIGRATE_ON_START: flag,
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(200).default(10),
};
const events = {
  NATS_URL: z.string().min(1),
  NATS_CREDENTIALS_FILE: z.string().optional(),
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
  const schema = z.object({
    ...base,
    ...(parts.rpc || parts.peers.length > 0 ? internal : {}),
    ...(parts.rpc ? rpc : {}),
    ...(parts.database ? database : {}),
    ...(parts.events ? events : {}),
    ...Object.fromEntries(parts.peers.map((peer) => [addressVariable(peer), address])),
    ...shape,
  });
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const result = schema.safeParse(given);
  if (!result.success) {
    throw new ConfigError(
      result.error.issues.map((issue) => {
        const name = issue.path.join('.');
        return given[name] === undefined ? `${name} is required` : `${name}: ${issue.message}`;
      }),
    );
  }
  return result.data as unknown as BaseConfig & z.infer<z.ZodObject<S>>;
}

/** `dsp-simulator` → `DSP_SIMULATOR_ADDRESS`. */
export const addressVariable = (peer: string): string => `${peer.toUpperCase().replace(/-/g, '_')}_ADDRESS`;
