import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { IdentityService, type LoginRequest } from '@tonegrid/contracts';
import { Data, type Tx } from '@tonegrid/data';
import { invalid, Refused } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { v7 as uuidv7 } from 'uuid';
import { Audit } from '../audit/audit';
import { hashPassword, isOutdated, isRight, nobodysHash } from '../passwords/hashing';
import { scopesOfRole } from '../scopes';
import { tenantColumns, toTenant, type TenantRow } from '../tenants/tenant';
import { AccessTokens } from '../tokens/access-tokens';
import { toUser, userColumns, type UserRow } from '../users/user';
import { freeFailures } from './guessing';
import { LoginAttempts } from './login-attempts';
import { networkOf } from './network';

type PersonRow = UserRow & { password_hash: string; known: boolean };

/** `POST /auth/login`: a person's e-mail address and password for an access token. */
@Rpc(IdentityService.method.login)
@Injectable()
export class Login {
  constructor(
    private readonly data: Data,
    private readonly attempts: LoginAttempts,
    private readonly tokens: AccessTokens,
    private readonly audit: Audit,
  ) {}

  async run(caller: Caller, request: LoginRequest) {
    const tenant = await this.tenantOf(request);
    const tenantUuid = tenant.tenant_uuid;
    const network = networkOf(caller.clientAddress);
    const account = this.attempts.accountOf(tenantUuid, request.email);
    const person = await this.personOf(tenantUuid, request.email, network);
    const { failures, slowdown } = await this.attempts.begin(tenantUuid, account, network, person?.known ?? false);
    if (slowdown > 0) await pause(slowdown);
    // Whom nobody knows costs as much time as a wrong password, so that addresses cannot be found out by the clock.
    const right = await isRight(person?.password_hash ?? (await nobodysHash()), request.password);
    if (!person || !right) {
      if (person && failures === freeFailures) await this.tellOfGuessing(caller, tenantUuid, person, network);
      throw new Refused('auth.login_failed');
    }
    if (tenant.is_suspended) throw new Refused('tenant.suspended');
    const renewed = isOutdated(person.password_hash) ? await hashPassword(request.password) : undefined;
    const signer = await this.tokens.signer();
    return this.data.transaction({ tenantUuid }, async (tx) => {
      await this.attempts.succeeded(tx, tenantUuid, account, network);
      await this.rememberNetwork(tx, tenantUuid, person, network);
      const [user] = await tx.query<UserRow>(
        `update users u set last_login_at = now(), password_hash = coalesce($2, u.password_hash) where u.uuid = $1 returning ${userColumns}`,
        [person.uuid, renewed ?? null],
      );
      // Removed while he logged in.
      if (!user) throw new Refused('auth.login_failed');
      const familyUuid = uuidv7();
      await tx.query('insert into token_families (uuid, tenant_uuid, user_uuid) values ($1, $2, $3)', [familyUuid, tenantUuid, user.uuid]);
      const subject = `user:${user.uuid}`;
      const token = await this.tokens.issue(tx, signer, { tenantUuid, familyUuid, subject, scopes: scopesOfRole(user.role) });
      await this.audit.record(tx, { ...caller, tenantUuid, subject }, { action: 'user.logged_in', target: subject });
      return { ...token, user: toUser(user), tenant: toTenant(tenant) };
    });
  }

  /** By the slug, or else by the domain that the request came under. Throws `tenant.not_found`, or a 422 when neither is there. */
  private async tenantOf({ tenantSlug, tenantDomain }: LoginRequest): Promise<TenantRow & { is_suspended: boolean }> {
    const slug = tenantSlug?.trim().toLowerCase() ?? '';
    const domain = tenantDomain?.trim().toLowerCase().replace(/\.$/, '') ?? '';
    if (slug === '' && domain === '') throw invalid({ tenant_slug: ['The tenant_slug field is required.'] });
    const [row] = await this.data.system((tx) =>
      tx.query<TenantRow & { is_suspended: boolean }>(
        `select ${tenantColumns}, tenant_is_suspended(t.tenant_uuid) as is_suspended from tenants t where ${slug === '' ? 't.custom_domain' : 't.slug'} = $1`,
        [slug === '' ? domain : slug],
      ),
    );
    if (!row) throw new Refused('tenant.not_found');
    return row;
  }

  private async personOf(tenantUuid: string, email: string, network: string): Promise<PersonRow | undefined> {
    const [row] = await this.data.read<PersonRow>(
      { tenantUuid },
      `select ${userColumns}, u.password_hash, exists (select from known_networks k where k.user_uuid = u.uuid and k.network = $3) as known
       from users u where u.tenant_uuid = $1 and lower(u.email) = lower($2)`,
      [tenantUuid, email.trim(), network],
      'person',
    );
    return row;
  }

  private async rememberNetwork(tx: Tx, tenantUuid: string, person: PersonRow, network: string): Promise<void> {
    await tx.query(
      `insert into known_networks (tenant_uuid, user_uuid, network, last_seen_at) values ($1, $2, $3, now())
       on conflict (user_uuid, network) do update set last_seen_at = now()`,
      [tenantUuid, person.uuid, network],
    );
  }

  /** Once for each row of failures, so that a guesser cannot fill the log. */
  private async tellOfGuessing(caller: Caller, tenantUuid: string, person: PersonRow, network: string): Promise<void> {
    const actor = { ...caller, tenantUuid, subject: 'anonymous' };
    const action = { action: 'user.guessing_slowed', target: `user:${person.uuid}`, after: { network, failures: freeFailures } };
    await this.data.transaction({ tenantUuid }, (tx) => this.audit.record(tx, actor, action));
  }
}
