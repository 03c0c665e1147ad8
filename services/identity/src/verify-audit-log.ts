import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { openData } from '@tonegrid/data';
import { verifyChains, type Anchor } from './audit/verify-chains';

const usage = `usage: verify-audit-log [--ends FILE]

Reads the whole audit log and computes every seal anew. Prints what it found; exit status 0: every chain is whole; 1: one is not, the
first row that was altered or removed is named; 2: it could not be read. Needs DATABASE_URL and ENCRYPTION_KEY of identity.

--ends FILE  also checks that where the chains ended at the last run is still in them, and notes where they end now. Kept away from
             the database, it shows even a chain that was set back as a whole.`;

async function main(): Promise<number> {
  const [option, file, ...rest] = process.argv.slice(2);
  if ((option !== undefined && option !== '--ends') || (option !== undefined && !file) || rest.length > 0) throw new Error(usage);
  const { DATABASE_URL: url, ENCRYPTION_KEY: key } = process.env;
  if (!url || !key) throw new Error('DATABASE_URL and ENCRYPTION_KEY are required');
  const anchors = file && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Anchor[]) : [];
  const data = await openData({ url, poolSize: 2, startTimeout: 5_000 });
  try {
    const { tenants, rows, flaws, ends } = await verifyChains(data, key, anchors);
    for (const { tenantUuid, seq, problem } of flaws) process.stdout.write(`tenant ${tenantUuid}, row ${seq}: ${problem}\n`);
    if (flaws.length > 0) {
      process.stdout.write(`${flaws.length} of ${tenants} chains are not whole\n`);
      return 1;
    }
    process.stdout.write(`${rows} rows in ${tenants} chains: every chain is whole\n`);
    if (file) {
      writeFileSync(`${file}.new`, `${JSON.stringify(ends, null, 2)}\n`, { mode: 0o600 });
      renameSync(`${file}.new`, file);
    }
    return 0;
  } finally {
    await data.close();
  }
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    process.stderr.write(`verify-audit-log: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  },
);
