import { createHmac } from 'node:crypto';
import { md5, type Bundle } from './bundle';
import type { RunningSimulator } from './sandbox';

/** Spoils a request before it is signed. */
export type Change = (request: {
  manifest: Record<string, unknown>;
  headers: Record<string, string>;
  form: [string, Buffer | string, string][];
}) => void;

/** Posts a bundle as delivery does. */
export async function postBundle(
  simulator: RunningSimulator,
  bundle: Bundle,
  change: Change = () => undefined,
): Promise<{ status: number; body: Record<string, string> }> {
  const files = [
    { path: bundle.messageName, bytes: Buffer.from(bundle.xml) },
    ...[...bundle.files].map(([path, bytes]) => ({ path, bytes })),
  ];
  const request = {
    manifest: {
      message_id: bundle.messageId,
      thread_id: 'TG-THREAD-1',
      message_type: 'NewReleaseMessage',
      ern_version: '4.3',
      recipient: simulator.registry.recipientDpid(bundle.dsp),
      release_id: bundle.icpn,
      files: files.map(({ path, bytes }) => ({ path, md5: md5(bytes), size: bytes.length })),
    } as Record<string, unknown>,
    headers: { authorization: `Bearer ${simulator.registry.restToken(bundle.dsp)}`, 'idempotency-key': bundle.messageId } as Record<
      string,
      string
    >,
    form: files.map(
      ({ path, bytes }, index) => [index === 0 ? 'message' : 'resource', bytes, encodeURIComponent(path)] as [string, Buffer, string],
    ),
  };
  change(request);
  const manifest = JSON.stringify(request.manifest);
  const time = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', simulator.registry.acknowledgementKey(bundle.dsp)).update(`${time}.${manifest}`).digest('hex');
  const form = new FormData();
  form.append('manifest', new Blob([manifest], { type: 'application/json' }));
  for (const [name, bytes, filename] of request.form) form.append(name, new Blob([bytes]), filename);
  const answer = await fetch(`${simulator.restUrl}/${bundle.dsp.slug}/releases`, {
    method: 'POST',
    body: form,
    headers: { 'x-tonegrid-signature': `t=${time},v1=${signature}`, ...request.headers },
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> };
}
