import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/root.mjs';
import { Stop } from '../setup/stop.mjs';

// Ports of the services that other parts of the documentation name. A service that is not listed gets the next free pair.
const known = {
  gateway: { http: ['HTTP_PORT', 8080], admin: ['GATEWAY_ADMIN_PORT', 9150] },
  identity: { grpc: ['IDENTITY_GRPC_PORT', 50051], admin: ['IDENTITY_ADMIN_PORT', 9151] },
  catalog: { grpc: ['CATALOG_GRPC_PORT', 50052], admin: ['CATALOG_ADMIN_PORT', 9152] },
  ingestion: { grpc: ['INGESTION_GRPC_PORT', 50053], admin: ['INGESTION_ADMIN_PORT', 9153] },
  ddex: { grpc: ['DDEX_GRPC_PORT', 50054], admin: ['DDEX_ADMIN_PORT', 9154] },
  delivery: { grpc: ['DELIVERY_GRPC_PORT', 50055], admin: ['DELIVERY_ADMIN_PORT', 9155] },
  webhooks: { grpc: ['WEBHOOKS_GRPC_PORT', 50056], admin: ['WEBHOOKS_ADMIN_PORT', 9156] },
  'dsp-simulator': { sftp: ['SIMULATOR_SFTP_PORT', 50060], rest: ['SIMULATOR_REST_PORT', 50061], admin: ['SIMULATOR_ADMIN_PORT', 9160] },
};
const firstUnlisted = { grpc: 50070, admin: 9170 };

const upper = (name) => name.toUpperCase().replaceAll('-', '_');

/** A port: the variable's value, or the standard one moved by PORT_OFFSET. */
function portOf([variable, standard], env) {
  const text = env[variable] || String(standard + Number(env.PORT_OFFSET || 0));
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new Stop(`${env[variable] ? variable : 'PORT_OFFSET'} gives "${text}", which is no port: use a number from 1 to 65535.`);
  return port;
}

/**
 * The services of services/ that are built, with their ports: { name, ports: { grpc, admin, … }, variables: { grpc: 'CATALOG_GRPC_PORT', … },
 * main, hasDatabase }, and the ports of PostgreSQL and NATS.
 */
export function readLayout(env = process.env) {
  const folder = join(root, 'services');
  let unlisted = 0;
  const services = readdirSync(folder)
    .sort()
    .filter((name) => existsSync(join(folder, name, 'bundle/main.js')))
    .map((name) => {
      const entry = known[name] ?? {
        grpc: [`${upper(name)}_GRPC_PORT`, firstUnlisted.grpc + unlisted],
        admin: [`${upper(name)}_ADMIN_PORT`, firstUnlisted.admin + unlisted++],
      };
      const dependencies = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')).dependencies ?? {};
      return {
        name,
        ports: Object.fromEntries(Object.entries(entry).map(([kind, port]) => [kind, portOf(port, env)])),
        variables: Object.fromEntries(Object.entries(entry).map(([kind, [variable]]) => [kind, variable])),
        main: join(folder, name, 'bundle/main.js'),
        hasDatabase: '@tonegrid/data' in dependencies,
      };
    });
  return { services, postgresPort: portOf(['POSTGRES_PORT', 54329], env), natsPort: portOf(['NATS_PORT', 4222], env) };
}

/** Every port that the sandbox listens on: { port, part, variable }. */
export function portsOf(layout, { postgres, nats }) {
  return [
    ...(postgres ? [{ port: layout.postgresPort, part: 'PostgreSQL', variable: 'POSTGRES_PORT' }] : []),
    ...(nats ? [{ port: layout.natsPort, part: 'NATS', variable: 'NATS_PORT' }] : []),
    ...layout.services.flatMap(({ name, ports, variables }) =>
      Object.entries(ports).map(([kind, port]) => ({
        port,
        part: kind === 'http' || kind === 'grpc' ? name : `${name} ${kind}`,
        variable: variables[kind],
      })),
    ),
  ];
}

/** host:port of each service that serves rpcs, by its variable: CATALOG_ADDRESS. */
export const addresses = ({ services }) =>
  Object.fromEntries(
    services.filter(({ ports }) => ports.grpc).map(({ name, ports }) => [`${upper(name)}_ADDRESS`, `127.0.0.1:${ports.grpc}`]),
  );
