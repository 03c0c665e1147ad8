import { parseArgs } from 'node:util';
import { openData } from '@tonegrid/data';
import { Vault } from '@tonegrid/secrets';
import { Audit } from './audit/audit';
import { createPlatformTenant } from './tenants/create-platform-tenant';
import { reviewPolicyIn } from './tenants/insert-tenant';

/**
 * `node dist/src/create-platform-tenant.js --name NAME --slug SLUG [--email EMAIL]`: the first step after an installation. Makes the
 * platform's own tenant with an API key that has every scope, and an owner with a password when an address is given, and prints them as one
 * line of JSON, this once. Exit status 1, with a sentence, when there is a tenant already. Needs identity's environment.
 */
async function main(): Promise<void> {
  const { DATABASE_URL: url, ENCRYPTION_KEY: encryptionKey, TONEGRID_ENV: environment } = process.env;
  const { values } = parseArgs({ options: { name: { type: 'string' }, slug: { type: 'string' }, email: { type: 'string' } } });
  if (!url || !encryptionKey || !environment) throw new Error('DATABASE_URL, ENCRYPTION_KEY and TONEGRID_ENV are required');
  if (!Vault.accepts(encryptionKey)) throw new Error('ENCRYPTION_KEY must be 32 bytes in base64');
  const data = await openData({ url, poolSize: 2, startTimeout: 5_000 });
  try {
    const { name = '', slug = '', email } = values;
    const wanted = { name, slug, email, reviewPolicy: reviewPolicyIn(environment) } as const;
    const made = await createPlatformTenant(data, new Audit({ ENCRYPTION_KEY: encryptionKey }), wanted);
    process.stdout.write(`${JSON.stringify(made)}\n`);
  } finally {
    await data.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`create-platform-tenant: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
