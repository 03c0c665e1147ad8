import { join } from 'node:path';
import { local, root } from '../setup/root.mjs';
import { addresses } from './layout.mjs';

const publicUrl = (layout) => `http://127.0.0.1:${layout.services.find(({ name }) => name === 'gateway')?.ports.http ?? 8080}/api`;

/** Database and roles of a service. */
export const databaseOf = (name, secrets) => {
  const database = `tonegrid_${name.replaceAll('-', '_')}`;
  return {
    database,
    owner: { name: `${database}_owner`, password: secrets.DATABASE_PASSWORD },
    app: { name: `${database}_app`, password: secrets.DATABASE_PASSWORD },
  };
};

const urlOf = (adminUrl, database, login) => {
  const url = new URL(adminUrl);
  url.username = login.name;
  url.password = login.password;
  url.pathname = `/${database}`;
  return url.toString();
};

/**
 * The environment of one service. What the caller has set himself and is not the platform's own wiring (LOG_LEVEL, OTEL_…,
 * STORAGE_URL, AWS_…, NODE_EXTRA_CA_CERTS) passes through.
 */
export function environmentOf(service, { layout, secrets, adminUrl, natsUrl, schemas }, env = process.env) {
  const own = Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(npm_|INIT_CWD$|DATABASE_URL$|MIGRATION_DATABASE_URL$)/.test(name)),
  );
  const simulator = layout.services.find(({ name }) => name === 'dsp-simulator');
  const { database, owner, app } = databaseOf(service.name, secrets);
  return {
    ...own,
    TONEGRID_ENV: 'sandbox',
    LOG_LEVEL: env.LOG_LEVEL || 'info',
    ...(service.hasDatabase && {
      DATABASE_URL: urlOf(adminUrl, database, app),
      MIGRATION_DATABASE_URL: urlOf(adminUrl, database, owner),
      MIGRATE_ON_START: 'true',
    }),
    NATS_URL: natsUrl,
    GRPC_HOST: '127.0.0.1',
    ...(service.ports.grpc && { GRPC_PORT: String(service.ports.grpc) }),
    ADMIN_HOST: '127.0.0.1',
    ADMIN_PORT: String(service.ports.admin),
    HTTP_HOST: '127.0.0.1',
    ...(service.ports.http && { HTTP_PORT: String(service.ports.http) }),
    BASE_PATH: '/api',
    PUBLIC_URL: publicUrl(layout),
    INTERNAL_TOKEN: secrets.INTERNAL_TOKEN,
    ENCRYPTION_KEY: secrets.ENCRYPTION_KEY,
    STORAGE_URL: env.STORAGE_URL || `file://${encodeURI(join(local, 'storage'))}`,
    DSPS_FILE: env.DSPS_FILE || join(root, 'deploy/dsps.yaml'),
    ...(schemas && { DDEX_SCHEMAS_DIR: schemas }),
    ...addresses(layout),
    ...(simulator && {
      SIMULATOR_HOST: '127.0.0.1',
      SIMULATOR_SFTP_PORT: String(simulator.ports.sftp),
      SIMULATOR_REST_PORT: String(simulator.ports.rest),
    }),
    ...(service.name === 'dsp-simulator' && {
      SFTP_HOST: '127.0.0.1',
      REST_HOST: '127.0.0.1',
      SIMULATOR_DATA_DIR: env.SIMULATOR_DATA_DIR || join(local, 'dsp-simulator'),
    }),
    ALLOW_PRIVATE_ADDRESSES: 'true',
  };
}

export { publicUrl };
