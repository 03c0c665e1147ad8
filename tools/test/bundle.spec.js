const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { join, resolve } = require('node:path');

const services = resolve(__dirname, '../../services');
const bundles = readdirSync(services).filter((name) => existsSync(join(services, name, 'bundle/main.js')));

// V8 remembers so many different first keys of small object literals; from there on it gives each new one a hidden class of its own.
test.each(bundles)('the modules in the bundle of %s are wrapped in literals of one shape', (name) => {
  const code = readFileSync(join(services, name, 'bundle/main.js'), 'utf8');
  const keys = [...code.matchAll(/\b__(?:commonJS|esm)\(\{\s*([^(]+)\(/g)].map(([, key]) => key);
  expect(keys.length).toBeGreaterThan(500);
  expect(new Set(keys)).toEqual(new Set(['module']));
});

test('there are bundles', () => expect(bundles.length).toBeGreaterThan(7));
