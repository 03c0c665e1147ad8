import multipart, { type MultipartFile } from '@fastify/multipart';
import { logger } from '@tonegrid/rpc';
import type { Dsp, DspRegistry } from '@tonegrid/dsp-registry';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sniff } from '@tonegrid/ddex';
import { restManifestName, type Arrival } from '../deliveries/delivery';
import type { Journal } from '../deliveries/journal';
import { messageFacts } from '../deliveries/message-facts';
import type { UploadRefusals } from '../deliveries/refuse-uploads';
import { sameSecret } from '../users';
import type { Settings } from '../settings';
import { readRestManifest, type RestManifest } from './manifest';
import { receiveUpload, UploadRefused } from './receive-upload';
import { showDeliveries } from './show-deliveries';

export interface RestDoorSetup {
  settings: Settings;
  registry: DspRegistry;
  journal: Journal;
  refusals: UploadRefusals;
  /** Takes a delivery whose folder is in place. */
  take(arrival: Arrival): Promise<boolean>;
}

/** The REST server of the DSPs that take deliveries by HTTP, and the simulator's own pages about what was received. */
export class RestDoor {
  private readonly app: FastifyInstance;
  private readonly dsps: Map<string, Dsp>;
  private repeats = 0;

  constructor(private readonly setup: RestDoorSetup) {
    this.dsps = new Map(setup.registry.all.filter((dsp) => dsp.endpoint?.kind === 'rest').map((dsp) => [dsp.slug, dsp]));
    this.app = fastify({
      logger: false,
      bodyLimit: 1024 * 1024,
      requestTimeout: 60 * 60_000,
      connectionTimeout: 120_000,
      forceCloseConnections: 'idle',
    });
    for (const slug of this.dsps.keys()) this.sweep(slug);
  }

  async listen(): Promise<void> {
    const { app, setup } = this;
    await app.register(multipart, {
      limits: { fileSize: setup.settings.maxFileBytes, parts: 2100, fields: 0, headerPairs: 50 },
      throwFileSizeLimit: true,
    });
    app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => this.fail(error, reply));
    app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'Not found' }));
    app.post('/:slug/releases', { onRequest: (request, reply) => this.enter(request, reply) }, (request, reply) =>
      this.receive(request, reply),
    );
    showDeliveries(app, setup.journal, setup.settings);
    await app.listen({ host: setup.settings.rest.host, port: setup.settings.rest.port });
  }

  async close(): Promise<void> {
    await this.app.close();
  }

  /** Deliveries that were whole when the process ended, but not noted yet. */
  async resume(): Promise<void> {
    for (const dsp of this.dsps.values())
      for (const messageId of readdirSync(this.folder(dsp.slug))) {
        if (messageId.startsWith('.') || this.setup.journal.get(dsp.slug, messageId)) continue;
        const manifest = readRestManifest(await readFile(join(this.folder(dsp.slug), messageId, restManifestName)));
        if (!('problem' in manifest)) await this.setup.take(await this.arrival(dsp, manifest, 'first'));
      }
  }

  private folder(slug: string): string {
    return join(this.setup.settings.dataDir, 'rest', slug);
  }

  // What was on its way when the process ended.
  private sweep(slug: string): void {
    mkdirSync(this.folder(slug), { recursive: true });
    for (const name of readdirSync(this.folder(slug)))
      if (name.startsWith('.arriving-')) rmSync(join(this.folder(slug), name), { recursive: true, force: true });
  }

  private async enter(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { slug } = request.params as { slug: string };
    const dsp = this.dsps.get(slug);
    const token = /^Bearer (\S{1,500})$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const right = sameSecret(token, dsp ? this.setup.registry.restToken(dsp) : '\0nobody');
    if (!dsp) await reply.code(404).send({ error: 'No such DSP takes deliveries by REST' });
    else if (!right) await reply.code(401).header('www-authenticate', 'Bearer').send({ error: 'The token is wrong' });
    else if (!/^multipart\/form-data\b/i.test(request.headers['content-type'] ?? ''))
      await reply.code(415).send({ error: 'multipart/form-data is wanted' });
  }

  private async receive(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const dsp = this.dsps.get((request.params as { slug: string }).slug)!;
    const header = (name: string): string | undefined => [request.headers[name]].flat()[0];
    // Every part as a stream of its bytes: the signature is over those of the manifest.
    const parts = request.parts({ isPartAFile: () => true }) as AsyncIterable<MultipartFile>;
    const { manifest, isRepeated } = await receiveUpload(parts, {
      folder: this.folder(dsp.slug),
      idempotencyKey: header('idempotency-key'),
      signature: header('x-tonegrid-signature'),
      signatureKey: this.setup.registry.acknowledgementKey(dsp),
      maxFileBytes: this.setup.settings.maxFileBytes,
      refuses: (xml) => this.setup.refusals.refuses(xml),
    });
    await this.setup.take(await this.arrival(dsp, manifest, isRepeated ? `again-${Date.now()}-${this.repeats++}` : 'first'));
    await reply.code(202).send({ status: 'received', message_id: manifest.message_id });
  }

  private async arrival(dsp: Dsp, manifest: RestManifest, key: string): Promise<Arrival> {
    const folder = join('rest', dsp.slug, manifest.message_id);
    const [message] = manifest.files;
    const xml = await readFile(join(this.setup.settings.dataDir, folder, message!.path));
    const header = sniff(xml);
    const sender = header.ok ? header.senderDpid : null;
    return {
      dsp: dsp.slug,
      message_id: manifest.message_id,
      via: 'rest',
      folder,
      message: message!.path,
      message_md5: message!.md5.toLowerCase(),
      key: `${folder}@${key}`,
      of: 1,
      release_id: manifest.release_id,
      date: new Date().toISOString().slice(0, 10),
      sender: { dpid: sender ?? '', name: (header.ok ? messageFacts(xml).senderName : null) ?? sender ?? 'Unknown' },
      fault: null,
    };
  }

  private async fail(error: Error & { statusCode?: number }, reply: FastifyReply): Promise<void> {
    const status = error instanceof UploadRefused ? error.status : (error.statusCode ?? 500);
    if (status >= 500 && !(error instanceof UploadRefused)) logger.error({ err: error }, 'a REST request failed');
    if (status === 503) reply.header('retry-after', '1');
    hearOut(reply);
    await reply.code(status).send({ error: status === 500 ? 'Internal error' : error.message });
  }
}

const patienceMs = 60_000;

/**
 * Reads what is left of a refused request to the end: a connection that is closed on a sender in the middle of its body shows it a broken
 * pipe in place of the answer, and it would try again what is refused for good.
 */
function hearOut({ request: { raw } }: FastifyReply): void {
  if (raw.readableEnded || raw.destroyed) return;
  raw.unpipe();
  raw.resume();
  const late = setTimeout(() => raw.destroy(), patienceMs);
  raw.once('close', () => clearTimeout(late));
}
