// Run as a program with the path of a service's main.js: reads environments, a list in JSON, from standard input and prints as JSON
// which variables the service knows and, for each environment, what it refuses. The service is loaded and not started.
const Module = require('node:module');
const { join, resolve } = require('node:path');

const [, , main] = process.argv;
const { readConfig, ConfigError, variables } = require(join(resolve(__dirname, '../..'), 'libs/service/dist/src/config.js'));

let definition;
const load = Module._load;
Module._load = function (request, ...rest) {
  const exported = load.call(this, request, ...rest);
  if (request !== '@tonegrid/service') return exported;
  return { ...exported, runService: (given) => ((definition = given), Promise.resolve()) };
};
require(main);
if (!definition) throw new Error(`${main} runs no service`);

const { config, rpc = true, database, events = false, peers = [] } = definition;
const parts = { rpc, database: database !== undefined, events, peers };

function refused(env) {
  try {
    readConfig(config, parts, env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
}

const chunks = [];
process.stdin.on('data', (chunk) => chunks.push(chunk));
process.stdin.on('end', () => {
  const environments = JSON.parse(Buffer.concat(chunks).toString());
  process.stdout.write(JSON.stringify({ variables: variables(config, parts), refused: environments.map(refused) }), () => process.exit(0));
});
