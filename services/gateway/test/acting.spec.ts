import { IdentityService } from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import { RunningGateway } from './played/gateway';
import { tenantUuid } from './played/services';

const parent = '01890000-0000-7000-8000-0000000000aa';
const release = '01890000-0000-7000-8000-0000000000bb';

describe('a request of an impersonation token', () => {
  let gateway: RunningGateway;

  beforeAll(async () => {
    gateway = await RunningGateway.start();
    gateway.played.plays(IdentityService.method.authenticate, async (_caller, request) => {
      const { value } = (request as { credential: { value: string } }).credential;
      const acting = value === 'tgk_every_scope';
      const caller = {
        tenantUuid,
        tenantRole: 'client',
        subject: 'user:1',
        scopes: ['releases:read', 'releases:write'],
        onBehalfOf: acting ? parent : '',
      };
      return { caller };
    });
  });
  afterAll(() => gateway.stop());
  beforeEach(() => {
    gateway.played.calls.splice(0);
    gateway.played.plays(IdentityService.method.recordAudit, async () => ({}));
  });

  it('is recorded before it is served, with who, as whom, from where and what', async () => {
    await gateway.send('GET', `/releases/${release}`, { as: 'tgk_every_scope', headers: { 'x-request-id': 'r-1' } });
    expect(gateway.played.calls.map(({ method }) => method)).toEqual(['RecordAudit', 'GetRelease']);
    const { caller, request } = gateway.played.calls[0]!;
    expect(caller).toMatchObject({
      tenantUuid,
      onBehalfOf: parent,
      subject: 'user:1',
      requestId: 'r-1',
      clientAddress: '127.0.0.1',
    });
    expect(request).toMatchObject({
      actionType: 'impersonation.call',
      target: expect.stringMatching(new RegExp(`^GET .*/releases/${release}$`)),
      after: { route: 'GET /releases/{uuid}' },
    });
  });

  it('is not served when it cannot be recorded', async () => {
    gateway.played.plays(IdentityService.method.recordAudit, async () => Promise.reject(new Refused('service.unavailable')));
    const answer = await gateway.send('GET', `/releases/${release}`, { as: 'tgk_every_scope' });
    expect([answer.status, answer.json.error]).toEqual([503, 'Service temporarily unavailable.']);
    expect(gateway.played.calls.map(({ method }) => method)).not.toContain('GetRelease');
  });

  it('is the only one that is recorded so', async () => {
    await gateway.send('GET', `/releases/${release}`, { as: 'tgk_no_scope' });
    expect(gateway.played.calls.map(({ method }) => method)).toEqual(['GetRelease']);
  });
});
