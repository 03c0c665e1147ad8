import type { UpdateClientTenantRequest, UpdateOwnTenantRequest } from '@tonegrid/contracts';
import { invalid, Refused, type FieldErrors } from '@tonegrid/errors';
import { supplied } from '../supplied';
import { reviewPolicies, type TenantRow } from './tenant';
import { parseDomain } from './tenant-names';

type Settings = Partial<Omit<TenantRow, 'tenant_uuid' | 'parent_uuid' | 'slug' | 'tenant_role' | 'suspended_at' | 'created_at'>>;
type Request = UpdateOwnTenantRequest | UpdateClientTenantRequest;

/**
 * The settings that a request changes, checked. Throws a 422 with everything that is wrong, `tenant.platform_only` for what only a platform
 * sets: whoever reviews releases must not be able to say that nobody does.
 * @param role of the tenant that asks
 * @param stored the tenant that is changed: a UPC range may be given by halves
 */
export function parseSettings(request: Request, role: string, stored: TenantRow): Settings {
  const given = supplied(request);
  const fields: FieldErrors = {};
  const settings: Settings = {};
  const must = (name: 'name' | 'locale' | 'review_policy', value: string | undefined) => {
    if (!given(name)) return;
    if (value) settings[name] = value;
    else fields[name] = [`The ${name} field is required.`];
  };
  const may = <N extends keyof Settings>(name: N, value: Settings[N] | undefined, problem?: string) => {
    if (!given(name)) return;
    if (problem !== undefined) fields[name] = [problem];
    else settings[name] = value;
  };

  for (const field of ['review_policy', 'rate_plan'])
    if (given(field) && role !== 'platform') throw new Refused('tenant.platform_only', { params: { field } });
  must('name', request.name?.trim());
  must('locale', request.locale && new Intl.Locale(request.locale).toString());
  must('review_policy', reviewPolicies.word(request.reviewPolicy));
  const domain = request.customDomain ? parseDomain(request.customDomain) : null;
  may('custom_domain', domain, domain === undefined ? 'The custom_domain must be a host name, like music.example.com.' : undefined);
  const dsps = request.defaultDsps.map((slug) => slug.toLowerCase().replace(/[-_]/g, ''));
  const odd = dsps.findIndex((slug) => !/^[a-z0-9]+$/.test(slug));
  may('default_dsps', [...new Set(dsps)], odd === -1 ? undefined : `The default_dsps.${odd} must be the slug of a DSP.`);
  may('sobo_party_dpid', request.soboPartyDpid?.replace(/-/g, '') || null);
  may('sobo_party_name', request.soboPartyName?.trim() || null);
  const isrc = request.isrcPrefix?.replace(/-/g, '').toUpperCase() || null;
  const isrcProblem =
    isrc === null || /^[A-Z]{2}[A-Z0-9]{3}$/.test(isrc)
      ? undefined
      : 'The isrc_prefix must be a country code and a registrant code, like NGTNG.';
  may('isrc_prefix', isrc, isrcProblem);
  may('upc_range_start', request.upcRangeStart || null, upcProblem('upc_range_start', request.upcRangeStart));
  may('upc_range_end', request.upcRangeEnd || null, upcProblem('upc_range_end', request.upcRangeEnd));
  if ('ratePlan' in request) may('rate_plan', request.ratePlan ?? '', planProblem(request.ratePlan));

  if (Object.keys(fields).length === 0) checkRange({ ...stored, ...settings }, fields);
  if (Object.keys(fields).length > 0) throw invalid(fields);
  return settings;
}

const planProblem = (plan: string | undefined): string | undefined =>
  !plan || /^[a-z0-9][a-z0-9_-]*$/.test(plan) ? undefined : 'The rate_plan must be the name of a rate plan.';

/** UPC-A: 12 digits, the last of which checks the others (GS1 General Specifications, 7.9.1). */
function upcProblem(field: string, upc: string | undefined): string | undefined {
  if (!upc) return undefined;
  const digits = /^\d{12}$/.test(upc) ? [...upc].map(Number) : undefined;
  const sum = digits?.reduce((total, digit, index) => total + digit * (index % 2 === 0 ? 3 : 1), 0);
  return sum !== undefined && sum % 10 === 0 ? undefined : `The ${field} must be a UPC of 12 digits with a right check digit.`;
}

function checkRange({ upc_range_start: start, upc_range_end: end }: TenantRow, fields: FieldErrors): void {
  if ((start === null) !== (end === null)) {
    const missing = start === null ? 'upc_range_start' : 'upc_range_end';
    fields[missing] = [`The ${missing} field is required.`];
  } else if (start !== null && end !== null && start > end)
    fields['upc_range_end'] = ['The upc_range_end must not be less than upc_range_start.'];
}
