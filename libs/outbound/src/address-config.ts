import { z } from 'zod';
import type { AddressRules } from './target';

/** The variables of a service that makes requests to addresses which strangers have chosen. */
export const addressVariables = {
  /** Lets these requests go to private and loopback addresses; for a developer's machine, refused in production. */
  ALLOW_PRIVATE_ADDRESSES: z
    .enum(['true', 'false'])
    .default('false')
    .transform((word) => word === 'true'),
};

/** What the rules hang on. */
export interface AddressConfig {
  TONEGRID_ENV: 'sandbox' | 'production';
  ALLOW_PRIVATE_ADDRESSES: boolean;
}

/** The rules of a deployment: https alone in production; private addresses only where the sandbox allows them. */
export const addressRules = (config: AddressConfig): AddressRules => ({
  httpsOnly: config.TONEGRID_ENV === 'production',
  privateAllowed: config.ALLOW_PRIVATE_ADDRESSES,
});

/** What must keep a service from starting: in production, strangers' requests must never reach the platform's own network. */
export const openProductionProblem = (config: AddressConfig): string | undefined =>
  config.TONEGRID_ENV === 'production' && config.ALLOW_PRIVATE_ADDRESSES
    ? 'ALLOW_PRIVATE_ADDRESSES: only for the sandbox; in production it would let addresses that strangers choose lead into your own network'
    : undefined;
