import { mintToken, type Vault } from '@tonegrid/secrets';

const prefix = 'tgwhsec_';
/** Random characters; with the checksum of 6 they make 48, a whole number of base64 quartets. They hold 250 bits. */
const randomCharacters = 42;
/** Characters of a secret that are kept in the clear, to recognise it: `tgwhsec_a1b2c3d`. */
const shownCharacters = prefix.length + 7;

/**
 * A new signing secret: `tgwhsec_` and 48 letters and digits. What follows `whsec_` is base64 as it stands, which the libraries of
 * Standard Webhooks decode to the key.
 */
export const mintSecret = (): string => mintToken(prefix, randomCharacters);

/** A secret as its row holds it. */
export interface SealedSecret {
  sealed: Buffer;
  prefix: string;
}

/** Seals a secret for one webhook: it opens with the webhook's uuid alone. */
export const sealSecret = (vault: Vault, secret: string, webhookUuid: string): SealedSecret => ({
  sealed: vault.seal(secret, webhookUuid),
  prefix: secret.slice(0, shownCharacters),
});

/** A sealed secret in the clear. */
export const openSecret = (vault: Vault, sealed: Uint8Array, webhookUuid: string): string => vault.open(sealed, webhookUuid).toString();
