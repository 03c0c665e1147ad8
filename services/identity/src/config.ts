import { Vault } from '@tonegrid/secrets';
import { z } from 'zod';

const opensVault = (key: string): boolean => {
  try {
    return new Vault(key) instanceof Vault;
  } catch {
    // Told below, without the value.
    return false;
  }
};

/** Variables of identity beside the base ones. */
export const config = {
  /** 32 bytes in base64: seals the signing keys. */
  ENCRYPTION_KEY: z.string().refine(opensVault, 'must be 32 bytes in base64'),
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
