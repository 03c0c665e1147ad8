import { Client, escapeIdentifier, escapeLiteral } from 'pg';

export interface Login {
  name: string;
  password: string;
}

/**
 * Makes what a service needs of a server, as far as it is not there: the role that owns the tables (migrations), the role
 * that runs (owns nothing, bound by row-level security) and the database. Passwords are set anew. For test suites and the
 * local stack; in production the operator's own tools do this (docs/adr/0004-tenancy-by-row-level-security.md lists what).
 */
export async function prepareDatabase(
  adminUrl: string,
  { database, owner, app }: { database: string; owner: Login; app: Login },
): Promise<void> {
  const admin = await connected(adminUrl);
  try {
    for (const role of [owner, app]) {
      const exists = await admin.query('select 1 from pg_roles where rolname = $1', [role.name]);
      await admin.query(
        `${exists.rowCount ? 'alter' : 'create'} role ${escapeIdentifier(role.name)} with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
         password ${escapeLiteral(role.password)}`,
      );
    }
    const exists = await admin.query('select 1 from pg_database where datname = $1', [database]);
    if (!exists.rowCount) await admin.query(`create database ${escapeIdentifier(database)} owner ${escapeIdentifier(owner.name)}`);
    await admin.query(`revoke all on database ${escapeIdentifier(database)} from public`);
    await admin.query(`grant connect on database ${escapeIdentifier(database)} to ${escapeIdentifier(app.name)}`);
  } finally {
    await admin.end();
  }
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  const inside = await connected(url.toString());
  try {
    await inside.query(`revoke create on schema public from public; grant usage on schema public to ${escapeIdentifier(app.name)}`);
  } finally {
    await inside.end();
  }
}

async function connected(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}
