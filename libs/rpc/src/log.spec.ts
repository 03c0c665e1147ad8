import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { Refused } from '@tonegrid/errors';
import { withCallContext } from './call-context';
import { createLogger, type Logger } from './log';

let text: string;
let logger: Logger;
const line = () => JSON.parse(text) as Record<string, never>;

beforeEach(() => {
  text = '';
  logger = createLogger('suite', 'info', { write: (written: string) => void (text += written) });
});

test('a line is one JSON object with its time, level, service and message', () => {
  logger.info({ title: 'Ọ̀nà "🌍"\n' }, 'a line');
  expect(text.match(/\n/g)).toHaveLength(1);
  expect(line()).toMatchObject({ service: 'suite', level: 'info', title: 'Ọ̀nà "🌍"\n', msg: 'a line' });
  expect(Date.now() - Date.parse(line()['time']!)).toBeLessThan(60_000);
});

test('inside of a call it also says the request, the tenant and the trace', () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const traceId = 'a'.repeat(32);
  const spanId = 'b'.repeat(16);
  const active = trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1 });
  context.with(withCallContext(active, { requestId: 'request-1', tenant: 'tenant-1' }), () => logger.info('a line'));
  context.disable();
  expect(line()).toMatchObject({ request_id: 'request-1', tenant: 'tenant-1', trace_id: traceId, span_id: spanId });
});

describe('secrets never reach a line', () => {
  const names =
    'authorization Authorization cookie set-cookie password Password newPassword passphrase secret client_secret clientSecret token ' +
    'access_token refreshToken api_key apiKey x-api-key private_key privateKey ENCRYPTION_KEY key idempotency-key Idempotency_Key ' +
    'credential signature x-tonegrid-signature';

  test.each(names.split(' '))('under the name %s, at any depth and in lists', (name) => {
    logger.info({ [name]: 'hush', a: { b: [{ [name]: { c: 'hush' } }] }, shown: 'shown' }, 'a line');
    expect(text).not.toContain('hush');
    expect(line()['shown']).toBe('shown');
  });

  test.each([
    [
      'the password of a PostgreSQL URL',
      'postgres://catalog_app:hu%24sh@db:5432/catalog',
      'postgres://catalog_app:[redacted]@db:5432/catalog',
    ],
    [
      'the password of a NATS URL',
      'tls://relay:hush@n1:4222,nats://relay:hush@n2',
      'tls://relay:[redacted]@n1:4222,nats://relay:[redacted]@n2',
    ],
    ['the token of a NATS URL', 'nats://hush@nats:4222', 'nats://[redacted]@nats:4222'],
    ['a password without a user', 'redis://:hush@cache', 'redis://:[redacted]@cache'],
    ['a connection string', "host=db user=app password=hush dbname='x'", "host=db user=app password=[redacted] dbname='x'"],
    ['a signed URL', 'https://s3/a?X-Amz-Date=1&X-Amz-Signature=hush&a=b', 'https://s3/a?X-Amz-Date=1&X-Amz-Signature=[redacted]&a=b'],
    ['a bearer token', `got Bearer ${'hush'.repeat(5)} and refused it`, 'got Bearer [redacted] and refused it'],
    ['a header', 'Authorization: Bearer hush.hush', 'Authorization: Bearer [redacted]'],
    ['basic credentials', '{"authorization":"Basic aHVzaDpodXNo=="}', '{"authorization":"Basic [redacted]"}'],
    ['an API key', `key tgk_${'hush'.repeat(11)} is wrong`, 'key tgk_[redacted] is wrong'],
    ['a client secret', `"tgs_${'hush'.repeat(11)}"`, '"tgs_[redacted]"'],
    ['a refresh token', `tgr_${'hush'.repeat(11)}`, 'tgr_[redacted]'],
    ['a webhook secret', `whsec_${'hush'.repeat(8)}`, 'whsec_[redacted]'],
    ['a JSON Web Token', 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJodXNoIn0.hush_hush-hush', '[redacted]'],
  ])('by their form, in fields, messages and errors: %s', (_name, given, shown) => {
    logger.error({ url: given, list: [given], err: new Error(given) }, given);
    expect(text).not.toMatch(/hush|hu%24sh|aHVz/);
    expect(line()).toMatchObject({ url: shown, list: [shown], msg: shown, err: { message: shown } });
  });

  test('and what is none stays: addresses, times, sentences, whether a secret is there', () => {
    const harmless = {
      url: 'https://example.com:8443/a/b@c?d=e',
      mail: 'mailto:ada@example.com',
      time: '2026-07-12T10:00:00Z',
      slug: 'tgk_ is the prefix of keys, Bearer is a scheme',
      has_password: true,
      password: null,
    };
    logger.info(harmless, 'the token was not found: password; basic authentication failed');
    expect(line()).toMatchObject({ ...harmless, msg: 'the token was not found: password; basic authentication failed' });
  });
});

describe('of an error', () => {
  test('its type, text, code, stack and cause are kept', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED', port: 5432 });
    const refused = new Refused('service.unavailable');
    refused.cause = cause;
    logger.error({ err: refused }, 'failed');
    expect(line()['err']).toMatchObject({
      type: 'Refused',
      code: 'service.unavailable',
      message: 'Service temporarily unavailable.',
      stack: expect.stringContaining('log.spec'),
      cause: { type: 'Error', code: 'ECONNREFUSED', port: 5432, message: 'connect ECONNREFUSED 127.0.0.1:5432' },
    });
  });

  test('what a driver hangs on it is not: statement, parameters, the row, the request', () => {
    const error = Object.assign(new Error('duplicate key value violates unique constraint "users_email"'), {
      code: '23505',
      constraint: 'users_email',
      detail: 'Key (email)=(ada@hush.example) already exists.',
      query: 'insert into users values (hush)',
      parameters: ['hush'],
      driverError: { detail: 'hush' },
      request: { headers: { authorization: 'hush' }, body: 'hush' },
    });
    logger.error(error, 'failed');
    expect(text).not.toContain('hush');
    expect(line()['err']).toMatchObject({ code: '23505', constraint: 'users_email' });
  });

  test('the several errors of one attempt are kept', () => {
    logger.error({ err: new AggregateError([new Error('connect ECONNREFUSED ::1'), new Error('connect ECONNREFUSED 127.0.0.1')]) });
    expect(line()['err']!['errors']).toMatchObject([
      { message: 'connect ECONNREFUSED ::1' },
      { message: 'connect ECONNREFUSED 127.0.0.1' },
    ]);
  });
});

test('a line stays small: bytes are counted, long texts and lists cut, and a value that contains itself ends', () => {
  const loop: Record<string, unknown> = { name: 'loop' };
  loop['self'] = loop;
  logger.info({
    body: Buffer.alloc(1_000_000),
    text: 'x'.repeat(1_000_000),
    list: Array.from({ length: 100_000 }, (_, n) => n),
    loop,
    n: 10n,
  });
  expect(text.length).toBeLessThan(20_000);
  expect(line()).toMatchObject({ body: '(1000000 bytes)', n: '10', loop: { name: 'loop', self: { name: 'loop' } } });
});

test('lines below the level are left out', () => {
  logger.debug('quiet');
  expect(text).toBe('');
});
