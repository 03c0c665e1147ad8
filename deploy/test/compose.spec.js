const { readdirSync } = require('node:fs');
const { join } = require('node:path');
const { parse } = require('yaml');
const { read, root } = require('./dockerfile');

const compose = parse(read('deploy/compose.yaml'), { merge: true });
const platform = readdirSync(join(root, 'services'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

describe('deploy/compose.yaml', () => {
  test('starts every service of services/, and each as itself', () => {
    expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(platform));
    for (const name of platform) expect(compose.services[name].environment.SERVICE).toBe(name);
  });

  test('addresses only services that it starts', () => {
    for (const name of platform) {
      for (const [variable, value] of Object.entries(compose.services[name].environment)) {
        if (variable.endsWith('_ADDRESS')) expect(compose.services).toHaveProperty(value.split(':')[0]);
      }
    }
  });

  test('makes the database and the two roles of each service that has one', () => {
    const sql = read('deploy/postgres-init.sql');
    const owners = platform.filter((name) => compose.services[name].environment.DATABASE_URL);
    expect(owners).toHaveLength(5);
    for (const name of owners) {
      const { DATABASE_URL, MIGRATION_DATABASE_URL } = compose.services[name].environment;
      expect([DATABASE_URL, MIGRATION_DATABASE_URL]).toEqual(
        ['app', 'owner'].map((role) => `postgres://${name}_${role}:local@postgres:5432/${name}`),
      );
      expect(sql).toContain(`create database ${name} owner ${name}_owner;`);
      for (const role of ['app', 'owner'])
        expect(sql).toMatch(new RegExp(`^create role ${name}_${role} login .* nosuperuser .* nobypassrls;$`, 'm'));
    }
  });

  test('opens ports on loopback only and holds no key of its own', () => {
    const ports = Object.values(compose.services).flatMap(({ ports: open = [] }) => open);
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    for (const secret of ['INTERNAL_TOKEN', 'ENCRYPTION_KEY']) expect(compose['x-env'][secret]).toMatch(/^\$\{\w+:\?.+\}$/);
  });

  test('runs the services as the chart does: read-only, without capabilities, /tmp writable', () => {
    for (const name of platform) {
      expect(compose.services[name]).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        tmpfs: ['/tmp'],
        build: { dockerfile: 'deploy/Dockerfile' },
      });
    }
  });
});
