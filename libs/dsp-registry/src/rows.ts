import type { Dsp } from './dsp';
import { underscoreSlug } from './spell-slugs';

/** A row of GET /supply-chain/dsps, members in the order of the reference. */
export const supplyChainRow = (dsp: Dsp) => ({
  slug: dsp.slug,
  name: dsp.name,
  delivery_method: dsp.delivery_method,
  ddex_ern_version: dsp.ern_version,
  certification_level: dsp.certification_level,
  supports_atmos: dsp.supports_atmos,
  supports_video: dsp.supports_video,
  territory_set: dsp.territory_set,
});

/** A row of GET /distribution/dsps, members in the order of the reference. */
export const distributionRow = (dsp: Dsp) => ({
  id: dsp.id,
  name: dsp.name,
  slug: underscoreSlug(dsp),
  delivery_method: dsp.distribution_method,
  avg_delivery_days: dsp.avg_delivery_days,
});

/** The `note` of GET /supply-chain/dsps. */
export const supplyChainNote =
  "Every DSP is delivered via DDEX ERN. Direct = bundle is pushed straight to the DSP's ingestion endpoint by ToneGrid.";
