import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findSchemasDir } from '@tonegrid/ddex';
import { loadRegistry, type DspRegistry } from '@tonegrid/dsp-registry';
import { freePort, startProcess, waitFor, type RunningProcess } from '@tonegrid/testing';

const service = resolve(__dirname, '..', '..');
export const dspsFile = resolve(service, '..', '..', 'deploy', 'dsps.yaml');
export const internalToken = 'dsp-simulator-suite-internal-token-0123456789';
export const schemasDir = findSchemasDir(process.env, __dirname);

/** What the platform was told by a DSP. */
export interface Told {
  slug: string;
  body: { event_id: string; message_id: string; status: string; dsp_release_id?: string; live_url?: string; reason?: string };
  raw: string;
  signature: string;
}

/** The platform's end of the callbacks. `answer` says with which status a call is met; 200 by default. */
export interface Platform {
  url: string;
  told: Told[];
  answer: (told: Told) => number;
  close(): Promise<void>;
}

export async function startPlatform(): Promise<Platform> {
  const told: Told[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks).toString();
      const slug = /^\/api\/dsp\/([a-z0-9]+)\/acknowledgements$/.exec(request.url ?? '')?.[1] ?? '';
      const one: Told = { slug, raw, body: JSON.parse(raw) as Told['body'], signature: String(request.headers['x-tonegrid-signature']) };
      const status = platform.answer(one);
      if (status === 200) told.push(one);
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const platform: Platform = {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}/api`,
    told,
    answer: () => 200,
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
  return platform;
}

/** A delivery as GET /simulator/deliveries shows it; what the suites look at. */
export interface Shown {
  dsp: string;
  message_id: string;
  kind: string | null;
  state: string;
  title: string;
  icpn: string;
  duplicates: number;
  schema: string | null;
  dsp_release_id: string | null;
  files: { path: string; bytes: number; md5: string }[];
  fault: { status: string; text: string } | null;
  reports: { event_id: string; status: string; due_at: string; sent_at: string | null; attempts: number; gave_up: string | null }[];
  xml?: string;
}

/** A started simulator with its own folder and ports. */
export interface RunningSimulator {
  process: RunningProcess;
  registry: DspRegistry;
  sftpPort: number;
  restUrl: string;
  adminUrl: string;
  dataDir: string;
  /** Starts the process again in the same folder and on the same ports. */
  restart(): Promise<void>;
  delivery(messageId: string): Promise<Shown | null>;
  /** Waits until a delivery is in a state. */
  reached(messageId: string, state: string): Promise<Shown>;
  close(): Promise<void>;
}

export async function startSimulator(more: Record<string, string> = {}): Promise<RunningSimulator> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tonegrid-dsp-simulator-'));
  const [sftpPort, restPort, adminPort] = [await freePort(), await freePort(), await freePort()];
  const env = {
    TONEGRID_ENV: 'sandbox',
    INTERNAL_TOKEN: internalToken,
    DSPS_FILE: dspsFile,
    ...(schemasDir ? { DDEX_SCHEMAS_DIR: schemasDir } : {}),
    SFTP_HOST: '127.0.0.1',
    SFTP_PORT: String(sftpPort),
    REST_HOST: '127.0.0.1',
    REST_PORT: String(restPort),
    ADMIN_HOST: '127.0.0.1',
    ADMIN_PORT: String(adminPort),
    SIMULATOR_DATA_DIR: dataDir,
    SIMULATOR_ACCEPT_DELAY_MS: '30',
    SIMULATOR_LIVE_DELAY_MS: '60',
    SIMULATOR_RETRY_MS: '50',
    ...more,
  };
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  const start = () =>
    startProcess({
      name: 'dsp-simulator',
      command: [process.execPath, join(service, 'dist', 'src', 'main.js')],
      cwd: service,
      env,
      ready: `${adminUrl}/readyz`,
    });
  const restUrl = `http://127.0.0.1:${restPort}`;
  const running: RunningSimulator = {
    process: await start(),
    registry: loadRegistry(dspsFile, {
      TONEGRID_ENV: 'sandbox',
      INTERNAL_TOKEN: internalToken,
      SIMULATOR_SFTP_PORT: String(sftpPort),
      SIMULATOR_REST_PORT: String(restPort),
    }),
    sftpPort,
    restUrl,
    adminUrl,
    dataDir,
    async restart() {
      await running.process.kill9();
      running.process = await start();
    },
    async delivery(messageId) {
      const answer = await fetch(`${restUrl}/simulator/deliveries/${messageId}`);
      return answer.status === 404 ? null : ((await answer.json()) as Shown);
    },
    reached: (messageId, state) =>
      waitFor(
        async () => {
          const delivery = await running.delivery(messageId);
          if (delivery?.state === state) return delivery;
          throw new Error(`${delivery?.state ?? 'not received'} ${JSON.stringify(delivery?.fault ?? null)}`);
        },
        { what: `${messageId} being ${state}` },
      ),
    async close() {
      await running.process.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return running;
}
