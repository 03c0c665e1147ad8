import { UserRole } from '@tonegrid/contracts';
import type { Caller } from '@tonegrid/rpc';
import { decodeJwt } from 'jose';
import { gateway, problems, refusal, startIdentity, type RunningIdentity } from './start-identity';

const right = 'trombone umbrella nine';

let running: RunningIdentity;
let identity: RunningIdentity['identity'];
let owner: Caller;

const from = (clientAddress: string): Caller => ({ ...gateway(), clientAddress });
const login = (email: string, password: string, clientAddress = '203.0.113.7') =>
  identity.login(from(clientAddress), { email, password, tenantSlug: running.seed.tenant });
const person = async (email: string, role = UserRole.MEMBER) => (await identity.createUser(owner, { email, password: right, role })).data!;

beforeAll(async () => {
  running = await startIdentity();
  ({ identity } = running);
  owner = await running.callerOf({ key: running.seed.key });
}, 180_000);

afterAll(() => running?.stop());

describe('logging in', () => {
  test('gives an access token of an hour with the scopes of the role, and no refresh token', async () => {
    const made = await person('Viewer@Example.com', UserRole.VIEWER);
    const answer = await login('viewer@example.COM', right);
    expect(answer).toMatchObject({
      tokenType: 'Bearer',
      expiresIn: 3600,
      scope: 'releases:read analytics:read',
      user: { uuid: made.uuid, email: 'Viewer@Example.com' },
      tenant: { slug: running.seed.tenant },
    });
    const claims = decodeJwt(answer.accessToken);
    expect(claims.exp! - claims.iat!).toBe(3600);
    const caller = await running.callerOf({ jti: String(claims.jti) });
    expect(caller).toMatchObject({
      subject: `user:${made.uuid}`,
      tenantUuid: running.seed.tenant_uuid,
      scopes: ['releases:read', 'analytics:read'],
    });
    expect((await identity.getMe(caller, {})).user).toMatchObject({ email: 'Viewer@Example.com', role: UserRole.VIEWER });
  });

  test('finds the tenant by slug or by domain; an unknown one is 404, none a 422', async () => {
    await identity.updateOwnTenant(owner, { customDomain: 'login.example.com', updateMask: { paths: ['custom_domain'] } });
    const at = (place: { tenantSlug?: string; tenantDomain?: string }) =>
      identity.login(gateway(), { email: running.seed.email, password: running.seed.password, ...place });
    expect(await refusal(at({ tenantDomain: 'Login.Example.com' }))).toBe('answered');
    expect(await refusal(at({ tenantSlug: running.seed.tenant, tenantDomain: 'elsewhere.example' }))).toBe('answered');
    expect(await refusal(at({ tenantSlug: 'nobody-here' }))).toBe('tenant.not_found');
    expect(await refusal(at({ tenantDomain: 'elsewhere.example' }))).toBe('tenant.not_found');
    expect(await problems(at({}))).toEqual({ tenant_slug: ['The tenant_slug field is required.'] });
  });

  test('does not tell whether the address or the password was wrong', async () => {
    await person('known@example.com');
    const told = await Promise.all(
      ['known@example.com', 'unknown@example.com'].map((email) => login(email, 'not the password').catch((error: unknown) => error)),
    );
    expect(String(told[0])).toBe(String(told[1]));
    expect(told[0]).toMatchObject({ code: 'auth.login_failed', status: 401 });
  });

  test('ends by logging out: that login, and no other of the same person', async () => {
    await person('twice@example.com');
    const [first, second] = [await login('twice@example.com', right), await login('twice@example.com', right)];
    const callers = await Promise.all(
      [first, second].map(({ accessToken }) => running.callerOf({ jti: String(decodeJwt(accessToken).jti) })),
    );
    expect((await identity.logout(callers[0]!, {})).message).toBe('Logged out successfully.');
    expect(await refusal(running.callerOf({ jti: callers[0]!.tokenId! }))).toBe('auth.invalid_token');
    expect(await refusal(running.callerOf({ jti: callers[1]!.tokenId! }))).toBe('answered');
    expect((await identity.logout(owner, {})).message).toBe('Logged out successfully.');
    expect(await refusal(running.callerOf({ key: running.seed.key }))).toBe('answered');
  });
});

describe('guessing', () => {
  const guess = (email: string, address: string) => refusal(login(email, 'wrong wrong wrong', address));

  test('pauses the network that it comes from, and not the owner elsewhere', async () => {
    await person('victim@example.com');
    // Pauses double, so that one of them is longer than the slowest machine takes for the next attempt.
    const outcomes: string[] = [];
    while (!outcomes.includes('auth.too_many_attempts') && outcomes.length < 15)
      outcomes.push(await guess('victim@example.com', '198.51.100.1'));
    expect(outcomes.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => 'auth.login_failed'));
    expect(outcomes.at(-1)).toBe('auth.too_many_attempts');
    await running.asSuperuser(`update login_failures set blocked_until = now() + interval '1 minute' where network = '198.51.100.1'`);
    const refused = await login('victim@example.com', right, '198.51.100.1').catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'auth.too_many_attempts', status: 429 });
    expect((refused as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThanOrEqual(1);
    expect(await refusal(login('victim@example.com', right, '192.0.2.44'))).toBe('answered');
    expect(await refusal(login('twice@example.com', 'wrong', '198.51.100.1'))).toBe('auth.login_failed');
    const { data } = await identity.listAuditLog(owner, { actionType: 'user.guessing_slowed' });
    expect(data[0]).toMatchObject({ after: { network: '198.51.100.1', failures: '5' } });
  });

  test('doubles the pause each time, and a right password begins anew', async () => {
    const made = await person('patient@example.com');
    const wait = () =>
      running.asSuperuser<{ seconds: number }>(
        `with was as (select ceil(extract(epoch from blocked_until - last_at))::int as seconds from login_failures where network = '198.51.100.2'),
           passed as (update login_failures set blocked_until = now() where network = '198.51.100.2') select seconds from was`,
      );
    const waits: number[] = [];
    for (let n = 0; n < 8; n += 1) {
      expect(await guess('patient@example.com', '198.51.100.2')).toBe('auth.login_failed');
      waits.push((await wait())[0]!.seconds);
    }
    expect(waits).toEqual([0, 0, 0, 0, 1, 2, 4, 8]);
    expect((await login('patient@example.com', right, '198.51.100.2')).user!.uuid).toBe(made.uuid);
    expect(await wait()).toEqual([]);
  });

  test('many at once do not slip through', async () => {
    await person('parallel@example.com');
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => guess('parallel@example.com', '198.51.100.3')));
    const looked = outcomes.filter((outcome) => outcome === 'auth.login_failed').length;
    // Five at once; one or two more where a pause ended meanwhile.
    expect(looked).toBeGreaterThanOrEqual(5);
    expect(looked).toBeLessThan(9);
    expect(outcomes.filter((outcome) => outcome === 'auth.too_many_attempts')).toHaveLength(20 - looked);
  });

  test('from many networks holds back those that the owner never used, and never refuses him', async () => {
    await person('widespread@example.com');
    await login('widespread@example.com', right, '192.0.2.9');
    await running.asSuperuser(`update login_failures set failures = 60 where network = '*'`);
    const timed = async (address: string) => {
      const begin = performance.now();
      expect(await refusal(login('widespread@example.com', right, address))).toBe('answered');
      return performance.now() - begin;
    };
    expect(await timed('192.0.2.10')).toBeGreaterThanOrEqual(2_500);
    const [row] = await running.asSuperuser<{ known: boolean }>(
      `select exists (select from known_networks where network = '192.0.2.9') as known`,
    );
    expect(row!.known).toBe(true);
  });

  test('of addresses that nobody has is counted the same', async () => {
    const outcomes: string[] = [];
    while (!outcomes.includes('auth.too_many_attempts') && outcomes.length < 15)
      outcomes.push(await guess('nobody@example.com', '198.51.100.4'));
    expect(outcomes.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => 'auth.login_failed'));
    expect(outcomes.at(-1)).toBe('auth.too_many_attempts');
  });
});

describe('users', () => {
  test('are made with a password that nobody guesses', async () => {
    const make = (password: string) => problems(identity.createUser(owner, { email: 'new@example.com', password, role: UserRole.MEMBER }));
    expect(await make('too short')).toEqual({ password: ['The password must be at least 12 characters.'] });
    expect(await make('Password2024!!')).toEqual({ password: ['The password is known from data breaches: choose another.'] });
    expect(await make('new@example.com')).toHaveProperty('password');
  });

  test('have an address of their own in the tenant, whatever its case', async () => {
    await person('taken@example.com');
    expect(await refusal(person('Taken@Example.com'))).toBe('user.email_taken');
  });

  test('are listed by role and go with the tokens of their logins', async () => {
    const made = await person('leaving@example.com', UserRole.ADMIN);
    expect((await identity.listUsers(owner, { role: UserRole.ADMIN })).data.map(({ uuid }) => uuid)).toEqual([made.uuid]);
    const jti = String(decodeJwt((await login('leaving@example.com', right)).accessToken).jti);
    await identity.deleteUser(owner, { uuid: made.uuid });
    expect(await refusal(running.callerOf({ jti }))).toBe('auth.invalid_token');
    expect(await refusal(identity.deleteUser(owner, { uuid: made.uuid }))).toBe('user.not_found');
  });

  test('nobody makes or removes someone who may do more than himself', async () => {
    const admin = { ...owner, scopes: owner.scopes.filter((scope) => scope !== 'finance:write' && scope !== 'releases:review') };
    expect(await refusal(identity.createUser(admin, { email: 'boss@example.com', password: right, role: UserRole.OWNER }))).toBe(
      'auth.scope_missing',
    );
    const { data } = await identity.listUsers(owner, { role: UserRole.OWNER });
    expect(await refusal(identity.deleteUser(admin, { uuid: data[0]!.uuid }))).toBe('auth.scope_missing');
  });

  test('of two owners who are removed at once, one stays', async () => {
    const second = await person('second-owner@example.com', UserRole.OWNER);
    const owners = (await identity.listUsers(owner, { role: UserRole.OWNER })).data.map(({ uuid }) => uuid);
    expect(owners).toContain(second.uuid);
    const outcomes = await Promise.all(owners.map((uuid) => refusal(identity.deleteUser(owner, { uuid }))));
    expect(outcomes.sort()).toEqual(['answered', 'user.last_owner']);
  });

  test('of another tenant are absent', async () => {
    const other = await running.callerOf({ key: running.seed.enterprise_key });
    const [own] = (await identity.listUsers(owner, {})).data;
    expect((await identity.listUsers(other, {})).data).toEqual([]);
    expect(await refusal(identity.deleteUser(other, { uuid: own!.uuid }))).toBe('user.not_found');
  });
});
