/** Secrets at rest: sealed with the deployment's key, or hashed when they only need to be recognised. */
export { Vault } from './vault';
export { hashSecret, equalHashes } from './hash';
export { mintToken, hasTokenForm } from './token';
