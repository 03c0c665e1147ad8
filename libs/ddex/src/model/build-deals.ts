import type { ConfigInput, DspInput, MessageInput, MonetizationPolicy } from './input';
import type { Deal, ReleaseDeal, Territories, Visibility } from './notification';

/** One commercial model's worth of uses. `sold` uses bear a price and may cover the whole release; the others are per track. */
interface Offer {
  model: string;
  uses: string[];
  sold: boolean;
  claim?: 'Monetize';
}

const policyOffers: Record<Exclude<MonetizationPolicy, 'restricted'>, Offer> = {
  ad_supported_streaming: { model: 'AdvertisementSupportedModel', uses: ['OnDemandStream', 'NonInteractiveStream'], sold: false },
  subscription_streaming: { model: 'SubscriptionModel', uses: ['OnDemandStream', 'NonInteractiveStream'], sold: false },
  conditional_download: { model: 'SubscriptionModel', uses: ['ConditionalDownload'], sold: false },
  permanent_download: { model: 'PayAsYouGoModel', uses: ['PermanentDownload'], sold: true },
  // Sold too, but at the operator's price: the release's own prices are for downloads.
  ringtone: { model: 'PayAsYouGoModel', uses: ['UseAsRingtone'], sold: false },
  ringback_tone: { model: 'PayAsYouGoModel', uses: ['UseAsRingbackTone'], sold: false },
  ugc_monetization: {
    model: 'RightsClaimModel',
    uses: ['UserMakeAvailableLabelProvided', 'UserMakeAvailableUserProvided'],
    sold: false,
    claim: 'Monetize',
  },
};

const streaming: readonly MonetizationPolicy[] = ['ad_supported_streaming', 'subscription_streaming', 'conditional_download'];
const download: readonly MonetizationPolicy[] = ['permanent_download', 'ringtone', 'ringback_tone'];

/** Policies left after the usage flags of the rights envelope; `restricted` beside others licenses nothing more. */
function licensed(config: ConfigInput): MonetizationPolicy[] {
  const { streaming: streams = true, download: downloads = true, ugc = true } = config.rights ?? {};
  return config.monetizationPolicies.filter(
    (policy) =>
      policy !== 'restricted' &&
      (streams || !streaming.includes(policy)) &&
      (downloads || !download.includes(policy)) &&
      (ugc || policy !== 'ugc_monetization'),
  );
}

/** Offers in a fixed order, one for each commercial model and, where a price is concerned, apart from the unpriced uses. */
function offersOf(policies: readonly MonetizationPolicy[]): Offer[] {
  const offers: Offer[] = [];
  for (const policy of Object.keys(policyOffers) as Exclude<MonetizationPolicy, 'restricted'>[]) {
    if (!policies.includes(policy)) continue;
    const offer = policyOffers[policy];
    const same = offers.find((other) => other.model === offer.model && other.sold === offer.sold);
    if (same) same.uses = [...new Set([...same.uses, ...offer.uses])];
    else offers.push({ ...offer, uses: [...offer.uses] });
  }
  return offers;
}

/** ISO 4217's exponents of the currencies whose minor unit is not a hundredth. */
const decimals: ReadonlyMap<string, number> = new Map(
  Object.entries({
    0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
    3: 'BHD IQD JOD KWD LYD OMR TND',
    4: 'CLF UYW',
  }).flatMap(([places, currencies]) => currencies.split(' ').map((currency) => [currency, Number(places)])),
);

/** Minor units as a decimal amount of the currency (ISO 4217 exponents): 999 USD is `9.99`, 999 JPY is `999`. */
export function amountOf(minor: number, currency: string): string {
  const places = decimals.get(currency) ?? 2;
  const digits = String(Math.round(minor)).padStart(places + 1, '0');
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** Where the deals hold: the release's territories, cut to those that the DSP serves. Null when nothing is left. */
export function territoriesOf(config: ConfigInput, dsp: DspInput): Territories | null {
  const { mode, codes = [] } = config.territories;
  const served = dsp.territories === undefined || dsp.territories === 'worldwide' ? null : dsp.territories;
  const listed = [...new Set(codes.map((code) => code.toUpperCase()))].sort();
  const only = (some: readonly string[]): Territories | null => (some.length > 0 ? { mode: 'only', codes: [...some] } : null);
  if (mode === 'include') return only(served ? listed.filter((code) => served.includes(code)) : listed);
  if (served) return only([...served].sort().filter((code) => mode === 'worldwide' || !listed.includes(code)));
  if (mode === 'exclude' && listed.length > 0) return { mode: 'except', codes: listed };
  return { mode: 'only', codes: ['Worldwide'] };
}

/**
 * Start and end of the deals. A date is local midnight in each territory, hence without an offset; an instant keeps its `Z`.
 * A takedown ends the deals at its own instant; deals that had not begun yet begin and end there, since a period must not
 * end before its start anywhere on earth.
 */
function validity(config: ConfigInput, date: string, message: MessageInput): { start: string; end?: string } {
  const instant = config.releaseInstant ? `${new Date(config.releaseInstant).toISOString().slice(0, 19)}Z` : null;
  const start = instant ?? `${date}T00:00:00`;
  if (message.takedown?.strategy !== 'end_deals') return { start };
  const end = `${new Date(message.takedown.at).toISOString().slice(0, 19)}Z`;
  const latestStart = instant ? Date.parse(instant) : Date.parse(`${date}T00:00:00Z`) + 12 * 3_600_000;
  return { start: latestStart > Date.parse(end) ? end : start, end };
}

export interface DealsInput {
  config: ConfigInput;
  dsp: DspInput;
  message: MessageInput;
  /** YYYY-MM-DD that the deals begin on. */
  date: string;
  main: string;
  tracks: string[];
}

/**
 * The deals of a release. Streams, claims and tones are licensed track by track, on the TrackReleases; what is sold is
 * sold there at the track price and on the main release, as a bundle, at the album price. A release of one track is no
 * bundle: its main release carries the streaming deals too.
 */
export function buildDeals(input: DealsInput): { deals: ReleaseDeal[]; visibilities: Visibility[]; warnings: string[] } {
  const { config, dsp, message } = input;
  const without = (...warnings: string[]) => ({ deals: [], visibilities: [], warnings });
  if (message.takedown?.strategy === 'no_deals') return without();
  const territories = territoriesOf(config, dsp);
  if (!territories) return without(`${dsp.name} serves none of the release's territories: the message has no deals`);
  const offers = offersOf(licensed(config));
  if (offers.length === 0) return without('No use is licensed: the message has no deals');
  const period = validity(config, input.date, message);
  const currency = config.pricing?.currency;
  const deal = (offer: Offer, minor: number | null | undefined): Deal => ({
    territories,
    ...period,
    commercialModels: [{ value: offer.model }],
    useTypes: offer.uses.map((value) => ({ value })),
    ...(offer.sold && currency && minor !== null && minor !== undefined
      ? { prices: [{ wholesale: { amount: amountOf(minor, currency), currency } }] }
      : {}),
    ...(offer.claim ? { rightsClaimPolicy: offer.claim } : {}),
  });
  const isBundle = input.tracks.length > 1;
  const ofMain = offers
    .filter((offer) => offer.sold || !isBundle)
    .map((offer) => deal(offer, config.pricing?.albumMinor ?? (isBundle ? null : config.pricing?.trackMinor)));
  const ofTracks = offers.map((offer) => deal(offer, config.pricing?.trackMinor));
  const preOrder = preOrderOf(input, ofMain);
  return {
    visibilities: preOrder.visibilities,
    deals: [
      ...(ofMain.length > 0 ? [{ releases: [input.main], deals: [...preOrder.deals, ...ofMain] }] : []),
      ...(input.tracks.length > 0 ? [{ releases: input.tracks, deals: ofTracks }] : []),
    ],
    warnings: preOrder.warnings,
  };
}

/** Reference of the one visibility of a message. */
export const visibilityReference = 'V1';

/**
 * A release on pre-order is sold before it is out: what the main release sells is offered in deals of their own that end where
 * the ordinary ones begin, and the release may be shown from the day the orders open.
 */
function preOrderOf(
  { config, message, date }: DealsInput,
  ofMain: Deal[],
): { deals: Deal[]; visibilities: Visibility[]; warnings: string[] } {
  const none = { deals: [], visibilities: [], warnings: [] };
  const { preorderDate } = config;
  if (!preorderDate || message.takedown) return none;
  const start = `${preorderDate}T00:00:00`;
  if (preorderDate >= (config.releaseInstant ?? date).slice(0, 10))
    return { ...none, warnings: [`Pre-orders are left out: they would open on ${preorderDate}, not before the release`] };
  const sold = ofMain.filter((deal) => deal.useTypes.some((use) => use.value === 'PermanentDownload'));
  if (sold.length === 0) return { ...none, warnings: ['Pre-orders are left out: the release is not sold as a download'] };
  return {
    deals: sold.map((deal) => ({ ...deal, start, end: deal.start!, isPreOrder: true })),
    visibilities: [
      { reference: visibilityReference, releaseDisplayStart: start, coverArtPreviewStart: start, trackListingPreviewStart: start },
    ],
    warnings: [],
  };
}
