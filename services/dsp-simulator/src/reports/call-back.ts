import { createHmac } from 'node:crypto';
import { request } from 'undici';
import type { Delivery, Report } from '../deliveries/delivery';

/** What came of a callback: delivered, to be tried again, or refused for good. */
export type CalledBack = { sent: true } | { sent: false; again: boolean; reason: string };

/** Signature header of the platform's acknowledgement endpoint: HMAC-SHA256 of `{t}.{body}`. */
export const sign = (body: string | Uint8Array, key: string, unixSeconds: number): string =>
  `t=${unixSeconds},v1=${createHmac('sha256', key).update(`${unixSeconds}.`).update(body).digest('hex')}`;

/** Attempts after which a message that the platform does not know (404), or whose signature it refuses (401), is let go. */
const patience = 10;

/** Posts a report to `{base}/dsp/<slug>/acknowledgements`. Never throws: a platform that is away is tried again. */
export async function callBack(base: string, delivery: Delivery, report: Report, key: string): Promise<CalledBack> {
  const body = JSON.stringify({
    event_id: report.event_id,
    message_id: delivery.message_id,
    status: report.status,
    ...(report.status !== 'rejected' && delivery.dsp_release_id && { dsp_release_id: delivery.dsp_release_id }),
    ...(report.status === 'live' && delivery.live_url && { live_url: delivery.live_url }),
    ...(report.fault && { reason: `${report.fault.status}: ${report.fault.text}` }),
  });
  try {
    const answer = await request(`${base}/dsp/${delivery.dsp}/acknowledgements`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'x-tonegrid-signature': sign(body, key, Math.floor(Date.now() / 1000)) },
      headersTimeout: 10_000,
      bodyTimeout: 10_000,
      signal: AbortSignal.timeout(15_000),
    });
    const text = (await answer.body.text()).slice(0, 500);
    if (answer.statusCode >= 200 && answer.statusCode < 300) return { sent: true };
    const reason = `answered ${answer.statusCode}: ${text}`;
    const waits = [401, 403, 404].includes(answer.statusCode)
      ? report.attempts + 1 < patience
      : answer.statusCode >= 500 || [408, 409, 425, 429].includes(answer.statusCode);
    return { sent: false, again: waits, reason };
  } catch (error) {
    return { sent: false, again: true, reason: error instanceof Error ? error.message : String(error) };
  }
}
