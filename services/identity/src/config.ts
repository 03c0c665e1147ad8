import { z } from 'zod';

/** Variables of identity beside the base ones. */
export const config = {
  /** `iss` of the tokens. */
  PUBLIC_URL: z.url(),
};

/** The checked variables of identity. */
export interface IdentityConfig {
  TONEGRID_ENV: 'sandbox' | 'production';
  ENCRYPTION_KEY: string;
  PUBLIC_URL: string;
  DATABASE_URL: string;
}
