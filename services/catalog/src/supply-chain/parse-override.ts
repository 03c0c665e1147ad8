import type { SetDspOverrideRequest } from '@tonegrid/contracts';
import { ruleMessage } from '@tonegrid/rpc';
import { textOrNull } from '../blank';
import { FieldReport } from '../field-report';
import { supplied } from '../supplied';
import { rightsFlags } from './catalogues';
import type { OverrideRow } from './effective-config';
import { parsePolicies, parsePricing, parseTerritories, territoryMode } from './parse-deals';

const pricing = ['pricing_tier_code', 'pricing_custom_track_minor', 'pricing_custom_album_minor', 'pricing_currency'] as const;
const territories = ['territory_mode', 'territory_codes'] as const;

/**
 * The columns of an override that a request sets; null inherits again. Price and territories are each one decision: what a
 * request leaves out of one is taken from the present override, and the whole is checked. Throws `validation.failed`.
 */
export function parseOverride(request: SetDspOverrideRequest, present: OverrideRow | undefined): Partial<OverrideRow> {
  const has = supplied(request);
  const report = new FieldReport();
  const values: Partial<OverrideRow> = {
    ...(has('is_blocked') && { is_blocked: request.isBlocked ?? null }),
    ...(has('release_date_override') && { release_date_override: textOrNull(request.releaseDateOverride) }),
  };
  if (has('monetization_policy_codes')) {
    const codes = parsePolicies(request.monetizationPolicyCodes, report);
    values.monetization_policy_codes = codes.length > 0 ? codes : null;
  }
  if (has('rights_override')) {
    for (const flag of Object.keys(request.rightsOverride)) {
      const at = `rights_override.${flag}`;
      if (!(rightsFlags as readonly string[]).includes(flag)) report.add(at, ruleMessage('unknown', at));
    }
    values.rights_override = Object.keys(request.rightsOverride).length > 0 ? request.rightsOverride : null;
  }
  if (pricing.some(has)) Object.assign(values, pricingOf(request, has, present, report));
  if (territories.some(has)) Object.assign(values, territoriesOf(request, has, present, report));
  report.throwIfAny();
  return values;
}

type Has = ReturnType<typeof supplied<SetDspOverrideRequest>>;

function pricingOf(request: SetDspOverrideRequest, has: Has, present: OverrideRow | undefined, report: FieldReport): Partial<OverrideRow> {
  const tier = has('pricing_tier_code') ? textOrNull(request.pricingTierCode) : (present?.pricing_tier_code ?? null);
  if (tier === null) {
    const amounts = [request.pricingCustomTrackMinor, request.pricingCustomAlbumMinor, request.pricingCurrency];
    if (amounts.some((amount) => amount !== undefined)) report.add('pricing_tier_code', ruleMessage('required', 'pricing_tier_code'));
    return { pricing_tier_code: null, pricing_custom_track_minor: null, pricing_custom_album_minor: null, pricing_currency: null };
  }
  // Amounts of a custom tier stay while it does; another tier drops them.
  const keep = tier === 'custom' && present?.pricing_tier_code === 'custom';
  const minor = (text: string | null | undefined) => (text ? BigInt(text) : undefined);
  return parsePricing(
    {
      tier,
      trackMinor: has('pricing_custom_track_minor')
        ? request.pricingCustomTrackMinor
        : keep
          ? minor(present.pricing_custom_track_minor)
          : undefined,
      albumMinor: has('pricing_custom_album_minor')
        ? request.pricingCustomAlbumMinor
        : keep
          ? minor(present.pricing_custom_album_minor)
          : undefined,
      currency: has('pricing_currency') ? request.pricingCurrency : keep ? (present.pricing_currency ?? undefined) : undefined,
    },
    report,
  );
}

function territoriesOf(
  request: SetDspOverrideRequest,
  has: Has,
  present: OverrideRow | undefined,
  report: FieldReport,
): Partial<OverrideRow> {
  const presentMode = present?.territory_mode ? territoryMode(present.territory_mode) : undefined;
  const mode = has('territory_mode') ? request.territoryMode : presentMode;
  if (!mode && request.territoryCodes.length === 0) return { territory_mode: null, territory_codes: null };
  const keep = mode === presentMode && !has('territory_codes');
  return parseTerritories(mode, keep ? (present?.territory_codes ?? []) : request.territoryCodes, report);
}
