import { openData } from '@tonegrid/data';
import { Vault } from '@tonegrid/secrets';
import { rotateSigningKey } from './tokens/rotate-signing-key';

/**
 * `node dist/src/rotate-signing-keys.js [--compromised]`: publishes a new signing key, as the service does by itself every
 * SIGNING_KEY_DAYS, and prints its id. With --compromised the old keys are taken back at once and every access token is revoked; refresh
 * tokens, API keys and logins stay.
 */
async function main(): Promise<void> {
  const { DATABASE_URL: url, ENCRYPTION_KEY: key } = process.env;
  const unknown = process.argv.slice(2).filter((argument) => argument !== '--compromised');
  if (unknown.length > 0) throw new Error(`unknown argument ${unknown[0]}`);
  if (!url || !key) throw new Error('DATABASE_URL and ENCRYPTION_KEY are required');
  const data = await openData({ url, poolSize: 2 });
  try {
    const kid = await rotateSigningKey(data, new Vault(key), { compromised: process.argv.includes('--compromised') });
    process.stdout.write(`${kid}\n`);
  } finally {
    await data.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`rotate-signing-keys: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
