import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run, tail } from '../setup/run.mjs';
import { local, root } from '../setup/root.mjs';
import { Stop } from '../setup/stop.mjs';
import { publicUrl } from './environment.mjs';
import { sampleFiles } from './sample.mjs';
import { readSandboxFile, runningSandbox, writeSandboxFile } from './sandbox-file.mjs';
import { step } from './screen.mjs';

const entry = join(root, 'services/identity/dist/src/seed.js');

/** Whether the key of .local/sandbox.env still opens the gateway. */
async function keyWorks(url, key) {
  try {
    const response = await fetch(`${url}/auth/me`, { headers: { authorization: `Bearer ${key}` }, signal: AbortSignal.timeout(5000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false; // nobody answers: then seeding says why
  }
}

/** Seeds the sandbox if that has not been done on this database, and keeps .local/sandbox.env right. */
export async function seedOnce({ layout }, print) {
  const url = publicUrl(layout);
  const kept = readSandboxFile();
  if (kept.TONEGRID_KEY && (await keyWorks(url, kept.TONEGRID_KEY))) {
    if (kept.TONEGRID_URL !== url) writeSandboxFile({ ...kept, TONEGRID_URL: url });
  } else {
    const begin = performance.now();
    const { TONEGRID_TENANT: tenant } = await seedSandbox();
    print(step('seed', `tenant ${tenant} with a user, a key and an OAuth client`, performance.now() - begin));
  }
  await sampleFiles(join(local, 'sample'));
}

/**
 * Makes the sandbox's tenant, user, key and OAuth client by identity's own entry, which keeps credentials that still work, and writes
 * .local/sandbox.env. Answers its values.
 */
export async function seedSandbox() {
  const { url, services } = runningSandbox();
  if (!services.identity || !existsSync(entry))
    throw new Stop('The sandbox runs without the identity service, so that there is nothing to seed.');
  const { code, output } = await run(process.execPath, [entry], {
    cwd: root,
    env: { ...process.env, ...services.identity, ...readSandboxFile() },
  });
  const line = output.split('\n').find((text) => text.startsWith('{'));
  if (code !== 0 || !line) throw new Stop(`${tail(output)}\n\nThe sandbox could not be seeded: is it running? Its last lines are above.`);
  const seeded = JSON.parse(line);
  const values = {
    TONEGRID_URL: url,
    TONEGRID_KEY: seeded.key,
    TONEGRID_CLIENT_ID: seeded.client_id,
    TONEGRID_CLIENT_SECRET: seeded.client_secret,
    TONEGRID_EMAIL: seeded.email,
    TONEGRID_PASSWORD: seeded.password,
    TONEGRID_TENANT: seeded.tenant,
    TONEGRID_TENANT_UUID: seeded.tenant_uuid,
    TONEGRID_ENTERPRISE_KEY: seeded.enterprise_key,
    TONEGRID_PLATFORM_KEY: seeded.platform_key,
  };
  writeSandboxFile(values);
  return values;
}
