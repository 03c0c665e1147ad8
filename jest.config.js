// Tests run on the compiled output (dist/), which is what ships. Only ESM-only packages pass through swc, because Jest's
// module system cannot load them as they are. A suite that starts processes lies in test/, units beside their source.
const esmOnly = ['jose', '@nestjs', 'pino-.*', 'standardwebhooks', '@stablelib'].join('|');
const project = (displayName, roots) => ({
  displayName,
  roots,
  testEnvironment: 'node',
  testMatch: ['**/dist/**/*.spec.js'],
  transform: { [`node_modules/(${esmOnly})/.+\\.m?js$`]: ['@swc/jest', { jsc: { target: 'es2022' }, module: { type: 'commonjs', ignoreDynamic: true } }] },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly})/)`, '/dist/'],
  setupFiles: ['reflect-metadata'],
});
module.exports = {
  projects: [project('tonegrid', ['<rootDir>/libs', '<rootDir>/services'])],
  testTimeout: 60000,
};
