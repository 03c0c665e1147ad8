import type { DescMethod, MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { IdentityService, services } from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import { RpcServer, type Caller } from '@tonegrid/rpc';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';

export const internalToken = 'a-secret-between-services-of-this-suite';
export const tenantUuid = '01890000-0000-7000-8000-000000000001';

/** Every scope of the contract. */
export const everyScope = [
  'releases:read',
  'releases:write',
  'releases:review',
  'ingestion:write',
  'distribution:write',
  'analytics:read',
  'finance:read',
  'finance:write',
  'webhooks:write',
  'supply-chain:write',
  'tenants:admin',
  'audit:read',
];

type Run = (caller: Caller, request: never) => Promise<unknown>;

/** The platform's services over real gRPC, with played use cases: each answers an empty message unless told otherwise. */
export class PlayedServices {
  /** API keys that identity knows, and their scopes. */
  readonly keys = new Map<string, string[]>([
    ['tgk_every_scope', everyScope],
    ['tgk_no_scope', []],
  ]);
  /** Ids of access tokens that identity knows, and their scopes. */
  readonly tokens = new Map<string, string[]>();
  readonly expiries = new Map<string, number>();
  /** By API key or id of a token: rate plan, locale, addresses, family, and another tenant than the usual. */
  readonly ratePlans = new Map<string, string>();
  readonly locales = new Map<string, string>();
  readonly addresses = new Map<string, string[]>();
  readonly families = new Map<string, string>();
  readonly tenants = new Map<string, string>();
  /** Who acts as the tenant by an impersonation token. */
  readonly actors = new Map<string, string>();
  /** Every call that came, oldest first. */
  readonly calls: { method: string; caller: Caller; request: unknown }[] = [];
  authentications = 0;
  private readonly useCases = new Map<string, Run>();
  private server: RpcServer | undefined;
  private readonly signing = new Map<string, { privateKey: CryptoKey; jwk: JWK }>();

  /** Plays a use case. */
  plays<M extends DescMethod>(method: M, run: (caller: Caller, request: never) => Promise<MessageInitShape<M['output']>>): void {
    this.useCases.set(method.toString(), run);
  }

  async start(port = 0): Promise<string> {
    const server = new RpcServer({ address: `127.0.0.1:${port}`, internalToken });
    for (const service of Object.values(services)) {
      for (const method of service.methods) {
        server.add(method, {
          run: async (caller: Caller, request: never) => {
            if (method.name !== 'Authenticate' && method.name !== 'ListSigningKeys')
              this.calls.push({ method: method.name, caller, request });
            const run = this.useCases.get(method.toString());
            return (run ? await run(caller, request) : {}) as never;
          },
        });
      }
    }
    this.server = server;
    this.plays(IdentityService.method.authenticate, (_caller, request) => this.authenticate(request));
    this.plays(IdentityService.method.listSigningKeys, async () => ({
      keys: [...this.signing].map(([kid, { jwk }]) => ({ kty: 'RSA', use: 'sig', alg: 'RS256', kid, n: jwk.n, e: jwk.e })),
    }));
    return `127.0.0.1:${await server.start()}`;
  }

  async stop(): Promise<void> {
    await this.server?.stop(1_000);
  }

  /** A new signing key of identity. */
  async addSigningKey(kid: string): Promise<CryptoKey> {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
    this.signing.set(kid, { privateKey, jwk: await exportJWK(publicKey) });
    return privateKey;
  }

  removeSigningKey(kid: string): void {
    this.signing.delete(kid);
  }

  /** An access token as identity issues it; claims and header can be spoilt. */
  async token(
    kid: string,
    jti: string,
    spoilt: { claims?: Record<string, unknown>; expires?: string | number; key?: CryptoKey } = {},
  ): Promise<string> {
    return new SignJWT({
      iss: 'http://127.0.0.1/api',
      aud: 'tonegrid:sandbox',
      sub: 'oauth_client:1',
      jti,
      tenant: tenantUuid,
      scope: '',
      ...spoilt.claims,
    })
      .setProtectedHeader({ alg: 'RS256', kid })
      .setExpirationTime(spoilt.expires ?? '1h')
      .sign(spoilt.key ?? this.signing.get(kid)!.privateKey);
  }

  private async authenticate(request: {
    credential: { case?: string; value?: string };
  }): Promise<MessageInitShape<typeof IdentityService.method.authenticate.output>> {
    this.authentications += 1;
    const { case: kind, value = '' } = request.credential;
    const scopes = kind === 'apiKey' ? this.keys.get(value) : this.tokens.get(value);
    if (!scopes) throw new Refused(kind === 'apiKey' ? 'auth.invalid_api_key' : 'auth.invalid_token');
    const expiry = this.expiries.get(value);
    return {
      caller: {
        tenantUuid: this.tenants.get(value) ?? tenantUuid,
        tenantName: 'InterSpace',
        tenantRole: 'client',
        subject: kind === 'apiKey' ? `api_key:${value}` : `oauth_client:${value}`,
        scopes,
        reviewPolicy: 'auto',
        locale: this.locales.get(value) ?? 'en',
        onBehalfOf: this.actors.get(value),
      },
      ratePlan: this.ratePlans.get(value),
      ipAllowlist: this.addresses.get(value),
      family: this.families.get(value),
      expiresAt: expiry === undefined ? undefined : timestampFromMs(expiry),
    };
  }
}
