import { Query, type PoolClient, type QueryResult, type Submittable } from 'pg';

/** The parts of node-postgres' wire connection that are used here; they are what its own Query class uses. */
interface Wire {
  parsedStatements: Record<string, string | undefined>;
  bind(message: { portal: string; statement: string; values: unknown[] }): void;
  execute(message: { portal: string }): void;
}
interface QueryInternals {
  requiresPreparation(): boolean;
  prepare(wire: Wire): void;
  handleRowDescription(message: unknown): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, wire: Wire): void;
  callback: (error: Error | null, result?: QueryResult) => void;
}

const settings = {
  name: 'tonegrid_tenant',
  text: "select set_config('tonegrid.tenant', $1, true), set_config('transaction_read_only', 'on', true)",
};

const Base = Query as unknown as new (config: { name?: string; text: string; values: unknown[] }) => QueryInternals;

/**
 * A select as one tenant in ONE round trip: the statement that sets the tenant (prepared once a connection) is bound and
 * executed in front of the select, and one Sync ends both. All statements up to a Sync are one transaction (PostgreSQL manual,
 * Message Flow, Pipelining), so what `set_config(…, true)` set is gone when the answer is there, also after an error: the
 * connection keeps nothing of it. node-postgres' own `pipeline: true` sends a Sync after each statement and therefore needs
 * BEGIN and COMMIT. Figures: docs/adr/0004-tenancy-by-row-level-security.md.
 */
class TenantQuery extends Base {
  private ours = false;

  constructor(
    config: { name?: string; text: string; values: unknown[] },
    private readonly tenant: string,
  ) {
    super(config);
  }

  override requiresPreparation(): boolean {
    return true;
  }

  override prepare(wire: Wire): void {
    wire.bind({ portal: '', statement: settings.name, values: [this.tenant] });
    wire.execute({ portal: '' });
    super.prepare(wire);
  }

  // The answer to set_config comes first and without a row description, because it was not asked for.
  override handleRowDescription(message: unknown): void {
    this.ours = true;
    super.handleRowDescription(message);
  }

  override handleDataRow(message: unknown): void {
    if (this.ours) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, wire: Wire): void {
    if (this.ours) super.handleCommandComplete(message, wire);
  }
}

/** Runs a select as a tenant. The caller owns the connection; whatever happens, no transaction is left open on it. */
export async function queryAs<R>(
  client: PoolClient,
  tenant: string,
  config: { name?: string; text: string; values: unknown[] },
): Promise<R[]> {
  const { connection } = client as unknown as { connection: Wire };
  if (!connection.parsedStatements[settings.name]) await client.query({ ...settings, values: [''] });
  const result = await new Promise<QueryResult>((resolve, reject) => {
    const query = new TenantQuery(config, tenant);
    query.callback = (error, answer) => (error ? reject(error) : resolve(answer!));
    client.query(query as unknown as Submittable);
  });
  return result.rows as R[];
}
