import { tierCurrency, tierOf } from './catalogues';

/** worldwide, include or exclude. */
export type TerritoryModeWord = 'worldwide' | 'include' | 'exclude';

/** What may be said of deals, for a release or for one of its DSPs. Null: not said. Amounts in minor units, as pg gives bigint. */
export interface Deals {
  monetization_policy_codes: string[] | null;
  pricing_tier_code: string | null;
  pricing_custom_track_minor: string | null;
  pricing_custom_album_minor: string | null;
  pricing_currency: string | null;
  territory_mode: TerritoryModeWord | null;
  territory_codes: string[] | null;
}

/** On whose behalf messages are sent (DDEX, SentOnBehalfOf); nobody's when there is no DPID. */
export interface Sobo {
  sobo_party_dpid: string | null;
  sobo_party_name: string | null;
}

/** A row of `supply_chain_configs`. */
export interface ConfigRow extends Deals, Sobo {
  is_test_delivery: boolean | null;
  updated_at: Date;
}

/** A row of `dsp_overrides`. */
export interface OverrideRow extends Deals {
  dsp: string;
  rights_override: Record<string, boolean> | null;
  is_blocked: boolean | null;
  release_date_override: string | null;
}

/** What holds where a release says nothing: streaming and downloads at the front-line price, everywhere. */
export const defaultConfig = {
  monetization_policy_codes: ['ad_supported_streaming', 'subscription_streaming', 'permanent_download'],
  pricing_tier_code: 'front_line',
  territory_mode: 'worldwide',
  territory_codes: [],
  is_test_delivery: false,
} as const;

/** Deals with nothing left open. Amounts are those of the tier, or the custom ones. */
export interface ResolvedDeals {
  monetizationPolicyCodes: string[];
  pricingTierCode: string;
  trackMinor: bigint | null;
  albumMinor: bigint | null;
  currency: string;
  territoryMode: TerritoryModeWord;
  territoryCodes: string[];
}

/** The release's own configuration, completed from the default. */
export interface ResolvedConfig extends ResolvedDeals {
  isDefault: boolean;
  isTestDelivery: boolean;
  soboPartyDpid: string | null;
  soboPartyName: string | null;
}

/** What holds at one DSP. */
export interface Effective extends Omit<ResolvedConfig, 'isDefault'> {
  dsp: string;
  isBlocked: boolean;
  releaseDate: string | null;
  rights: Record<string, boolean>;
  /** Names of the fields that the override set. */
  overridden: string[];
}

/** Completes what a release says with the default, and with what the tenant has set. Price and territories are each one decision: their parts are never mixed. */
export function resolveConfig(row: ConfigRow | undefined, tenant?: Sobo): ResolvedConfig {
  // The party is one decision: a name of the one is never put beside the DPID of the other.
  const sobo = row?.sobo_party_dpid ? row : tenant?.sobo_party_dpid ? tenant : undefined;
  return {
    isDefault: row === undefined,
    ...resolveDeals(row, {
      monetizationPolicyCodes: [...defaultConfig.monetization_policy_codes],
      ...priceOf(defaultConfig.pricing_tier_code, null),
      territoryMode: defaultConfig.territory_mode,
      territoryCodes: [],
    }),
    isTestDelivery: row?.is_test_delivery ?? defaultConfig.is_test_delivery,
    soboPartyDpid: sobo?.sobo_party_dpid ?? null,
    soboPartyName: sobo?.sobo_party_name ?? null,
  };
}

/** What lands in the messages to one DSP: its override before the release's configuration before the default. */
export function resolveEffective(
  dsp: string,
  config: ResolvedConfig,
  override: OverrideRow | undefined,
  releaseDate: string | null,
): Effective {
  const { isDefault: _, ...inherited } = config;
  return {
    ...inherited,
    ...resolveDeals(override, inherited),
    dsp,
    isBlocked: override?.is_blocked ?? false,
    releaseDate: override?.release_date_override ?? releaseDate,
    rights: override?.rights_override ?? {},
    overridden: override ? overridable.filter((name) => override[name] !== null) : [],
  };
}

const overridable = [
  'monetization_policy_codes',
  'pricing_tier_code',
  'pricing_custom_track_minor',
  'pricing_custom_album_minor',
  'pricing_currency',
  'territory_mode',
  'territory_codes',
  'rights_override',
  'is_blocked',
  'release_date_override',
] as const satisfies (keyof OverrideRow)[];

function resolveDeals(said: Deals | undefined, inherited: ResolvedDeals): ResolvedDeals {
  return {
    monetizationPolicyCodes: said?.monetization_policy_codes ?? inherited.monetizationPolicyCodes,
    ...(said?.pricing_tier_code
      ? priceOf(said.pricing_tier_code, said)
      : {
          pricingTierCode: inherited.pricingTierCode,
          trackMinor: inherited.trackMinor,
          albumMinor: inherited.albumMinor,
          currency: inherited.currency,
        }),
    ...(said?.territory_mode
      ? { territoryMode: said.territory_mode, territoryCodes: said.territory_codes ?? [] }
      : { territoryMode: inherited.territoryMode, territoryCodes: inherited.territoryCodes }),
  };
}

function priceOf(code: string, said: Deals | null): Pick<ResolvedDeals, 'pricingTierCode' | 'trackMinor' | 'albumMinor' | 'currency'> {
  const tier = tierOf(code);
  const amount = (standard: number | null | undefined, custom: string | null | undefined) =>
    code === 'custom' ? (custom == null ? null : BigInt(custom)) : standard == null ? null : BigInt(standard);
  return {
    pricingTierCode: code,
    trackMinor: amount(tier?.track, said?.pricing_custom_track_minor),
    albumMinor: amount(tier?.album, said?.pricing_custom_album_minor),
    currency: (code === 'custom' ? said?.pricing_currency : null) ?? tierCurrency,
  };
}
