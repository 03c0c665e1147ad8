import { join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { stateOf, type Delivery } from '../deliveries/delivery';
import { readPlainFile } from '../deliveries/find-arrivals';
import type { Journal } from '../deliveries/journal';
import type { Settings } from '../settings';
import { sameSecret } from '../users';

const most = 1000;

/** A delivery as the pages show it. */
export const shown = (delivery: Delivery) => ({
  dsp: delivery.dsp,
  message_id: delivery.message_id,
  thread_id: delivery.thread_id,
  message_type: delivery.message_type,
  ern_version: delivery.ern_version,
  kind: delivery.kind,
  is_test: delivery.is_test,
  state: stateOf(delivery),
  title: delivery.title,
  icpn: delivery.icpn,
  isrcs: delivery.isrcs,
  release_id: delivery.release_id,
  dsp_release_id: delivery.dsp_release_id,
  live_url: delivery.live_url,
  via: delivery.via,
  folder: delivery.folder,
  message: delivery.message,
  files: delivery.files,
  schema: delivery.schema,
  duplicates: delivery.duplicates,
  fault: delivery.fault,
  received_at: delivery.received_at,
  checked_at: delivery.checked_at,
  reports: delivery.reports,
});

/**
 * `GET /simulator/deliveries` (`?dsp=`, `?state=`, `?release_id=`, newest first), `GET /simulator/deliveries/:messageId` with the XML, and
 * `…/:messageId/message.xml`. For this machine, or with INTERNAL_TOKEN as the bearer token.
 */
export function showDeliveries(app: FastifyInstance, journal: Journal, settings: Settings): void {
  const onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (!mayLook(request, settings.internalToken))
      await reply.code(401).send({ error: 'From elsewhere, INTERNAL_TOKEN is wanted as the bearer token' });
  };
  const find = (request: FastifyRequest): Delivery | undefined =>
    journal.find((request.params as { messageId: string }).messageId, (request.query as { dsp?: string }).dsp);
  const xmlOf = async (delivery: Delivery): Promise<string | null> => {
    if (delivery.message === null) return null;
    return (await readPlainFile(join(settings.dataDir, delivery.folder, delivery.message), 20 * 1024 * 1024))?.toString('utf8') ?? null;
  };

  app.get('/simulator/deliveries', { onRequest }, (request) => {
    const { dsp, state, release_id: releaseId } = request.query as { dsp?: string; state?: string; release_id?: string };
    const deliveries = journal
      .all()
      .filter(
        (delivery) =>
          (!dsp || delivery.dsp === dsp) && (!state || stateOf(delivery) === state) && (!releaseId || delivery.release_id === releaseId),
      )
      .reverse();
    return { count: deliveries.length, deliveries: deliveries.slice(0, most).map(shown) };
  });
  app.get('/simulator/deliveries/:messageId', { onRequest }, async (request, reply) => {
    const delivery = find(request);
    return delivery ? { ...shown(delivery), xml: await xmlOf(delivery) } : reply.code(404).send({ error: 'No such message was received' });
  });
  app.get('/simulator/deliveries/:messageId/message.xml', { onRequest }, async (request, reply) => {
    const delivery = find(request);
    const xml = delivery ? await xmlOf(delivery) : null;
    return xml === null
      ? reply.code(404).send({ error: 'No such message was received' })
      : reply.type('application/xml; charset=utf-8').send(xml);
  });
}

/** By address; the Host must be one of this machine too, so that a web page elsewhere cannot look through a visitor's browser. */
function mayLook(request: FastifyRequest, token: string): boolean {
  const given = /^Bearer (\S{1,500})$/i.exec(request.headers.authorization ?? '')?.[1];
  if (given !== undefined) return sameSecret(given, token);
  const fromHere = /^(::ffff:)?127\.|^::1$/.test(request.socket.remoteAddress ?? '');
  return fromHere && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i.test(request.headers.host ?? '');
}
