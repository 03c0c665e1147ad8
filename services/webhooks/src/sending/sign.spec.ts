import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { mintSecret } from '../subscriptions/webhook-secret';
import { signatureHeaders } from './sign';

const eventId = '0198c0de-0000-7000-8000-000000000001';
const body = Buffer.from('{"event":"release.created","title":"Ọmọ Dúdú – 愛"}');
const timestamp = Math.floor(Date.now() / 1000);
const sign = (...secrets: string[]) => signatureHeaders(secrets, { eventId, timestamp, body });

test('X-ToneGrid-Signature is the HMAC of timestamp, dot and body under the secret as it was shown', () => {
  const secret = mintSecret();
  const expected = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');
  expect(sign(secret)['x-tonegrid-signature']).toBe(`t=${timestamp},v1=${expected}`);
});

test('the official library of Standard Webhooks verifies with the secret less `tg`, as it is documented', () => {
  for (let n = 0; n < 200; n += 1) {
    const secret = mintSecret();
    expect(new Webhook(secret.replace(/^tg/, '')).verify(body.toString(), sign(secret))).toMatchObject({ event: 'release.created' });
  }
});

test('it verifies with the whole secret as a raw key', () => {
  const secret = mintSecret();
  expect(new Webhook(secret, { format: 'raw' }).verify(body.toString(), sign(secret))).toBeTruthy();
});

test('it refuses another secret and another body', () => {
  const secret = mintSecret();
  const headers = sign(secret);
  expect(() => new Webhook(mintSecret().replace(/^tg/, '')).verify(body.toString(), headers)).toThrow();
  expect(() => new Webhook(secret.replace(/^tg/, '')).verify(body.toString().replace('created', 'deleted'), headers)).toThrow();
});

test('a previous secret verifies beside the current one, in both schemes', () => {
  const [current, previous] = [mintSecret(), mintSecret()];
  const headers = sign(current, previous);
  expect(headers['x-tonegrid-signature']!.match(/v1=[0-9a-f]{64}/g)).toHaveLength(2);
  for (const secret of [current, previous]) {
    expect(new Webhook(secret.replace(/^tg/, '')).verify(body.toString(), headers)).toBeTruthy();
    const own = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');
    expect(headers['x-tonegrid-signature']).toContain(`v1=${own}`);
  }
});

test('a secret that holds no base64 signs as raw key alone', () => {
  expect(sign('tgwhsec_not*base64')['webhook-signature']!.split(' ')).toHaveLength(1);
});
