import { TenantRole } from '@tonegrid/contracts';
import { hashSecret } from '@tonegrid/secrets';
import { Audit } from '../src/audit/audit';
import { verifyChains } from '../src/audit/verify-chains';
import { allScopes } from '../src/scopes';
import { createPlatformTenant } from '../src/tenants/create-platform-tenant';
import { command, encryptionKey, gateway, startUnseeded } from './start-identity';

interface Printed {
  tenant: string;
  tenant_uuid: string;
  key: string;
  email?: string;
  password?: string;
}

let running: Awaited<ReturnType<typeof startUnseeded>>;

const make = (...args: string[]) => command('create-platform-tenant.js', args, running.env(0, 0));
const makeHere = (wanted: { name: string; slug: string; email?: string }) =>
  createPlatformTenant(running.data, new Audit({ ENCRYPTION_KEY: encryptionKey }), { ...wanted, reviewPolicy: 'manual' });
const harbour = ['--name', 'Harbour Music', '--slug', 'harbour-music', '--email', 'ada@harbour-music.example'];
/** How many tenants, keys, users and entries of the audit log there are. */
const counts = async () => {
  const [row] = await running.asSuperuser<{ n: number[] }>(
    `select array[(select count(*) from tenants), (select count(*) from api_keys), (select count(*) from users),
       (select count(*) from audit_log)]::int[] as n`,
  );
  return row!.n;
};

beforeAll(async () => {
  running = await startUnseeded({ TONEGRID_ENV: 'production' });
}, 180_000);

afterAll(() => running?.stop());

// In this order: the last of them finds a tenant.
describe('create-platform-tenant', () => {
  test.each([
    ['no name', { name: ' ', slug: 'harbour-music' }, 'The name field is required.'],
    ['no slug', { name: 'Harbour Music', slug: '' }, 'The slug field is required.'],
    ['a slug that is none', { name: 'Harbour Music', slug: 'Harbour Music' }, 'The slug may only have lower-case letters'],
    ['a short slug', { name: 'Harbour Music', slug: 'ha' }, 'The slug must be at least 3 characters.'],
    ['an address that is none', { name: 'Harbour Music', slug: 'harbour-music', email: 'ada' }, 'The email must be a valid email'],
  ])('refuses %s', async (_what, wanted, sentence) => {
    await expect(makeHere(wanted)).rejects.toThrow(sentence);
    expect(await counts()).toEqual([0, 0, 0, 0]);
  });

  test('refuses an option that there is not, and a key that nothing could be sealed with', async () => {
    const [option, key] = await Promise.all([
      make(...harbour, '--role', 'client'),
      command('create-platform-tenant.js', harbour, running.env(0, 0, { ENCRYPTION_KEY: 'short' })),
    ]);
    expect(option).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining("Unknown option '--role'") });
    expect(key).toMatchObject({ code: 1, stdout: '', stderr: 'create-platform-tenant: ENCRYPTION_KEY must be 32 bytes in base64\n' });
    expect(await counts()).toEqual([0, 0, 0, 0]);
  });

  test('leaves nothing behind when the audit log cannot be written', async () => {
    await running.asSuperuser('alter table audit_log add constraint closed check (false)');
    try {
      await expect(makeHere({ name: 'Harbour Music', slug: 'harbour-music', email: 'ada@harbour-music.example' })).rejects.toThrow(
        /closed/,
      );
    } finally {
      await running.asSuperuser('alter table audit_log drop constraint closed');
    }
    expect(await counts()).toEqual([0, 0, 0, 0]);
  });

  describe('of two at once', () => {
    let printed: Printed;

    beforeAll(async () => {
      const both = await Promise.all([make(...harbour), make(...harbour)]);
      const [made, refused] = both.sort((a, b) => a.code - b.code);
      expect([made.code, made.stderr]).toEqual([0, '']);
      printed = JSON.parse(made.stdout) as Printed;
      expect(refused).toMatchObject({
        code: 1,
        stdout: '',
        stderr:
          'create-platform-tenant: there is a tenant already (harbour-music), and only an installation without any is given its first one\n',
      });
    }, 60_000);

    test('one makes a tenant, a key, an owner and three entries of its audit log', async () => {
      expect(await counts()).toEqual([1, 1, 1, 3]);
      expect(printed).toEqual({
        tenant: 'harbour-music',
        tenant_uuid: expect.any(String),
        key: expect.stringMatching(/^tgk_/),
        email: 'ada@harbour-music.example',
        password: expect.stringMatching(/^[\w-]{24}$/),
      });
    });

    test('the key may do everything, on a platform whose releases are reviewed', async () => {
      const caller = await running.callerOf({ key: printed.key });
      expect(caller).toMatchObject({
        tenantUuid: printed.tenant_uuid,
        tenantName: 'Harbour Music',
        tenantRole: 'platform',
        reviewPolicy: 'manual',
      });
      expect([...caller.scopes].sort()).toEqual([...allScopes].sort());
      const { data } = await running.identity.createClientTenant(caller, {
        name: 'Lagos Nights',
        slug: 'lagos-nights',
        tenantRole: TenantRole.CLIENT,
      });
      expect(data).toMatchObject({ parentUuid: printed.tenant_uuid, locale: 'en' });
    });

    test('the owner logs in with the password', async () => {
      const { user } = await running.identity.login(gateway(), {
        email: printed.email!,
        password: printed.password!,
        tenantSlug: printed.tenant,
      });
      expect(user?.email).toBe(printed.email);
    });

    test('the audit log says what was made, without the secrets, and is whole', async () => {
      const rows = await running.asSuperuser<{ actor: string; action_type: string; after: string }>(
        'select actor, action_type, after from audit_log where seq <= 3 and tenant_uuid = $1 order by seq',
        [printed.tenant_uuid],
      );
      expect(rows.map(({ actor, action_type }) => [actor, action_type])).toEqual([
        ['system:identity', 'tenant.created'],
        ['system:identity', 'api_key.created'],
        ['system:identity', 'user.created'],
      ]);
      expect(JSON.parse(rows[0]!.after)).toEqual({ name: 'Harbour Music', slug: 'harbour-music', tenant_role: 'platform' });
      for (const secret of [printed.key, hashSecret(printed.key), printed.password!]) expect(JSON.stringify(rows)).not.toContain(secret);
      expect((await verifyChains(running.data, encryptionKey)).flaws).toEqual([]);
    });
  });
});
