import { addressVariables } from '@tonegrid/outbound';
import { z } from 'zod';

const isrcPrefixes = z
  .string()
  .transform((text) => text.split(',').map((prefix) => prefix.trim()))
  .refine(
    (prefixes) => prefixes.every((prefix) => /^[A-Z]{2}[A-Z0-9]{0,3}$/.test(prefix)),
    'must be ISRC prefixes (country and registrant), separated by commas',
  );

/** Variables of the catalogue beside the base ones. */
export const config = {
  /** Where audio and pictures are: file:///folder or s3://bucket/prefix. */
  STORAGE_URL: z.string().min(1),
  /** The registry of DSPs. */
  DSPS_FILE: z.string().min(1),
  /** The API as its users reach it. */
  PUBLIC_URL: z.url(),
  /** Where pictures are fetched from; a CDN in front of `GET /artwork/{key}`, or that route itself when not set. */
  ARTWORK_BASE_URL: z.url().optional(),
  /** Digits that every assigned UPC-A begins with: the operator's GS1 company prefix. 2 is GS1's for restricted circulation. */
  UPC_PREFIX: z
    .string()
    .regex(/^\d{1,9}$/, 'must be 1 to 9 digits')
    .default('2'),
  /** ISRC prefixes of the operator; a shorter one stands for all registrants that begin with it. */
  ISRC_PREFIXES: isrcPrefixes.default(['NGT']),
  /** The operator's GRid issuer code. */
  GRID_ISSUER: z
    .string()
    .regex(/^[0-9A-Z]{5}$/, 'must be 5 letters or digits')
    .default('TNGRD'),
  ...addressVariables,
};

/** The checked variables that use cases ask for. */
export interface CatalogConfig {
  TONEGRID_ENV: 'sandbox' | 'production';
  ENCRYPTION_KEY: string;
  STORAGE_URL: string;
  DSPS_FILE: string;
  PUBLIC_URL: string;
  ARTWORK_BASE_URL?: string;
  UPC_PREFIX: string;
  ISRC_PREFIXES: string[];
  GRID_ISSUER: string;
  ALLOW_PRIVATE_ADDRESSES: boolean;
}
