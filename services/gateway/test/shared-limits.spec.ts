import { startRedis, waitFor, type RunningRedis } from '@tonegrid/testing';
import { RunningGateway } from './played/gateway';
import { everyScope } from './played/services';

const path = '/releases/01890000-0000-7000-8000-00000000000a';
const limit = 60;

describe('two gateways that share a Redis', () => {
  let redis: RunningRedis;
  let gateways: RunningGateway[];
  beforeAll(async () => {
    redis = await startRedis();
    const settings = {
      RATE_LIMIT_GENERAL: limit,
      RATE_PLANS: '{"label": {"general": 90}}',
      REDIS_URL: redis.url,
      RATE_LIMIT_STORE_TIMEOUT_MS: 5_000,
    };
    gateways = await Promise.all([RunningGateway.start(settings), RunningGateway.start(settings)]);
    for (const { played } of gateways) {
      for (const name of ['one', 'two', 'four', 'five', 'first']) played.keys.set(`tgk_sender_${name}`, everyScope);
      played.ratePlans.set('tgk_sender_two', 'label');
    }
    // Requests pass uncounted until the connection is there.
    for (const gateway of gateways) await waitFor(async () => 'x-ratelimit-limit' in (await get(gateway, 'tgk_sender_first')).headers);
  });
  afterAll(async () => {
    await Promise.all((gateways ?? []).map((gateway) => gateway.stop()));
    await redis?.stop();
  });

  const get = (gateway: RunningGateway, as: string) => gateway.send('GET', path, { as });
  const burst = (as: string, count: number) => Promise.all(Array.from({ length: count }, (_, n) => get(gateways[n % 2]!, as)));
  const countOf = (answers: { status: number }[], status: number) => answers.filter((answer) => answer.status === status).length;

  it('let through exactly the limit, however many requests come at once to either', async () => {
    const answers = await burst('tgk_sender_one', 2 * limit + 20);
    expect([countOf(answers, 200), countOf(answers, 429)]).toEqual([limit, limit + 20]);
    const remaining = answers.filter(({ status }) => status === 200).map(({ headers }) => Number(headers['x-ratelimit-remaining']));
    expect([...remaining].sort((a, b) => a - b)).toEqual(Array.from({ length: limit }, (_, n) => n));
    for (const { status, headers } of answers) {
      expect(headers['ratelimit-policy']).toBe(`"general";q=${limit};w=60`);
      if (status === 429) expect(Number(headers['retry-after'])).toBeGreaterThan(30);
    }
  });

  it('know the plan of the tenant', async () => {
    const answers = await burst('tgk_sender_two', 100);
    expect([countOf(answers, 200), countOf(answers, 429)]).toEqual([90, 10]);
  });

  it('know which service an Idempotency-Key belongs to, whichever of them was asked', async () => {
    const send = (gateway: RunningGateway, to: string, json?: object) =>
      gateway.send('POST', to, {
        as: 'tgk_sender_first',
        json,
        headers: { 'content-type': 'application/json', 'idempotency-key': 'shared' },
      });
    expect((await send(gateways[0]!, '/artists', { name: 'Ada Okafor' })).status).toBe(201);
    const mismatch = await send(gateways[1]!, `${path}/ddex/deliver`);
    expect([mismatch.status, mismatch.json.code]).toEqual([422, 'idempotency.key_mismatch']);
  });

  it('let requests pass while it hangs, none of which waits long, and count again afterwards', async () => {
    const impatient = await RunningGateway.start({ RATE_LIMIT_GENERAL: limit, REDIS_URL: redis.url });
    impatient.played.keys.set('tgk_sender_three', everyScope);
    const counts = async () => 'x-ratelimit-limit' in (await get(impatient, 'tgk_sender_three')).headers;
    await waitFor(counts, { timeout: 20_000 });
    redis.freeze();
    const answers = await Promise.all(Array.from({ length: 200 }, () => get(impatient, 'tgk_sender_three')));
    redis.thaw();
    expect(countOf(answers, 200)).toBe(200);
    await waitFor(counts, { timeout: 20_000 });
    await impatient.stop();
  });

  it('let requests pass while it is away, and count again when it is back', async () => {
    await redis.kill9();
    const answers = await burst('tgk_sender_four', 2 * limit);
    expect(countOf(answers, 200)).toBe(2 * limit);
    expect(answers.every(({ headers }) => headers['x-ratelimit-limit'] === undefined)).toBe(true);
    await redis.restart();
    for (const gateway of gateways)
      await waitFor(async () => 'x-ratelimit-limit' in (await get(gateway, 'tgk_sender_first')).headers, { timeout: 20_000 });
    expect(countOf(await burst('tgk_sender_five', limit + 10), 429)).toBe(10);
  });
});
