import { addressVariables, isNameServer } from '@tonegrid/outbound';
import { z } from 'zod';

/** Seconds after a failed attempt until the next: 1m 5m 15m 1h 3h 8h 24h 48h (reference, Webhooks, Retry policy). */
const documentedRetries = '60,300,900,3600,10800,28800,86400,172800';

const seconds = z
  .string()
  .regex(/^\d{1,8}(\.\d{1,3})?(,\d{1,8}(\.\d{1,3})?)*$/, 'must be seconds separated by commas')
  .transform((text) => text.split(',').map(Number));

const nameServers = z
  .string()
  .transform((text) => text.split(',').map((server) => server.trim()))
  .refine((servers) => servers.every(isNameServer), 'must be IP addresses, with or without a port, separated by commas');

/** Variables of webhooks beside the base ones. */
export const config = {
  /** The registry of DSPs, whose slugs are in the event types. */
  DSPS_FILE: z.string().min(1),
  ...addressVariables,
  /** Name servers that the names of subscribers are looked up with; those of the system by default. */
  WEBHOOK_DNS_SERVERS: nameServers.optional(),
  /** Seconds after each failed attempt until the next; one retry per number. Another schedule than the documented is for tests. */
  WEBHOOK_RETRY_SECONDS: seconds.default(documentedRetries.split(',').map(Number)),
  /** Milliseconds until an attempt counts as failed, from the look-up of the name to the answer. */
  WEBHOOK_TIMEOUT_MS: z.coerce.number().int().min(100).max(60_000).default(10_000),
  /** Attempts under way at once in one process. */
  WEBHOOK_IN_FLIGHT: z.coerce.number().int().min(1).max(1_000).default(64),
  /** Attempts under way at once to one webhook, in one process. */
  WEBHOOK_IN_FLIGHT_PER_ENDPOINT: z.coerce.number().int().min(1).max(1_000).default(8),
  /** Milliseconds beyond the time-out after which an attempt whose outcome nobody has written is taken for interrupted. */
  WEBHOOK_LEASE_MARGIN_MS: z.coerce.number().int().min(500).max(600_000).default(20_000),
  /** Days that the log of attempts is kept. */
  WEBHOOK_RETENTION_DAYS: z.coerce.number().int().min(1).max(3_650).default(30),
};

/** The checked variables that webhooks asks for. */
export interface WebhooksConfig {
  TONEGRID_ENV: 'sandbox' | 'production';
  ENCRYPTION_KEY: string;
  DSPS_FILE: string;
  ALLOW_PRIVATE_ADDRESSES: boolean;
  WEBHOOK_DNS_SERVERS?: string[];
  WEBHOOK_RETRY_SECONDS: number[];
  WEBHOOK_TIMEOUT_MS: number;
  WEBHOOK_IN_FLIGHT: number;
  WEBHOOK_IN_FLIGHT_PER_ENDPOINT: number;
  WEBHOOK_LEASE_MARGIN_MS: number;
  WEBHOOK_RETENTION_DAYS: number;
}
