import { createServer, type Server } from 'node:http';
import { logger, metrics } from '@tonegrid/rpc';

/** One thing that must be right before calls may come. */
export interface ReadinessCheck {
  name: string;
  /** Throws, with the reason, when it is not. */
  check(): Promise<void>;
}

/** Longest time for one check, milliseconds; less than the three seconds in which the kubelet wants an answer. */
const patience = 2_500;

/**
 * The admin port: `/livez` (the process answers), `/readyz` (every check holds; the body says which does not, and why) and `/metrics`
 * (Prometheus text). Not for the public.
 */
export class AdminServer {
  private readonly server: Server;
  private state: 'starting' | 'ready' | 'stopping' = 'starting';
  private checks: readonly ReadinessCheck[] = [];

  constructor() {
    this.server = createServer((request, response) => {
      const send = (status: number, type: string, body: string) => response.writeHead(status, { 'content-type': type }).end(body);
      const path = request.url?.split('?')[0];
      if (path === '/livez') return send(200, 'text/plain', 'ok\n');
      if (path === '/readyz') {
        return void this.readiness().then(({ ready, report }) =>
          send(ready ? 200 : 503, 'application/json', `${JSON.stringify(report)}\n`),
        );
      }
      if (path === '/metrics') {
        return void metrics.registry.metrics().then(
          (text) => send(200, metrics.registry.contentType, text),
          (error: unknown) => {
            logger.error({ err: error }, 'metrics failed');
            send(500, 'text/plain', 'metrics failed\n');
          },
        );
      }
      return send(404, 'text/plain', 'not found\n');
    });
  }

  listen(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => this.server.once('error', reject).listen(port, host, () => resolve()));
  }

  /** The service has started; from now on it is ready as long as the checks hold. */
  started(checks: readonly ReadinessCheck[]): void {
    this.checks = checks;
    this.state = 'ready';
  }

  stopping(): void {
    this.state = 'stopping';
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async readiness(): Promise<{ ready: boolean; report: { status: string; checks: Record<string, string> } }> {
    if (this.state !== 'ready') return { ready: false, report: { status: this.state, checks: {} } };
    const results = await Promise.all(this.checks.map(async ({ name, check }) => [name, await resultOf(check)] as const));
    const ready = results.every(([, result]) => result === 'ok');
    return { ready, report: { status: ready ? 'ready' : 'degraded', checks: Object.fromEntries(results) } };
  }
}

/** `ok`, or why not. */
async function resultOf(check: () => Promise<void>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${patience} ms`)), patience);
  });
  try {
    await Promise.race([check(), late]);
    return 'ok';
  } catch (error) {
    return reasonOf(error);
  } finally {
    clearTimeout(timer);
  }
}

/** What an error says, with what caused it: the admin port may know more than a caller. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const said = error.message || (error as NodeJS.ErrnoException).code || error.name;
  return error.cause === undefined ? said : `${said} (${reasonOf(error.cause)})`;
}
