import { TerritoryModeSchema, words, type TerritoryMode } from '@tonegrid/contracts';
import { isTerritoryCode } from '@tonegrid/dsp-registry';
import { ruleMessage } from '@tonegrid/rpc';
import type { FieldReport } from '../field-report';
import { isPolicy, monetizationPolicies, pricingTiers, tierOf } from './catalogues';
import type { Deals, TerritoryModeWord } from './effective-config';

const modes = words<TerritoryMode>(TerritoryModeSchema);

/** Known policies, each once. */
export function parsePolicies(codes: readonly string[], report: FieldReport): string[] {
  const parsed = codes.map((code) => code.trim().toLowerCase());
  parsed.forEach((code, n) => {
    const at = `monetization_policy_codes.${n}`;
    if (!isPolicy(code))
      report.add(at, ruleMessage('one_of', at, { values: monetizationPolicies.map((policy) => policy.code).join(', ') }));
  });
  return [...new Set(parsed)];
}

/** A tier with its amounts: custom takes all three, the others none. */
export function parsePricing(
  price: { tier: string; trackMinor?: bigint; albumMinor?: bigint; currency?: string },
  report: FieldReport,
): Pick<Deals, 'pricing_tier_code' | 'pricing_custom_track_minor' | 'pricing_custom_album_minor' | 'pricing_currency'> {
  const tier = price.tier.trim().toLowerCase();
  const currency = price.currency?.trim().toUpperCase();
  const given = {
    pricing_custom_track_minor: price.trackMinor,
    pricing_custom_album_minor: price.albumMinor,
    pricing_currency: currency || undefined,
  };
  if (!tierOf(tier))
    report.add(
      'pricing_tier_code',
      ruleMessage('one_of', 'pricing_tier_code', { values: pricingTiers.map(({ code }) => code).join(', ') }),
    );
  for (const [field, value] of Object.entries(given)) {
    if (tier === 'custom' && value === undefined) report.add(field, ruleMessage('required', field));
    if (tier !== 'custom' && value !== undefined)
      report.add(field, ruleMessage('only_with', field, { other: 'pricing_tier_code', values: 'custom' }));
  }
  if (currency && !isCurrency(currency)) report.add('pricing_currency', ruleMessage('currency', 'pricing_currency'));
  return {
    pricing_tier_code: tier,
    pricing_custom_track_minor: price.trackMinor?.toString() ?? null,
    pricing_custom_album_minor: price.albumMinor?.toString() ?? null,
    pricing_currency: currency || null,
  };
}

/** A mode with its ISO 3166-1 codes: include and exclude need some, worldwide takes none. */
export function parseTerritories(
  mode: TerritoryMode | undefined,
  codes: readonly string[],
  report: FieldReport,
): Pick<Deals, 'territory_mode' | 'territory_codes'> {
  const word = modes.word(mode) as TerritoryModeWord | undefined;
  if (!word) report.add('territory_mode', ruleMessage('required', 'territory_mode'));
  const parsed = codes.map((code) => code.trim().toUpperCase());
  parsed.forEach((code, n) => {
    if (!isTerritoryCode(code)) report.add(`territory_codes.${n}`, ruleMessage('country', `territory_codes.${n}`));
  });
  if (word === 'worldwide' && parsed.length > 0)
    report.add('territory_codes', ruleMessage('only_with', 'territory_codes', { other: 'territory_mode', values: 'include, exclude' }));
  if (word && word !== 'worldwide' && parsed.length === 0) report.add('territory_codes', ruleMessage('required', 'territory_codes'));
  return { territory_mode: word ?? null, territory_codes: [...new Set(parsed)] };
}

/** The mode as the contract says it. */
export const territoryMode = (word: TerritoryModeWord): TerritoryMode => modes.value(word)!;

const isCurrency = (code: string): boolean => Intl.supportedValuesOf('currency').includes(code);
