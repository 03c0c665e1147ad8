const { existsSync } = require('node:fs');
const { join } = require('node:path');

// Tests run on the compiled output (dist/), which is what ships. Only ESM-only packages pass through swc, because Jest's
// module system cannot load them as they are. A suite that starts processes lies in test/, units beside their source.
const esmOnly = ['jose', '@nestjs', 'pino-.*', 'standardwebhooks', '@stablelib'].join('|');
const project = (displayName, roots) => ({
  displayName,
  roots,
  testEnvironment: 'node',
  testMatch: ['**/dist/**/*.spec.js'],
  transform: {
    [`node_modules/(${esmOnly})/.+\\.m?js$`]: [
      '@swc/jest',
      { jsc: { target: 'es2022' }, module: { type: 'commonjs', ignoreDynamic: true } },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly})/)`, '<rootDir>/((libs|services)/[^/]+|e2e)/dist/'],
  setupFiles: ['reflect-metadata'],
});
// One PostgreSQL for all suites of a run, started when the first of them asks. Without libs/testing built, each suite starts its own.
const shared = (name) => join(__dirname, 'libs/testing/dist/src', name);
module.exports = {
  ...(existsSync(shared('global-setup.js')) && { globalSetup: shared('global-setup.js'), globalTeardown: shared('global-teardown.js') }),
  projects: [
    project('tonegrid', ['<rootDir>/libs', '<rootDir>/services', '<rootDir>/e2e']),
    // Chart, Dockerfile and dashboards: plain JavaScript, nothing to compile.
    {
      displayName: 'deploy',
      roots: ['<rootDir>/helm', '<rootDir>/deploy'],
      testEnvironment: 'node',
      testMatch: ['**/test/*.spec.js'],
      transform: {},
    },
    // The repository itself: who imports whom, what is generated, what is locked.
    {
      displayName: 'house',
      roots: ['<rootDir>/tools'],
      testEnvironment: 'node',
      testMatch: ['**/test/*.spec.js'],
      transform: {},
    },
  ],
  testTimeout: 120000,
};
