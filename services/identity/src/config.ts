import { z } from 'zod';

/** Variables of identity beside the base ones. */
export const config = {
  /** `iss` of the tokens; its path is that of the session cookie. */
  PUBLIC_URL: z.url(),
  /** Days after which a new key signs access tokens; 0: only when told to. */
  SIGNING_KEY_DAYS: z.coerce.number().int().min(0).max(3650).default(30),
};

/** The checked variables of identity. */
export interface IdentityConfig {
  TONEGRID_ENV: 'sandbox' | 'production';
  ENCRYPTION_KEY: string;
  PUBLIC_URL: string;
  DATABASE_URL: string;
  NATS_URL: string;
  NATS_CREDENTIALS_FILE?: string;
  SIGNING_KEY_DAYS: number;
}
