import type { MessageInitShape } from '@bufbuild/protobuf';
import type { EffectiveConfigSchema, SupplyChainConfigSchema } from '@tonegrid/contracts';
import type { Dsp, DspRegistry } from '@tonegrid/dsp-registry';
import { resolveConfig, resolveEffective, type ConfigRow, type Effective, type OverrideRow, type Sobo } from './effective-config';
import { territoryMode } from './parse-deals';
import { timestampOf } from '../timestamp';

/** The configuration of a release; the custom amounts are shown only where they are custom. */
export function configMessage(
  releaseUuid: string,
  row: ConfigRow | undefined,
  tenant: Sobo | undefined,
): MessageInitShape<typeof SupplyChainConfigSchema> {
  const config = resolveConfig(row, tenant);
  const custom = config.pricingTierCode === 'custom';
  return {
    releaseUuid,
    isDefault: config.isDefault,
    monetizationPolicyCodes: config.monetizationPolicyCodes,
    pricingTierCode: config.pricingTierCode,
    pricingCustomTrackMinor: custom ? (config.trackMinor ?? undefined) : undefined,
    pricingCustomAlbumMinor: custom ? (config.albumMinor ?? undefined) : undefined,
    pricingCurrency: custom ? config.currency : undefined,
    territoryMode: territoryMode(config.territoryMode),
    territoryCodes: config.territoryCodes,
    isTestDelivery: config.isTestDelivery,
    soboPartyDpid: config.soboPartyDpid ?? undefined,
    soboPartyName: config.soboPartyName ?? undefined,
    updatedAt: row && timestampOf(row.updated_at),
  };
}

const effectiveMessage = (dsp: Dsp, effective: Effective): MessageInitShape<typeof EffectiveConfigSchema> => ({
  dsp: dsp.slug,
  dspName: dsp.name,
  isBlocked: effective.isBlocked,
  monetizationPolicyCodes: effective.monetizationPolicyCodes,
  pricingTierCode: effective.pricingTierCode,
  pricingCustomTrackMinor: effective.trackMinor ?? undefined,
  pricingCustomAlbumMinor: effective.albumMinor ?? undefined,
  pricingCurrency: effective.currency,
  territoryMode: territoryMode(effective.territoryMode),
  territoryCodes: effective.territoryCodes,
  releaseDate: effective.releaseDate ?? undefined,
  rights: effective.rights,
  overridden: effective.overridden,
  isTestDelivery: effective.isTestDelivery,
  soboPartyDpid: effective.soboPartyDpid ?? undefined,
  soboPartyName: effective.soboPartyName ?? undefined,
});

/** All that the resolution of a release's DSPs starts from. */
export interface SupplyChain {
  releaseDate: string | null;
  config: ConfigRow | undefined;
  /** What the tenant has set. */
  tenant: Sobo | undefined;
  overrides: readonly OverrideRow[];
  /** Canonical slugs of the attached DSPs. */
  dsps: readonly string[];
}

/** The resolved configuration of each attached DSP; one that this deployment no longer has is left out. */
export function effectiveMessages(registry: DspRegistry, chain: SupplyChain): MessageInitShape<typeof EffectiveConfigSchema>[] {
  const config = resolveConfig(chain.config, chain.tenant);
  return chain.dsps.flatMap((slug) => {
    const dsp = registry.get(slug);
    const override = chain.overrides.find((row) => row.dsp === slug);
    return dsp ? [effectiveMessage(dsp, resolveEffective(slug, config, override, chain.releaseDate))] : [];
  });
}
