// A gateway over services that answer an empty message to everything, and that counts nobody's requests: what is left is the gateway. Prints, as JSON, its port, an access
// token and an API key.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../services/gateway/package.json', import.meta.url));
require('reflect-metadata');
const { RunningGateway } = require('./dist/test/played/gateway.js');
const { everyScope } = require('./dist/test/played/services.js');

const gateway = await RunningGateway.start({ RATE_LIMIT_GENERAL: 0 });
await gateway.played.addSigningKey('k1');
gateway.played.tokens.set('t1', everyScope);
// What was called is of interest to suites; here it would only grow.
gateway.played.calls.push = () => 0;
console.log(JSON.stringify({ port: gateway.port, token: await gateway.played.token('k1', 't1'), key: 'tgk_every_scope' }));
