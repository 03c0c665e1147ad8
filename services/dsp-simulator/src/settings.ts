import { isAbsolute, resolve } from 'node:path';
import { ConfigError, type BaseConfig } from '@tonegrid/service';
import { z } from 'zod';

const port = z.coerce.number().int().min(1).max(65535).optional();
const milliseconds = (standard: number) => z.coerce.number().int().min(0).max(86_400_000).default(standard);

/** Variables of the simulator beside the base ones. */
export const variables = {
  /** The shared secret of the sandbox: passwords, tokens, keys and the host key follow from it. */
  INTERNAL_TOKEN: z.string().min(32, 'must have at least 32 characters'),
  DSPS_FILE: z.string().min(1),
  DDEX_SCHEMAS_DIR: z.string().min(1).optional(),
  SFTP_HOST: z.string().min(1).default('0.0.0.0'),
  SFTP_PORT: port,
  REST_HOST: z.string().min(1).default('0.0.0.0'),
  REST_PORT: port,
  /** Where the others find the two servers; they listen there when SFTP_PORT and REST_PORT are not set. */
  SIMULATOR_SFTP_PORT: port,
  SIMULATOR_REST_PORT: port,
  SIMULATOR_DATA_DIR: z.string().min(1).default('.local/dsp-simulator'),
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:8080/api'),
  /** Where the platform answers from here, when that is not PUBLIC_URL (in a container, for one). */
  SIMULATOR_CALLBACK_URL: z.url({ protocol: /^https?$/ }).optional(),
  SIMULATOR_ACCEPT_DELAY_MS: milliseconds(300),
  SIMULATOR_LIVE_DELAY_MS: milliseconds(700),
  /** First wait before a callback is tried again; it doubles up to a minute. */
  SIMULATOR_RETRY_MS: z.coerce.number().int().min(10).max(60_000).default(1000),
  SIMULATOR_MAX_FILE_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(8 * 1024 ** 3),
  /** Audio and pictures of deliveries that are done with are removed after this time. */
  SIMULATOR_KEEP_HOURS: z.coerce.number().int().min(1).default(168),
};

type Read = BaseConfig & z.infer<z.ZodObject<typeof variables>>;

/** What the simulator goes by. */
export interface Settings {
  internalToken: string;
  dspsFile: string;
  sftp: { host: string; port: number };
  rest: { host: string; port: number };
  dataDir: string;
  callbackUrl: string;
  acceptDelayMs: number;
  liveDelayMs: number;
  retryMs: number;
  maxFileBytes: number;
  keepHours: number;
}

/** @throws in production, where nothing may play a DSP. */
export function settingsOf(config: Read): Settings {
  if (config.TONEGRID_ENV !== 'sandbox')
    throw new ConfigError(['TONEGRID_ENV: is production, and the DSP simulator is of the sandbox only']);
  return {
    internalToken: config.INTERNAL_TOKEN,
    dspsFile: config.DSPS_FILE,
    sftp: { host: config.SFTP_HOST, port: config.SFTP_PORT ?? config.SIMULATOR_SFTP_PORT ?? 50060 },
    rest: { host: config.REST_HOST, port: config.REST_PORT ?? config.SIMULATOR_REST_PORT ?? 50061 },
    dataDir: isAbsolute(config.SIMULATOR_DATA_DIR) ? config.SIMULATOR_DATA_DIR : resolve(config.SIMULATOR_DATA_DIR),
    callbackUrl: (config.SIMULATOR_CALLBACK_URL ?? config.PUBLIC_URL).replace(/\/+$/, ''),
    acceptDelayMs: config.SIMULATOR_ACCEPT_DELAY_MS,
    liveDelayMs: config.SIMULATOR_LIVE_DELAY_MS,
    retryMs: config.SIMULATOR_RETRY_MS,
    maxFileBytes: config.SIMULATOR_MAX_FILE_BYTES,
    keepHours: config.SIMULATOR_KEEP_HOURS,
  };
}
