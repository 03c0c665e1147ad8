import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { buildOpenApi } from './openapi';

/** Writes docs/openapi.json of the repository, or the file that is named: `node services/gateway/dist/src/docs/write-openapi.js [file]`. */
const file = resolve(process.argv[2] ?? resolve(__dirname, '../../../../../docs/openapi.json'));
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify(buildOpenApi(), null, 2)}\n`);
