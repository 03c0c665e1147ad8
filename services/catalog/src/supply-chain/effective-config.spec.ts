import { resolveConfig, resolveEffective, type ConfigRow, type OverrideRow } from './effective-config';

const nothing = {
  monetization_policy_codes: null,
  pricing_tier_code: null,
  pricing_custom_track_minor: null,
  pricing_custom_album_minor: null,
  pricing_currency: null,
  territory_mode: null,
  territory_codes: null,
};
const config = (values: Partial<ConfigRow>): ConfigRow => ({
  ...nothing,
  is_test_delivery: null,
  sobo_party_dpid: null,
  sobo_party_name: null,
  updated_at: new Date(0),
  ...values,
});
const override = (values: Partial<OverrideRow>): OverrideRow => ({
  ...nothing,
  dsp: 'spotify',
  rights_override: null,
  is_blocked: null,
  release_date_override: null,
  ...values,
});

test('a release that says nothing has the default', () => {
  expect(resolveConfig(undefined)).toEqual({
    isDefault: true,
    monetizationPolicyCodes: ['ad_supported_streaming', 'subscription_streaming', 'permanent_download'],
    pricingTierCode: 'front_line',
    trackMinor: 129n,
    albumMinor: 999n,
    currency: 'USD',
    territoryMode: 'worldwide',
    territoryCodes: [],
    isTestDelivery: false,
    soboPartyDpid: null,
    soboPartyName: null,
  });
});

test('what a release says replaces the default, field by field', () => {
  expect(resolveConfig(config({ monetization_policy_codes: ['ringtone'], is_test_delivery: true }))).toMatchObject({
    isDefault: false,
    monetizationPolicyCodes: ['ringtone'],
    pricingTierCode: 'front_line',
    isTestDelivery: true,
  });
});

test('an override goes before the release, which goes before the default', () => {
  const release = resolveConfig(config({ pricing_tier_code: 'mid', territory_mode: 'exclude', territory_codes: ['US'] }));
  expect(resolveEffective('spotify', release, override({ pricing_tier_code: 'premium' }), '2026-01-01')).toMatchObject({
    dsp: 'spotify',
    pricingTierCode: 'premium',
    trackMinor: 149n,
    territoryMode: 'exclude',
    territoryCodes: ['US'],
    releaseDate: '2026-01-01',
    overridden: ['pricing_tier_code'],
  });
  expect(resolveEffective('spotify', release, undefined, null)).toMatchObject({
    pricingTierCode: 'mid',
    isBlocked: false,
    rights: {},
    overridden: [],
  });
});

test('price and territories are one decision each: parts of two levels are never mixed', () => {
  const release = resolveConfig(
    config({
      pricing_tier_code: 'custom',
      pricing_custom_track_minor: '5',
      pricing_custom_album_minor: '6',
      pricing_currency: 'NGN',
      territory_mode: 'include',
      territory_codes: ['NG'],
    }),
  );
  expect(release).toMatchObject({ trackMinor: 5n, albumMinor: 6n, currency: 'NGN' });
  const effective = resolveEffective('spotify', release, override({ pricing_tier_code: 'budget', territory_mode: 'worldwide' }), null);
  expect(effective).toMatchObject({ trackMinor: 79n, albumMinor: 599n, currency: 'USD', territoryMode: 'worldwide', territoryCodes: [] });
});

test('the kill-switch, rights and another release date hold at their DSP', () => {
  const effective = resolveEffective(
    'spotify',
    resolveConfig(undefined),
    override({ is_blocked: true, rights_override: { ugc: false }, release_date_override: '2026-02-02' }),
    '2026-01-01',
  );
  expect(effective).toMatchObject({
    isBlocked: true,
    rights: { ugc: false },
    releaseDate: '2026-02-02',
    overridden: ['rights_override', 'is_blocked', 'release_date_override'],
  });
});

test('the party of the tenant stands in for a release that names none, and is never mixed with one that it names', () => {
  const tenant = { sobo_party_dpid: 'PADPIDA2011072101T', sobo_party_name: 'Harbour' };
  expect(resolveConfig(undefined, tenant)).toMatchObject({
    isDefault: true,
    soboPartyDpid: 'PADPIDA2011072101T',
    soboPartyName: 'Harbour',
  });
  expect(resolveConfig(config({ is_test_delivery: true }), tenant)).toMatchObject({ soboPartyName: 'Harbour' });
  expect(resolveConfig(config({ sobo_party_dpid: 'PADPIDA2007040502I' }), tenant)).toMatchObject({
    soboPartyDpid: 'PADPIDA2007040502I',
    soboPartyName: null,
  });
});
