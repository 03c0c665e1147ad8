import { types } from 'pg';
import { DataSource, type EntitySchema, type MigrationInterface } from 'typeorm';
import { Data } from './data';
import { isUnavailable, translated } from './database-errors';
import { observePool } from './pool-metrics';
import { Silence } from './silence';

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- TypeORM's own type for a list of classes
type Entity = Function | EntitySchema;
type Migration = new () => MigrationInterface;

export interface DataOptions {
  /** postgres://role:password@host:port/database; at runtime DATABASE_URL, the role that owns nothing. */
  url: string;
  entities?: Entity[];
  /** In order; their names end in a timestamp, as TypeORM asks. */
  migrations?: Migration[];
  /** Connections at most; 10 by default. */
  poolSize?: number;
  /** Milliseconds to wait for a free or new connection before `service.unavailable`; 5,000 by default. */
  connectTimeout?: number;
  /** Milliseconds for one statement, ended by the server; 30,000 by default, 0 for none. */
  statementTimeout?: number;
  applicationName?: string;
  /** Milliseconds to keep trying while the database is not there at start; 30,000 by default. */
  startTimeout?: number;
  /** Told of connections lost while idle; the pool replaces them by itself. */
  onLostConnection?: (error: Error) => void;
}

// A DATE is a day, not a moment: the driver's Date in local time moves it across midnight. As text it stays what it is.
const dateOid = 1082;
const typeParsers = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === dateOid ? (value: string) => value : (types.getTypeParser as (oid: number, format?: string) => unknown)(oid, format),
};

const defaultStatementTimeout = 30_000;

/** The TypeORM DataSource of a service, not yet connected. Never synchronizes: the schema comes from migrations alone. */
export function createDataSource(options: DataOptions): DataSource {
  return new DataSource({
    type: 'postgres',
    url: options.url,
    entities: options.entities ?? [],
    migrations: options.migrations ?? [],
    synchronize: false,
    migrationsRun: false,
    // The runtime role may not create extensions, and none is needed: uuids are made in the code (version 7).
    installExtensions: false,
    logging: false,
    poolSize: options.poolSize ?? 10,
    connectTimeoutMS: options.connectTimeout ?? 5000,
    applicationName: options.applicationName,
    poolErrorHandler: (error: unknown) => options.onLostConnection?.(error as Error),
    extra: {
      keepAlive: true,
      types: typeParsers,
      statement_timeout: options.statementTimeout ?? defaultStatementTimeout,
      idle_in_transaction_session_timeout: 60_000,
    },
  });
}

/** Connects; waits for a database that is still starting. Throws `service.unavailable` if it does not come. */
export async function openData(options: DataOptions): Promise<Data> {
  const dataSource = createDataSource(options);
  const statementTimeout = options.statementTimeout ?? defaultStatementTimeout;
  const silence = statementTimeout > 0 ? new Silence(statementTimeout + 5000) : undefined;
  const end = Date.now() + (options.startTimeout ?? 30_000);
  for (;;) {
    try {
      await dataSource.initialize();
      const data: Data = new Data(dataSource, () => forget());
      const forget = observePool(data.pool);
      if (silence) data.pool.on('acquire', (client) => silence.watch(client));
      return data;
    } catch (error) {
      if (!isUnavailable(error) || Date.now() > end) throw translated(error);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}
