import { dpidProblem } from '@tonegrid/dsp-registry';
import { z } from 'zod';

/** Variables of ddex beside the base ones. */
export const config = {
  /** The DSPs, deploy/dsps.yaml. */
  DSPS_FILE: z.string().min(1),
  /** Folder of DDEX's schemas; without it they are looked for beside the checkout, and may be missing. */
  DDEX_SCHEMAS_DIR: z.string().min(1).optional(),
  /** The platform's DDEX Party Identifier: the sender of every message. */
  PLATFORM_DPID: z
    .string()
    .refine((dpid) => dpidProblem(dpid) === null, 'is not a DPID with a right check character')
    .default('PADPIDA2026012301U'),
  PLATFORM_NAME: z.string().min(1).max(200).default('ToneGrid'),
  /** Threads that judge messages, each with its own compiled schemas (some 60 MB). Of several, one is kept for messages of ordinary size. */
  VALIDATOR_WORKERS: z.coerce.number().int().min(1).max(64).default(2),
};

/** The checked variables of ddex. */
export interface DdexConfig {
  TONEGRID_ENV: 'sandbox' | 'production';
  DSPS_FILE: string;
  DDEX_SCHEMAS_DIR?: string;
  PLATFORM_DPID: string;
  PLATFORM_NAME: string;
  VALIDATOR_WORKERS: number;
}
