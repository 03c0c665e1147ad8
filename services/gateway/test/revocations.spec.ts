import { startNats, waitFor, type RunningNats } from '@tonegrid/testing';
import { connect, type NatsConnection } from 'nats';
import { everyScope } from './played/services';
import { RunningGateway } from './played/gateway';

const path = '/releases/01890000-0000-7000-8000-00000000000a';

describe('two gateways that hear of revocations', () => {
  let nats: RunningNats;
  let identity: NatsConnection;
  let gateways: RunningGateway[];

  beforeAll(async () => {
    nats = await startNats();
    identity = await connect({ servers: nats.url });
    const settings = { RATE_LIMIT_GENERAL: 0, NATS_URL: nats.url };
    gateways = await Promise.all([RunningGateway.start(settings), RunningGateway.start(settings)]);
    for (const { played } of gateways) await played.addSigningKey('k1');
    // They connect by themselves: a key that is taken away is refused at once as soon as both listen.
    await waitFor(
      async () => {
        await known('tgk_listening_1', 'apiKey');
        const at = await revoke('tgk_listening_1', { kind: 'api_key', id: 'tgk_listening_1' });
        return (await refusedAfter('tgk_listening_1', at)) < 400;
      },
      { timeout: 30_000, what: 'both gateways listening' },
    );
  });
  afterAll(async () => {
    await Promise.all((gateways ?? []).map((gateway) => gateway.stop()));
    await identity?.close();
    await nats?.stop();
  });

  /** Makes a credential valid, and both gateways remember it. */
  async function known(id: string, kind: 'apiKey' | 'tokenId', more: { tenant?: string; family?: string } = {}): Promise<string[]> {
    return Promise.all(
      gateways.map(async (gateway) => {
        const { played } = gateway;
        (kind === 'apiKey' ? played.keys : played.tokens).set(id, everyScope);
        if (more.tenant) played.tenants.set(id, more.tenant);
        if (more.family) played.families.set(id, more.family);
        const credential = kind === 'apiKey' ? id : await played.token('k1', id);
        await waitFor(async () => (await gateway.send('GET', path, { as: credential })).status === 200);
        return credential;
      }),
    );
  }
  /** Takes it away and says so; answers when. */
  async function revoke(id: string, message: object | string): Promise<number> {
    for (const { played } of gateways) [played.keys, played.tokens].forEach((map) => map.delete(id));
    identity.publish(
      'tonegrid.sandbox.auth.revoked',
      typeof message === 'string' ? message : JSON.stringify({ ...message, at: new Date().toISOString() }),
    );
    await identity.flush();
    return Date.now();
  }
  /** Milliseconds until both gateways refuse it. */
  async function refusedAfter(credentials: string | string[], since: number): Promise<number> {
    await Promise.all(
      gateways.map((gateway, n) =>
        waitFor(
          async () => (await gateway.send('GET', path, { as: Array.isArray(credentials) ? credentials[n] : credentials })).status === 401,
          { interval: 5 },
        ),
      ),
    );
    return Date.now() - since;
  }

  it.each([
    ['an API key', 'tgk_of_a_partner', 'apiKey', {}, { kind: 'api_key', id: 'tgk_of_a_partner' }],
    ['an access token', 'jti-1', 'tokenId', {}, { kind: 'token', id: 'jti-1' }],
    ['a family of tokens', 'jti-2', 'tokenId', { family: 'f-1' }, { kind: 'family', id: 'f-1' }],
    ['all tokens of a client', 'jti-3', 'tokenId', {}, { kind: 'oauth_client', id: 'jti-3' }],
    [
      'a tenant',
      'jti-4',
      'tokenId',
      { tenant: '01890000-0000-7000-8000-0000000000ff' },
      { kind: 'tenant', id: '01890000-0000-7000-8000-0000000000ff' },
    ],
  ] as const)('refuse %s on both as soon as it is revoked', async (_what, id, kind, more, message) => {
    const credentials = await known(id, kind, more);
    expect(await refusedAfter(credentials, await revoke(id, message))).toBeLessThan(1_000);
  });

  it('go on with what was not revoked without asking again', async () => {
    await known('tgk_of_another', 'apiKey', { tenant: '01890000-0000-7000-8000-0000000000fe' });
    const { played } = gateways[0]!;
    await waitFor(async () => {
      await gateways[0]!.send('GET', path, { as: 'tgk_of_another' });
      const before = played.authentications;
      await revoke('nobody', { kind: 'tenant', id: '01890000-0000-7000-8000-0000000000fd' });
      await gateways[0]!.send('GET', path, { as: 'tgk_of_another' });
      return played.authentications === before;
    });
  });

  it('pass over what is no revocation, and hear the next', async () => {
    for (const nonsense of ['', 'nonsense', '[]', 'null', '{"kind":"everything","id":"x"}', '{"kind":"token"}'])
      await revoke('nobody', nonsense);
    const credentials = await known('jti-5', 'tokenId');
    expect(await refusedAfter(credentials, await revoke('jti-5', { kind: 'token', id: 'jti-5' }))).toBeLessThan(1_000);
  });

  it('refuse within about a second when the message is lost', async () => {
    const credentials = await known('jti-6', 'tokenId');
    const since = await revoke('jti-6', { kind: 'token', id: 'another' });
    const after = await refusedAfter(credentials, since);
    expect(after).toBeLessThan(2_000);
  });

  it('hear again after NATS was away', async () => {
    await nats.kill9();
    await known('tgk_while_away', 'apiKey');
    expect(await refusedAfter('tgk_while_away', await lost('tgk_while_away'))).toBeLessThan(2_000);
    await nats.restart();
    await waitFor(
      async () => {
        await known('tgk_back_again', 'apiKey');
        return (await refusedAfter('tgk_back_again', await revoke('tgk_back_again', { kind: 'api_key', id: 'tgk_back_again' }))) < 400;
      },
      { timeout: 30_000, what: 'both gateways listening again' },
    );
  });

  /** Takes a credential away while there is nobody to say it to. */
  async function lost(id: string): Promise<number> {
    for (const { played } of gateways) played.keys.delete(id);
    return Promise.resolve(Date.now());
  }
});
