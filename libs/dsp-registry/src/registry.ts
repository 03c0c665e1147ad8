import { createHmac } from 'node:crypto';
import type { AcceptanceRules, Dsp } from './dsp';
import { sandboxHostKey } from './sandbox-host-key';
import { canonicalSlug } from './spell-slugs';

/** What a client needs to enter a DSP's SFTP server. `host_key` is the SHA-256 fingerprint (`SHA256:…`) that it must show. */
export interface SftpCredentials {
  username: string;
  password?: string;
  private_key?: string;
  host_key?: string;
}

/** The checked DSPs of this deployment. Immutable; made by `loadRegistry`. */
export class DspRegistry {
  /** Active DSPs in the order of the file, which is the order of GET /supply-chain/dsps. */
  readonly all: readonly Dsp[];
  /** Active DSPs by id, the order of GET /distribution/dsps. */
  readonly byId: readonly Dsp[];
  private readonly bySlug: ReadonlyMap<string, Dsp>;

  constructor(
    dsps: readonly Dsp[],
    private readonly sets: {
      territories: Readonly<Record<string, 'worldwide' | readonly string[]>>;
      acceptance: Readonly<Record<string, AcceptanceRules>>;
    },
    private readonly env: NodeJS.ProcessEnv,
    readonly environment: 'sandbox' | 'production',
  ) {
    this.all = dsps.filter((dsp) => dsp.active);
    this.byId = [...this.all].sort((a, b) => a.id - b.id);
    this.bySlug = new Map(this.all.map((dsp) => [dsp.slug, dsp]));
  }

  /** The active DSP of a slug in any spelling (`apple_music`, `apple-music`, `applemusic`, any case), or undefined. */
  get(anySpelling: string): Dsp | undefined {
    return this.bySlug.get(canonicalSlug(anySpelling));
  }

  /** The `summary` of GET /supply-chain/dsps. */
  summary(): { total_active: number; direct_ddex_sftp: number; direct_ddex_rest: number; partner_routed: number } {
    const count = (method: Dsp['delivery_method']) => this.all.filter((dsp) => dsp.delivery_method === method).length;
    return {
      total_active: this.all.length,
      direct_ddex_sftp: count('ddex_sftp_direct'),
      direct_ddex_rest: count('ddex_rest_direct'),
      partner_routed: count('partner_routed'),
    };
  }

  /** Where a DSP operates at all: everywhere, or a list of ISO 3166-1 alpha-2 codes. */
  territoriesOf(dsp: Dsp): 'worldwide' | readonly string[] {
    const territories = this.sets.territories[dsp.territory_set];
    if (!territories) throw new Error(`territory set "${dsp.territory_set}" of DSP "${dsp.slug}" is not in this registry`);
    return territories;
  }

  /** What a DSP publicly asks of a delivery, beyond the standard; null where the file says nothing of it. */
  acceptanceRules(dsp: Dsp): AcceptanceRules | null {
    if (dsp.acceptance === null) return null;
    const rules = this.sets.acceptance[dsp.acceptance];
    if (!rules) throw new Error(`acceptance set "${dsp.acceptance}" of DSP "${dsp.slug}" is not in this registry`);
    return rules;
  }

  /**
   * The DPID that a message to this DSP names as its recipient: in the sandbox the published one or else the sandbox's own,
   * in production the real one. Throws in production when the operator has not filled it in.
   */
  recipientDpid(dsp: Dsp): string {
    const dpid = dsp.dpid ?? (this.environment === 'sandbox' ? dsp.sandbox_dpid : null);
    if (!dpid) throw new Error(`DSP "${dsp.slug}": dpid is not filled in, so no message can be addressed to it`);
    return dpid;
  }

  /** The SFTP credentials of a DSP (or of the partner that carries for it). Throws when its endpoint is not SFTP. */
  sftpCredentials(dsp: Dsp): SftpCredentials {
    const endpoint = dsp.endpoint;
    if (endpoint?.kind !== 'sftp') throw new Error(`DSP "${dsp.slug}" has no SFTP endpoint`);
    const privateKey = this.fromEnv(endpoint.private_key_env);
    return {
      username: endpoint.username,
      password: privateKey ? this.fromEnv(endpoint.password_env) : this.secret(endpoint.password_env),
      private_key: privateKey,
      host_key: this.hostKey(endpoint.host_key_env),
    };
  }

  /** The bearer token for a DSP's REST endpoint. Throws when it has none. */
  restToken(dsp: Dsp): string {
    if (dsp.endpoint?.kind !== 'rest') throw new Error(`DSP "${dsp.slug}" has no REST endpoint`);
    return this.required(dsp, dsp.endpoint.token_env);
  }

  /** The key that signs this DSP's calls to POST /dsp/:slug/acknowledgements. */
  acknowledgementKey(dsp: Dsp): string {
    return this.required(dsp, dsp.acknowledgement.key_env);
  }

  private required(dsp: Dsp, name: string): string {
    const secret = this.secret(name);
    if (!secret) throw new Error(`DSP "${dsp.slug}": ${name} is not set`);
    return secret;
  }

  private hostKey(name: string | undefined): string | undefined {
    const token = this.env.INTERNAL_TOKEN;
    if (this.environment === 'sandbox' && token) return this.fromEnv(name) ?? sandboxHostKey(token).fingerprint;
    return this.fromEnv(name);
  }

  private fromEnv(name: string | undefined): string | undefined {
    return (name && this.env[name]) || undefined;
  }

  // In the sandbox the delivery service and the simulator hold the same INTERNAL_TOKEN, so both arrive at the same secret
  // without one standing in a file.
  private secret(name: string | undefined): string | undefined {
    if (!name) return undefined;
    const set = this.fromEnv(name);
    const token = this.env.INTERNAL_TOKEN;
    if (set || this.environment === 'production' || !token) return set;
    return createHmac('sha256', token).update(`sandbox-dsp-secret:${name}`).digest('base64url');
  }
}
