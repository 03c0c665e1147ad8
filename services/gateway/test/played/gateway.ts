import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import type { DescService } from '@bufbuild/protobuf';
import { services } from '@tonegrid/contracts';
import { rpcClient, type RpcClient } from '@tonegrid/rpc';
import { z } from 'zod';
import { Gateway } from '../../src/gateway';
import type { Backends } from '../../src/http/serve-contract';
import { settingsShape, type Settings } from '../../src/settings';
import { internalToken, PlayedServices } from './services';

/** An answer, with its body parsed when it is JSON. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json: any;
}

/** What to send. */
export interface Sent extends Omit<RequestOptions, 'headers'> {
  headers?: Record<string, string | string[]>;
  /** A credential for the Authorization header. */
  as?: string;
  body?: string | Buffer;
  json?: unknown;
}

export const settingsOf = (changed: Record<string, unknown> = {}): Settings => ({
  ...z.object(settingsShape).parse({ PUBLIC_URL: 'http://127.0.0.1/api', HTTP_PORT: 0, ...changed }),
  SHUTDOWN_GRACE_MS: 5_000,
  TONEGRID_ENV: (changed['TONEGRID_ENV'] as 'sandbox' | undefined) ?? 'sandbox',
});

/** A gateway that listens, over played services that it reaches by real gRPC. */
export class RunningGateway {
  private constructor(
    readonly played: PlayedServices,
    readonly gateway: Gateway,
    readonly port: number,
    private readonly clients: RpcClient<DescService>[],
  ) {}

  static async start(changed: Record<string, unknown> = {}, played = new PlayedServices()): Promise<RunningGateway> {
    const address = await played.start();
    const backends: Backends = Object.fromEntries(
      Object.entries(services).map(([name, service]) => [
        name,
        { service, client: rpcClient(service as DescService, { address, internalToken }) },
      ]),
    );
    const gateway = new Gateway(settingsOf(changed), backends);
    return new RunningGateway(
      played,
      gateway,
      await gateway.start(),
      Object.values(backends).map(({ client }) => client),
    );
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    this.clients.forEach((client) => client.close());
    await this.played.stop();
  }

  /** Sends a request below the base path. */
  send(method: string, path: string, sent: Sent = {}): Promise<Answer> {
    return this.sendRaw(method, `/api${path}`, sent);
  }

  sendRaw(method: string, path: string, { as, body, json, headers = {}, ...rest }: Sent = {}): Promise<Answer> {
    const bytes = json === undefined ? body : JSON.stringify(json);
    const framed = bytes === undefined || 'content-length' in headers || 'transfer-encoding' in headers;
    const all: Record<string, string | string[]> = {
      ...(as && { authorization: `Bearer ${as}` }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...(!framed && { 'content-length': String(Buffer.byteLength(bytes)) }),
      ...headers,
    };
    return new Promise((resolve, reject) => {
      const request = httpRequest({ host: '127.0.0.1', port: this.port, method, path, headers: all, agent: false, ...rest }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const isJson = response.headers['content-type']?.includes('json') && text !== '';
          resolve({ status: response.statusCode!, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined });
        });
      });
      request.on('error', reject);
      request.end(bytes);
    });
  }
}
