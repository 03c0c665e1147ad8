import { Client } from 'pg';
import { tenancyFaults, type Platform } from '../src';

type Owner = Platform['owners'][number];

/** Tables of every service that hold nothing of a tenant. */
const everywhere = {
  migrations: 'which migrations have run',
  inbox: 'which events a consumer has handled, by their ids',
  inbox_positions: 'how far a consumer has come in the stream',
};

/** Tables of one service that hold nothing of a tenant. A new table takes its place here with its reason, or has a policy. */
const platformTables: Record<Owner, Record<string, string>> = {
  identity: { signing_keys: 'the keys that sign access tokens are the deployment’s own' },
  catalog: { identifier_series: 'how far the operator’s and the tenants’ numbers have been given out' },
  ingestion: {},
  delivery: {
    ack_files: 'names of files in the DSPs’ acknowledgement folders',
    ack_polls: 'when each DSP’s folder is looked into next',
  },
  webhooks: {},
};

/** Tests of every table of every service. Part of a suite that has a platform running. */
export function describeTenancy(running: () => Platform): void {
  describe('row-level security', () => {
    const owners: Owner[] = ['identity', 'catalog', 'ingestion', 'delivery', 'webhooks'];

    /** Looks into a service's database as superuser, in a transaction that is undone. */
    async function inside<T>(owner: Owner, look: (client: Client, role: string) => Promise<T>): Promise<T> {
      const { adminUrl, appRole } = running().database(owner);
      const client = new Client({ connectionString: adminUrl });
      await client.connect();
      try {
        await client.query('begin');
        return await look(client, appRole);
      } finally {
        await client.end();
      }
    }

    const faults = (owner: Owner, client: Client, role: string) => tenancyFaults(client, role, { ...everywhere, ...platformTables[owner] });

    test('is looked at in every database that there is', () => expect([...running().owners].sort()).toEqual([...owners].sort()));

    test.each(owners)('keeps tenants apart in every table of %s', async (owner) => {
      const { found, tables } = await inside(owner, async (client, role) => ({
        found: await faults(owner, client, role),
        tables: (await client.query(`select from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`)).rowCount,
      }));
      expect(found).toEqual([]);
      expect(tables).toBeGreaterThan(6);
    });

    test.each(owners)('shows a stranger, and whoever does not say who he is, no row of %s', async (owner) => {
      const counts = await inside(owner, async (client, role) => {
        const { rows: tables } = await client.query<{ name: string }>(
          `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and has_table_privilege($1, oid, 'select')`,
          [role],
        );
        const ours = new Set(Object.keys({ ...everywhere, ...platformTables[owner] }));
        const total = tables.filter(({ name }) => !ours.has(name)).map(({ name }) => `select count(*)::int as n from "${name}"`);
        await client.query(`set local role ${role}`);
        const seenBy = async (tenant: string) => {
          await client.query(`select set_config('tonegrid.tenant', $1, true)`, [tenant]);
          const { rows } = await client.query<{ n: number }>(`select sum(n)::int as n from (${total.join(' union all ')}) each`);
          return rows[0]!.n;
        };
        return { stranger: await seenBy('00000000-0000-7000-8000-00000000dead'), nobody: await seenBy(''), all: await seenBy('*') };
      });
      expect(counts).toMatchObject({ stranger: 0, nobody: 0 });
      expect(counts.all).toBeGreaterThan(0);
    });

    const ask = 'using (tenant_uuid = (select tonegrid_tenant()))';
    const forced = 'alter table leak enable row level security; alter table leak force row level security';
    test.each([
      [
        'a table without row-level security',
        () => 'create table leak (tenant_uuid uuid)',
        ['table leak has no forced row-level security', 'table leak has no policy for ROLE'],
      ],
      [
        'a table whose tenant goes by another name',
        () => 'create table leak (owner_tenant text)',
        ['table leak has no forced row-level security', 'table leak has no policy for ROLE'],
      ],
      [
        'a table that nobody has named',
        () => 'create table leak (title text)',
        ['table leak has no forced row-level security', 'table leak has no policy for ROLE'],
      ],
      [
        'row-level security that its owner escapes',
        () => `create table leak (tenant_uuid uuid); alter table leak enable row level security; create policy p on leak ${ask}`,
        ['table leak has no forced row-level security'],
      ],
      [
        'a policy that lets everyone in',
        () => `create table leak (tenant_uuid uuid); ${forced}; create policy p on leak ${ask}; create policy q on leak using (true)`,
        ['policy q of table leak does not ask for the tenant'],
      ],
      [
        'a policy that lets everyone write',
        () => `create table leak (tenant_uuid uuid); ${forced}; create policy p on leak ${ask} with check (true)`,
        ['policy p of table leak does not ask for the tenant'],
      ],
      [
        'a policy for somebody else',
        () => `create table leak (tenant_uuid uuid); ${forced}; create policy p on leak to pg_monitor ${ask}`,
        ['table leak has no policy for ROLE'],
      ],
      [
        'a table of the service’s own role',
        (role: string) =>
          `create table leak (tenant_uuid uuid); ${forced}; create policy p on leak ${ask}; alter table leak owner to ${role}`,
        ['table leak belongs to ROLE'],
      ],
      [
        'a copy that no policy reaches',
        () => 'create materialized view leak as select * from releases',
        ['materialized view leak can have no row-level security'],
      ],
      [
        'a view with the rights of its owner',
        () => 'create view leak as select * from releases',
        ['view leak reads with the rights of its owner'],
      ],
      [
        'a function with the rights of its owner',
        () => `create function leak() returns int language sql security definer as 'select 1'`,
        ['function leak runs with the rights of its owner'],
      ],
      [
        'a platform’s table that gets a tenant',
        () => 'alter table identifier_series add tenant_uuid uuid',
        ["table identifier_series is named as the platform's own and has tenant_uuid"],
      ],
      [
        'a platform’s table that is gone',
        () => 'drop table identifier_series',
        ["identifier_series is named as the platform's own and does not exist"],
      ],
      [
        'a role that row-level security does not bind',
        (role: string) => `alter role ${role} bypassrls`,
        ['ROLE acts as ROLE, which has BYPASSRLS'],
      ],
      [
        'a role that may become such a one',
        (role: string) => `create role leak_all bypassrls; grant leak_all to ${role}`,
        ['ROLE acts as leak_all, which has BYPASSRLS'],
      ],
    ])('is found wanting by %s', async (_what, spoil, expected) => {
      const found = await inside('catalog', async (client, role) => {
        await client.query(spoil(role));
        return (await faults('catalog', client, role)).map((fault) => fault.replaceAll(role, 'ROLE'));
      });
      expect(found).toEqual(expected);
    });
  });
}
