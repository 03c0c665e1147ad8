import { z } from 'zod';
import type { BaseConfig } from '@tonegrid/service';
import { isRange } from './auth/addresses';
import { ratePlansShape } from './limits/rate-plans';

const count = (standard: number) => z.coerce.number().int().min(0).default(standard);

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text && /^https?:/.test(text);
const listOf = (accepts: (each: string) => boolean, problem: string) =>
  z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((each) => each.trim())
        .filter((each) => each !== ''),
    )
    .refine((list) => list.every(accepts), problem);

/** The gateway's own variables. Rates are requests a minute for each access token; 0 turns a class off. */
export const settingsShape = {
  PUBLIC_URL: z
    .string()
    .refine(
      (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && !text.endsWith('/'),
      'must be an http or https URL without a slash at its end',
    ),
  HTTP_HOST: z.string().default('127.0.0.1'),
  HTTP_PORT: z.coerce.number().int().min(0).max(65535).default(8080),
  BASE_PATH: z
    .string()
    .regex(/^(\/[A-Za-z0-9._~-]+)*$/, 'must begin with a slash and not end with one')
    .default('/api'),
  /** Largest JSON body after decompression, bytes. */
  MAX_BODY_BYTES: z.coerce.number().int().min(1024).max(31_457_280).default(5_242_880),
  /** Proxies whose X-Forwarded-For is believed: addresses or CIDR ranges, separated by commas. */
  TRUSTED_PROXIES: listOf(isRange, 'must be addresses or CIDR ranges, separated by commas'),
  /** Origins whose pages may use the API from a browser, cookies included; none when left out. */
  CORS_ORIGINS: listOf(isOrigin, 'must be origins such as https://app.example.com, separated by commas'),
  /** What all gateways share, in Redis or Valkey: the counters of the rate limits, and whose Idempotency-Keys are; each knows its own when left out. */
  REDIS_URL: z
    .string()
    .refine(
      (text) => URL.canParse(text) && /^rediss?:$/.test(new URL(text).protocol),
      'must be a URL that begins with redis:// or rediss://',
    )
    .optional(),
  /** Where revocations are heard; without it they take effect within a second all the same. */
  NATS_URL: z.string().min(1).optional(),
  NATS_CREDENTIALS_FILE: z.string().optional(),
  RATE_LIMIT_GENERAL: count(120),
  RATE_LIMIT_AUDIO: count(10),
  RATE_LIMIT_DISTRIBUTION: count(30),
  RATE_LIMIT_ANALYTICS: count(60),
  /** Longest wait for the shared counters; then a request passes uncounted, milliseconds. */
  RATE_LIMIT_STORE_TIMEOUT_MS: z.coerce.number().int().min(10).max(10_000).default(250),
  /** Limits of rate plans by name, as JSON: what a plan does not name is as for everybody. */
  RATE_PLANS: ratePlansShape.optional(),
  /** Longest time in which the head of a request must have arrived, milliseconds. */
  HEADERS_TIMEOUT_MS: z.coerce.number().int().min(100).default(10_000),
  /** Longest time in which a body that is not an upload must have arrived, milliseconds. */
  BODY_TIMEOUT_MS: z.coerce.number().int().min(100).default(30_000),
  /** Longest silence of a sender in the middle of an upload, milliseconds. */
  UPLOAD_STALL_MS: z.coerce.number().int().min(100).default(30_000),
};

/** The checked configuration of the gateway. */
export type Settings = z.infer<z.ZodObject<typeof settingsShape>> & Pick<BaseConfig, 'TONEGRID_ENV' | 'SHUTDOWN_GRACE_MS'>;
