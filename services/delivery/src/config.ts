import { dpidProblem } from '@tonegrid/dsp-registry';
import { z } from 'zod';

const milliseconds = z.coerce.number().int().min(10).max(86_400_000);

/** Variables of delivery beside the base ones. Times are in milliseconds; the sandbox has shorter ones, see `timingOf`. */
export const config = {
  /** The DSPs, deploy/dsps.yaml. */
  DSPS_FILE: z.string().min(1),
  /** Where audio and artwork are. */
  STORAGE_URL: z.string().min(1),
  /** The platform's DDEX Party Identifier: the sender of every manifest. */
  PLATFORM_DPID: z
    .string()
    .refine((dpid) => dpidProblem(dpid) === null, 'is not a DPID with a right check character')
    .default('PADPIDA2026012301U'),
  PLATFORM_NAME: z.string().min(1).max(200).default('ToneGrid'),
  /** Messages that are sent at the same time, by this process and to one DSP by all processes. */
  DELIVERY_CONCURRENCY: z.coerce.number().int().min(1).max(256).default(8),
  DELIVERY_CONCURRENCY_PER_DSP: z.coerce.number().int().min(1).max(64).default(2),
  /** Waits before the second, third, … attempt, separated by commas; after the last one the delivery has failed. */
  DELIVERY_RETRY_DELAYS_MS: z
    .string()
    .regex(/^\d{1,9}(,\d{1,9})*$/, 'must be milliseconds separated by commas')
    .transform((text) => text.split(',').map(Number))
    .optional(),
  /** How long a message belongs to a worker that gives no sign of life. */
  DELIVERY_LEASE_MS: milliseconds.optional(),
  /** How often an acknowledgement folder is looked into while an answer is expected. */
  ACK_POLL_MS: milliseconds.optional(),
};

/** The checked variables of delivery. */
export interface DeliveryConfig {
  TONEGRID_ENV: 'sandbox' | 'production';
  DSPS_FILE: string;
  STORAGE_URL: string;
  PLATFORM_DPID: string;
  PLATFORM_NAME: string;
  DELIVERY_CONCURRENCY: number;
  DELIVERY_CONCURRENCY_PER_DSP: number;
  DELIVERY_RETRY_DELAYS_MS?: number[];
  DELIVERY_LEASE_MS?: number;
  ACK_POLL_MS?: number;
  SHUTDOWN_GRACE_MS?: number;
}

/** Waits and intervals, in milliseconds. */
export interface Timing {
  retryDelays: number[];
  lease: number;
  ackPoll: number;
  /** How long uploads may go on after the process was asked to stop. */
  stopGrace: number;
}

const seconds = 1000;
const minutes = 60 * seconds;
const hours = 60 * minutes;

/** In production as DSPs expect it, in the sandbox short enough to be watched. */
export function timingOf(config: DeliveryConfig): Timing {
  const sandbox = config.TONEGRID_ENV === 'sandbox';
  return {
    retryDelays:
      config.DELIVERY_RETRY_DELAYS_MS ??
      (sandbox
        ? [1, 2, 4, 8, 15, 30, 60].map((s) => s * seconds)
        : [minutes, 5 * minutes, 15 * minutes, hours, 3 * hours, 8 * hours, 24 * hours]),
    lease: config.DELIVERY_LEASE_MS ?? (sandbox ? 10 * seconds : minutes),
    ackPoll: config.ACK_POLL_MS ?? (sandbox ? seconds : minutes),
    // Less than the grace of the process, so that attempts which are cut off can still say so.
    stopGrace: Math.min(Math.max((config.SHUTDOWN_GRACE_MS ?? 20 * seconds) - 2 * seconds, seconds), sandbox ? 8 * seconds : Infinity),
  };
}
