import { createServer, type Server } from 'node:http';
import { logger, metrics } from '@tonegrid/rpc';

/** One thing that must be right before calls may come. */
export interface ReadinessCheck {
  name: string;
  /** Throws, with the reason, when it is not. */
  check(): Promise<void>;
}

/**
 * The admin port: `/livez` (the process answers), `/readyz` (every check holds; the body says which does not) and `/metrics`
 * (Prometheus text). Not for the public.
 */
export class AdminServer {
  private readonly server: Server;
  private state: 'starting' | 'ready' | 'stopping' = 'starting';

  constructor(private readonly checks: ReadinessCheck[]) {
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

  ready(): void {
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
    const checks: Record<string, string> = {};
    let ready = this.state === 'ready';
    if (ready) {
      await Promise.all(
        this.checks.map(async ({ name, check }) => {
          try {
            await check();
            checks[name] = 'ok';
          } catch (error) {
            ready = false;
            checks[name] = error instanceof Error ? error.message : String(error);
          }
        }),
      );
    }
    return { ready, report: { status: ready ? 'ready' : this.state === 'ready' ? 'degraded' : this.state, checks } };
  }
}
