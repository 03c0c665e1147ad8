import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { completeAcceptanceSets } from './acceptance';
import { dpidProblem } from './dpid';
import {
  acceptanceSetsSchema,
  dspSchema,
  partnerSchema,
  territorySetsSchema,
  type Dsp,
  type DspRow,
  type PartnerRow,
  type RestEndpoint,
  type SftpEndpoint,
} from './dsp';
import { DspRegistry } from './registry';
import { isTerritoryCode } from './territories';
import { fillVariables } from './variables';

/** One thing wrong with the file: which DSP (or `partner x`, or `file`), which field, and what. */
export interface RegistryProblem {
  dsp: string;
  field: string;
  message: string;
}

/** The file cannot be used. The message lists every problem, so that one start shows them all. */
export class RegistryInvalid extends Error {
  override readonly name = 'RegistryInvalid';
  constructor(
    path: string,
    readonly problems: RegistryProblem[],
  ) {
    super(`${path}: ${problems.map((problem) => `${problem.dsp}: ${problem.field}: ${problem.message}`).join('; ')}`);
  }
}

const fileSchema = z.strictObject({
  territory_sets: territorySetsSchema,
  acceptance_sets: acceptanceSetsSchema.default({}),
  partners: z.array(z.unknown()).default([]),
  dsps: z.array(z.unknown()).min(1),
});

/**
 * Reads and checks the DSP registry (deploy/dsps.yaml). `env` gives TONEGRID_ENV (sandbox or production) and the variables that the
 * file refers to. A service that delivers passes `deliver: true`: then production also demands a DPID, an address and
 * credentials for every active DSP. Throws RegistryInvalid naming each DSP and field.
 */
export function loadRegistry(path: string, env: NodeJS.ProcessEnv, { deliver = false }: { deliver?: boolean } = {}): DspRegistry {
  const environment = env.TONEGRID_ENV;
  if (environment !== 'sandbox' && environment !== 'production') throw new Error('TONEGRID_ENV must be sandbox or production');
  const problems: RegistryProblem[] = [];
  const readable = environment === 'sandbox' ? withoutRealDsps(env) : env;
  const check = new Checks(problems, readable, environment === 'sandbox', deliver);

  const file = fileSchema.safeParse(readYaml(path));
  if (!file.success) throw new RegistryInvalid(path, issues('file', file.error));
  const { territory_sets: sets } = file.data;
  const { complete: acceptance, problems: unfit } = completeAcceptanceSets(file.data.acceptance_sets);
  problems.push(...unfit.map(({ field, message }) => ({ dsp: 'file', field: `acceptance_sets.${field}`, message })));
  for (const [name, codes] of Object.entries(sets)) {
    const wrong = codes === 'worldwide' ? [] : codes.filter((code) => !isTerritoryCode(code));
    if (wrong.length > 0) problems.push({ dsp: 'file', field: `territory_sets.${name}`, message: `not ISO 3166-1: ${wrong.join(', ')}` });
  }
  const partners = check.rows(partnerSchema, file.data.partners, 'partner');
  const rows = check.rows(dspSchema, file.data.dsps, 'dsp');
  check.unique('partner', 'slug', partners);
  for (const partner of partners) {
    if (!partner.sftp === !partner.rest)
      problems.push({ dsp: `partner ${partner.slug}`, field: 'sftp', message: 'exactly one of sftp and rest is required' });
  }
  check.unique('dsp', 'slug', rows);
  check.unique('dsp', 'id', rows);
  const dsps = rows.map((row) => check.dsp(row, partners, sets, acceptance));
  if (problems.length > 0) throw new RegistryInvalid(path, problems);
  return new DspRegistry(dsps, { territories: sets, acceptance }, readable, environment);
}

class Checks {
  constructor(
    private readonly problems: RegistryProblem[],
    private readonly env: NodeJS.ProcessEnv,
    private readonly sandbox: boolean,
    private readonly deliver: boolean,
  ) {}

  rows<T>(schema: z.ZodType<T>, rows: unknown[], kind: 'partner' | 'dsp'): T[] {
    return rows.flatMap((row, index) => {
      const parsed = schema.safeParse(row);
      if (parsed.success) return [parsed.data];
      const slug = (row as { slug?: unknown } | null)?.slug;
      const owner = typeof slug === 'string' ? `${kind === 'partner' ? 'partner ' : ''}${slug}` : `${kind} ${index + 1}`;
      this.problems.push(...issues(owner, parsed.error));
      return [];
    });
  }

  unique<K extends 'slug' | 'id'>(kind: 'partner' | 'dsp', key: K, rows: Array<Record<K, unknown> & { slug: string }>): void {
    const seen = new Map<unknown, string>();
    for (const row of rows) {
      const other = seen.get(row[key]);
      if (other !== undefined) this.problem(kind === 'partner' ? `partner ${row.slug}` : row.slug, key, `${row[key]} is also ${other}'s`);
      else seen.set(row[key], row.slug);
    }
  }

  dsp(row: DspRow, partners: PartnerRow[], sets: Record<string, unknown>, acceptance: Record<string, unknown>): Dsp {
    const { sftp, rest, partner: partnerSlug, live_url = null, dsp_release_id = null, ...kept } = row;
    const partner = partners.find((each) => each.slug === partnerSlug) ?? null;
    if (row.slug_parts.join('') !== row.slug) this.problem(row.slug, 'slug_parts', `do not spell "${row.slug}"`);
    for (const field of ['dpid', 'sandbox_dpid'] as const) {
      const wrong = row[field] === null ? null : dpidProblem(row[field]);
      if (wrong) this.problem(row.slug, field, wrong);
    }
    if (!row.sandbox_dpid.startsWith('PADPIDASANDBOX')) this.problem(row.slug, 'sandbox_dpid', 'must begin with PADPIDASANDBOX');
    if (!Object.hasOwn(sets, row.territory_set))
      this.problem(row.slug, 'territory_set', `"${row.territory_set}" is not one of territory_sets`);
    if (row.acceptance !== null && !Object.hasOwn(acceptance, row.acceptance))
      this.problem(row.slug, 'acceptance', `"${row.acceptance}" is not one of acceptance_sets`);
    if (row.takedown_strategy === 'purge' && !row.accepts_purge)
      this.problem(row.slug, 'takedown_strategy', 'is purge, which accepts_purge denies');
    this.route(row, partner);
    const carrier = partner ?? row;
    const endpoint = row.active ? this.endpoint(row.slug, carrier) : null;
    if (row.active && this.deliver && !this.sandbox) this.demandSecrets(row, carrier);
    return { ...kept, endpoint, partner: partner && { slug: partner.slug, name: partner.name }, live_url, dsp_release_id };
  }

  private route(row: DspRow, partner: PartnerRow | null): void {
    const needs = { ddex_sftp_direct: 'sftp', ddex_rest_direct: 'rest', partner_routed: 'partner' } as const;
    for (const field of ['sftp', 'rest', 'partner'] as const) {
      const needed = needs[row.delivery_method] === field;
      if (needed && !row[field]) this.problem(row.slug, field, `is required for ${row.delivery_method}`);
      if (!needed && row[field]) this.problem(row.slug, field, `has no place in ${row.delivery_method}`);
    }
    if (row.partner && !partner) this.problem(row.slug, 'partner', `"${row.partner}" is not one of partners`);
    const protocol = (partner ?? row).rest ? 'https' : 'sftp';
    if (row.ingestion_protocol !== protocol) this.problem(row.slug, 'ingestion_protocol', `must be ${protocol}, as its endpoint is`);
    if (row.acknowledgement.by === 'folder' && protocol !== 'sftp')
      this.problem(row.slug, 'acknowledgement.by', 'folder needs an SFTP endpoint');
  }

  private endpoint(owner: string, carrier: Pick<DspRow, 'sftp' | 'rest'>): SftpEndpoint | RestEndpoint | null {
    if (carrier.rest) {
      const url = this.fill(owner, 'rest.url', carrier.rest.url);
      if (url === null) return null;
      if (!/^https?:$/.test(protocolOf(url))) this.problem(owner, 'rest.url', `"${url}" is not an http(s) address`);
      else if (!this.sandbox && !url.startsWith('https:')) this.problem(owner, 'rest.url', 'must be https in production');
      return { kind: 'rest', ...carrier.rest, url };
    }
    if (!carrier.sftp) return null;
    const host = this.fill(owner, 'sftp.host', carrier.sftp.host);
    const port = this.fill(owner, 'sftp.port', String(carrier.sftp.port));
    const username = this.fill(owner, 'sftp.username', carrier.sftp.username);
    if (host === null || port === null || username === null) return null;
    const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
    if (number < 1 || number > 65535) this.problem(owner, 'sftp.port', `"${port}" is not a port`);
    return { kind: 'sftp', ...carrier.sftp, host, port: number, username };
  }

  // A variable that is not set is refused where it is needed: always in the sandbox, whose defaults should cover it, and in
  // production in the service that delivers. The others do not need addresses and must start without them.
  private fill(owner: string, field: string, text: string): string | null {
    try {
      const filled = fillVariables(text, this.env, this.sandbox);
      if ('text' in filled) return filled.text;
      if (this.sandbox || this.deliver) this.problem(owner, field, `${filled.missing.join(', ')} is not set`);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.problem(owner, field, error.message);
    }
    return null;
  }

  private demandSecrets(row: DspRow, carrier: Pick<DspRow, 'sftp' | 'rest'>): void {
    const isSet = (name: string | undefined) => Boolean(name && this.env[name]);
    if (row.dpid === null) this.problem(row.slug, 'dpid', 'is null; fill it in, or set active: false');
    const { sftp, rest } = carrier;
    if (rest && !isSet(rest.token_env)) this.problem(row.slug, 'rest.token_env', `${rest.token_env} is not set`);
    if (sftp && !isSet(sftp.password_env) && !isSet(sftp.private_key_env))
      this.problem(
        row.slug,
        'sftp.password_env',
        `neither ${sftp.password_env ?? 'a password'} nor ${sftp.private_key_env ?? 'a private key'} is set`,
      );
    if (sftp && !isSet(sftp.host_key_env)) this.problem(row.slug, 'sftp.host_key_env', `${sftp.host_key_env ?? 'the host key'} is not set`);
    if (row.acknowledgement.by === 'callback' && !isSet(row.acknowledgement.key_env))
      this.problem(row.slug, 'acknowledgement.key_env', `${row.acknowledgement.key_env} is not set`);
  }

  private problem(dsp: string, field: string, message: string): void {
    this.problems.push({ dsp, field, message });
  }
}

// The sandbox never reaches a real DSP, also when it is started with production's variables: what names a DSP's address or
// secret is not read there at all.
function withoutRealDsps(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('DSP_')));
}

function readYaml(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'), { maxAliasCount: 0 });
  } catch (error) {
    throw new RegistryInvalid(path, [{ dsp: 'file', field: 'yaml', message: error instanceof Error ? error.message : String(error) }]);
  }
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : '';
}

function issues(dsp: string, error: z.ZodError): RegistryProblem[] {
  return error.issues.map((issue) => ({
    dsp,
    field: issue.path.join('.') || (issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : 'row'),
    message: issue.message,
  }));
}
