/** The eight ways in which a release may earn (reference, Supply Chain). */
export const monetizationPolicies = [
  { code: 'ad_supported_streaming', name: 'Ad-supported streaming', description: 'Free to the listener, paid by advertising.' },
  { code: 'subscription_streaming', name: 'Subscription streaming', description: 'On-demand streams for subscribers.' },
  { code: 'permanent_download', name: 'Permanent download', description: 'Bought once, kept for good.' },
  { code: 'conditional_download', name: 'Conditional download', description: 'Kept offline for as long as the subscription lasts.' },
  { code: 'ringtone', name: 'Ringtone', description: 'An excerpt sold as the ringing tone of a phone.' },
  { code: 'ringback_tone', name: 'Ringback tone', description: 'An excerpt that callers hear while the phone rings.' },
  { code: 'ugc_monetization', name: 'User-generated content', description: "Earns from other people's uploads that use the recording." },
  { code: 'restricted', name: 'Restricted', description: 'Delivered, but not offered to the public.' },
] as const;

/** The six price levels with their wholesale amounts in US cents; custom brings its own. */
export const pricingTiers = [
  { code: 'back_catalog', name: 'Back catalogue', track: 69, album: 499 },
  { code: 'budget', name: 'Budget', track: 79, album: 599 },
  { code: 'mid', name: 'Mid price', track: 99, album: 799 },
  { code: 'front_line', name: 'Front line', track: 129, album: 999 },
  { code: 'premium', name: 'Premium', track: 149, album: 1199 },
  { code: 'custom', name: 'Custom', track: null, album: null },
] as const;

/** Currency of the tiers' amounts. */
export const tierCurrency = 'USD';

/** Flags that an override may set. */
export const rightsFlags = ['streaming', 'download', 'ugc', 'sync'] as const;

export const isPolicy = (code: string): boolean => monetizationPolicies.some((policy) => policy.code === code);

export const tierOf = (code: string): (typeof pricingTiers)[number] | undefined => pricingTiers.find((tier) => tier.code === code);
