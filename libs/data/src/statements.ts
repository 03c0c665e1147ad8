import type { PoolClient, Submittable } from 'pg';

/** One SQL statement. `name` makes it a prepared statement of the connection; two texts must never have one name. */
export interface Statement {
  text: string;
  values?: unknown[];
  name?: string;
}

/** What a statement answered: its rows, and its command tag's first word (`SELECT`, `COMMIT`). */
export interface Answer {
  rows: unknown[];
  command: string;
}

/** The parts of node-postgres' wire connection that are used here; they are what its own Query class uses. */
interface Wire {
  stream: { cork(): void; uncork(): void };
  parsedStatements: Record<string, string | undefined>;
  parse(message: { text: string; name?: string }): void;
  bind(message: { statement?: string; values: unknown[] }): void;
  describe(message: { type: 'P' }): void;
  execute(message: object): void;
  sync(): void;
  sendCopyFail(reason: string): void;
  on(event: 'parseComplete', listener: () => void): void;
  removeListener(event: 'parseComplete', listener: () => void): void;
}
interface ClientInternals {
  connection: Wire;
  _types: { getTypeParser(oid: number, format: 'text'): (value: string) => unknown };
}
interface RowDescription {
  fields: { name: string; dataTypeID: number }[];
}

// node-postgres has no other door to how it writes parameters (dates, arrays, JSON, buffers).
// eslint-disable-next-line @typescript-eslint/no-require-imports -- a module without types
const { prepareValue } = require('pg/lib/utils') as { prepareValue(value: unknown): unknown };

/** How the rows of a statement look; undefined: it gives none. */
type Shape = { names: string[]; parsers: ((value: string) => unknown)[] } | undefined;

/** Shapes of the prepared statements of a connection: known once, they need not be asked for again. */
const known = new WeakMap<Wire, Map<string, Shape>>();

/**
 * Several statements in ONE message and one round trip: all are parsed (where need be), bound and executed, and one Sync ends them.
 * What lies between two Syncs outside of a transaction is a transaction (PostgreSQL manual, Message Flow, Pipelining); in one, a failing
 * statement keeps those behind it from being run. node-postgres' own `pipeline: true` sends a Sync after each statement and so
 * cannot tie them together. Figures: docs/adr/0004-tenancy-by-row-level-security.md.
 */
class Statements implements Submittable {
  /** Answered so far. After a failure: those before the one that failed. */
  readonly answers: Answer[] = [];
  private wire!: Wire;
  private shapes!: Map<string, Shape>;
  /** Those whose Parse is on its way, in their order. */
  private parsing: Statement[] = [];
  private rows: unknown[] = [];
  private shape: Shape;
  private unreadable: Error | undefined;

  constructor(
    private readonly statements: readonly Statement[],
    private readonly types: ClientInternals['_types'],
    public callback: (error: Error | null) => void,
  ) {}

  submit(connection: unknown): Error | null {
    const wire = (this.wire = connection as Wire);
    let values: unknown[][];
    try {
      values = this.statements.map((statement) => (statement.values ?? []).map(prepareValue));
    } catch (error) {
      return error as Error;
    }
    const names = new Map<string, string>();
    for (const { name, text } of this.statements) {
      const other = name && (wire.parsedStatements[name] ?? names.get(name));
      if (other && other !== text) return new Error(`two statements have the name ${name}`);
      if (name) names.set(name, text);
    }
    let shapes = known.get(wire);
    if (!shapes) known.set(wire, (shapes = new Map<string, Shape>()));
    this.shapes = shapes;
    names.clear();
    wire.stream.cork();
    try {
      this.statements.forEach((statement, n) => this.send(statement, values[n]!, names));
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
    if (this.parsing.length > 0) wire.on('parseComplete', this.parsed);
    this.begin();
    return null;
  }

  private send({ text, name }: Statement, values: unknown[], sent: Map<string, string>): void {
    const { wire } = this;
    if (!name || (wire.parsedStatements[name] === undefined && !sent.has(name))) {
      wire.parse({ text, name });
      this.parsing.push({ text, name });
      if (name) sent.set(name, text);
    }
    wire.bind({ statement: name, values });
    if (!name || !this.shapes.has(name)) wire.describe({ type: 'P' });
    wire.execute({});
  }

  private readonly parsed = (): void => {
    const { name, text } = this.parsing.shift()!;
    if (name) this.wire.parsedStatements[name] = text;
  };

  /** The next statement's answer begins. */
  private begin(): void {
    this.rows = [];
    const name = this.statements[this.answers.length]?.name;
    this.shape = name === undefined ? undefined : this.shapes.get(name);
  }

  private end(): void {
    // A connection that is lost already is never reached.
    (this.wire as Wire | undefined)?.removeListener('parseComplete', this.parsed);
  }

  handleRowDescription({ fields }: RowDescription): void {
    this.shape = {
      names: fields.map((field) => field.name),
      parsers: fields.map((field) => this.types.getTypeParser(field.dataTypeID, 'text')),
    };
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    if (!this.shape || this.unreadable) return;
    const { names, parsers } = this.shape;
    const row: Record<string, unknown> = {};
    try {
      for (let n = 0; n < fields.length; n += 1) {
        const value = fields[n]!;
        row[names[n]!] = value === null ? null : parsers[n]!(value);
      }
      this.rows.push(row);
    } catch (error) {
      this.unreadable = error as Error;
    }
  }

  handleCommandComplete({ text }: { text: string }): void {
    // From the one whose rows could not be read on nothing counts as answered.
    if (this.unreadable) return;
    const name = this.statements[this.answers.length]?.name;
    if (name) this.shapes.set(name, this.shape);
    this.answers.push({ rows: this.rows, command: text.split(' ', 1)[0]! });
    this.begin();
  }

  handleEmptyQuery(): void {
    this.answers.push({ rows: [], command: '' });
    this.begin();
  }

  handlePortalSuspended(): void {
    // Rows are never asked for in portions.
  }

  handleCopyInResponse(connection: unknown): void {
    (connection as Wire).sendCopyFail('COPY has a way of its own');
  }

  handleCopyData(): void {
    // See handleCopyInResponse.
  }

  handleError(error: Error): void {
    this.end();
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.end();
    this.callback(this.unreadable ?? null);
  }
}

/**
 * Runs statements in one round trip, see `Statements`; of a failure tells besides what those before it answered. The caller owns the
 * connection.
 */
export function runStatements(client: PoolClient, statements: readonly Statement[]): Promise<{ answers: Answer[]; error?: Error }> {
  const { _types: types } = client as unknown as ClientInternals;
  return new Promise((resolve) => {
    const query = new Statements(statements, types, (error) =>
      resolve(error ? { answers: query.answers, error } : { answers: query.answers }),
    );
    client.query(query as Submittable);
  });
}

/**
 * A select as one tenant in one round trip. Outside of a transaction, so what `set_config(…, true)` set is gone when the answer is there,
 * also after an error: the connection keeps nothing of it.
 */
export async function readAs<R>(client: PoolClient, tenant: string, statement: Statement): Promise<R[]> {
  const { answers, error } = await runStatements(client, [{ ...readingAs, values: [tenant] }, statement]);
  if (error) throw withStackOfCaller(error);
  return answers[1]!.rows as R[];
}

/** The error with the stack of who asked: the driver's own ends in its socket. */
export function withStackOfCaller(error: Error): Error {
  Error.captureStackTrace(error, withStackOfCaller);
  return error;
}

/** Says for this transaction whose rows are seen, and that nothing is changed. */
export const readingAs = {
  name: 'tonegrid_read_as',
  text: "select set_config('tonegrid.tenant', $1, true), set_config('transaction_read_only', 'on', true)",
};

/** Says for this transaction whose rows are seen and taken; its value is the tenant's uuid or `*`. */
export const actingAs = { name: 'tonegrid_act_as', text: "select set_config('tonegrid.tenant', $1, true)" };
