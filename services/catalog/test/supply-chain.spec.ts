import { create } from '@bufbuild/protobuf';
import { FieldMaskSchema } from '@bufbuild/protobuf/wkt';
import { TerritoryMode } from '@tonegrid/contracts';
import { approvedRelease, bareRelease } from './fixtures';
import { newCaller, refusal, startCatalog, type Catalog } from './start-catalog';

let catalog: Catalog;
beforeAll(async () => {
  catalog = await startCatalog();
});
afterAll(() => catalog?.stop());

const mask = (...paths: string[]) => create(FieldMaskSchema, { paths });

describe('the lists', () => {
  test('show every active DSP with the counts of the reference', async () => {
    const { data } = await catalog.client.listSupplyChainDsps(newCaller(), {});
    expect(data?.summary).toMatchObject({ totalActive: 24, directDdexSftp: 18, directDdexRest: 4, partnerRouted: 2 });
    expect(data?.dsps).toHaveLength(24);
    expect(data?.dsps[0]).toMatchObject({
      slug: 'spotify',
      name: 'Spotify',
      deliveryMethod: 'ddex_sftp_direct',
      ddexErnVersion: '4.3',
      certificationLevel: 'preferred_provider_platinum',
      supportsAtmos: true,
      supportsVideo: false,
      territorySet: 'global',
      ingestionProtocol: 'sftp',
    });
    expect(data?.note).toMatch(/^Every DSP is delivered via DDEX ERN\./);
  });

  test('have the eight policies and six tiers of the reference', async () => {
    const policies = await catalog.client.listMonetizationPolicies(newCaller(), {});
    expect(policies.data.map(({ code }) => code)).toEqual([
      'ad_supported_streaming',
      'subscription_streaming',
      'permanent_download',
      'conditional_download',
      'ringtone',
      'ringback_tone',
      'ugc_monetization',
      'restricted',
    ]);
    const tiers = await catalog.client.listPricingTiers(newCaller(), {});
    expect(tiers.data.map(({ code }) => code)).toEqual(['back_catalog', 'budget', 'mid', 'front_line', 'premium', 'custom']);
    expect(tiers.data[3]).toMatchObject({ defaultTrackMinor: 129n, defaultAlbumMinor: 999n, currency: 'USD' });
    expect(tiers.data[5]?.defaultTrackMinor).toBeUndefined();
  });
});

describe('the configuration of a release', () => {
  test('is the default until something is set; setters leave the rest as it is', async () => {
    const caller = newCaller();
    const { uuid } = await bareRelease(catalog, caller);
    expect((await catalog.client.getSupplyChain(caller, { uuid })).data).toMatchObject({
      releaseUuid: uuid,
      isDefault: true,
      monetizationPolicyCodes: ['ad_supported_streaming', 'subscription_streaming', 'permanent_download'],
      pricingTierCode: 'front_line',
      territoryMode: TerritoryMode.WORLDWIDE,
      territoryCodes: [],
      isTestDelivery: false,
    });
    await catalog.client.setMonetization(caller, {
      uuid,
      monetizationPolicyCodes: ['subscription_streaming', 'permanent_download', 'permanent_download'],
    });
    await catalog.client.setPricingTier(caller, {
      uuid,
      pricingTierCode: 'custom',
      pricingCustomTrackMinor: 129n,
      pricingCustomAlbumMinor: 999n,
      pricingCurrency: 'eur',
    });
    await catalog.client.setTerritories(caller, { uuid, territoryMode: TerritoryMode.INCLUDE, territoryCodes: ['NG', 'gh'] });
    const { data } = await catalog.client.setDeliveryOptions(caller, {
      uuid,
      updateMask: mask('is_test_delivery', 'sobo_party_dpid', 'sobo_party_name'),
      isTestDelivery: true,
      soboPartyDpid: 'PA-DPIDA-2011072101-T',
      soboPartyName: 'Harbour',
    });
    expect(data).toMatchObject({
      isDefault: false,
      monetizationPolicyCodes: ['subscription_streaming', 'permanent_download'],
      pricingTierCode: 'custom',
      pricingCustomTrackMinor: 129n,
      pricingCustomAlbumMinor: 999n,
      pricingCurrency: 'EUR',
      territoryMode: TerritoryMode.INCLUDE,
      territoryCodes: ['NG', 'GH'],
      isTestDelivery: true,
      soboPartyDpid: 'PADPIDA2011072101T',
      soboPartyName: 'Harbour',
    });
    expect((await catalog.client.getSupplyChain(caller, { uuid })).data).toEqual(data);
    const { data: back } = await catalog.client.setPricingTier(caller, { uuid, pricingTierCode: 'mid' });
    expect([back?.pricingTierCode, back?.pricingCustomTrackMinor, back?.pricingCurrency]).toEqual(['mid', undefined, undefined]);
    const told = (await catalog.told(uuid)).slice(1);
    expect(told.map(({ data: { changed } }) => changed)).toEqual(Array(5).fill(['supply_chain']));
    await catalog.client.setPricingTier(caller, { uuid, pricingTierCode: 'mid' });
    expect(await catalog.told(uuid)).toHaveLength(6);
    const recorded = await catalog.recorded(uuid);
    expect(recorded).toHaveLength(5);
    expect(recorded.at(-2)).toMatchObject({ action: 'supply_chain.updated', before: {}, after: { sobo_party_dpid: 'PADPIDA2011072101T' } });
    expect(recorded.at(-1)).toMatchObject({ before: { pricing_tier_code: 'custom' }, after: { pricing_tier_code: 'mid' } });
  });

  test('refuses what is in no catalogue, by field', async () => {
    const caller = newCaller();
    const { uuid } = await bareRelease(catalog, caller);
    const fields = async (call: Promise<unknown>) => Object.keys((await refusal(call)).fields ?? {});
    expect(await fields(catalog.client.setMonetization(caller, { uuid, monetizationPolicyCodes: ['ringtone', 'barter'] }))).toEqual([
      'monetization_policy_codes.1',
    ]);
    expect(await fields(catalog.client.setMonetization(caller, { uuid, monetizationPolicyCodes: [] }))).toEqual([
      'monetization_policy_codes',
    ]);
    expect(await fields(catalog.client.setPricingTier(caller, { uuid, pricingTierCode: 'gold' }))).toEqual(['pricing_tier_code']);
    expect(await fields(catalog.client.setPricingTier(caller, { uuid, pricingTierCode: 'custom', pricingCustomTrackMinor: 1n }))).toEqual([
      'pricing_custom_album_minor',
      'pricing_currency',
    ]);
    expect(await fields(catalog.client.setPricingTier(caller, { uuid, pricingTierCode: 'mid', pricingCurrency: 'USD' }))).toEqual([
      'pricing_currency',
    ]);
    expect(await fields(catalog.client.setTerritories(caller, { uuid, territoryMode: TerritoryMode.INCLUDE }))).toEqual([
      'territory_codes',
    ]);
    expect(
      await fields(catalog.client.setTerritories(caller, { uuid, territoryMode: TerritoryMode.EXCLUDE, territoryCodes: ['US', 'XX'] })),
    ).toEqual(['territory_codes.1']);
    expect(
      await fields(catalog.client.setTerritories(caller, { uuid, territoryMode: TerritoryMode.WORLDWIDE, territoryCodes: ['US'] })),
    ).toEqual(['territory_codes']);
    expect(await fields(catalog.client.setDeliveryOptions(caller, { uuid, soboPartyName: 'Nameless' }))).toEqual(['sobo_party_dpid']);
    expect((await catalog.client.getSupplyChain(caller, { uuid })).data?.isDefault).toBe(true);
  });
});

describe('overrides', () => {
  test('are resolved per DSP and say what they set; null inherits again', async () => {
    const caller = newCaller();
    const { uuid } = await bareRelease(catalog, caller);
    await catalog.client.attachDsps(caller, { uuid, dsps: ['spotify', 'youtube_music'] });
    await catalog.client.setTerritories(caller, { uuid, territoryMode: TerritoryMode.EXCLUDE, territoryCodes: ['US'] });
    const { data } = await catalog.client.setDspOverride(caller, {
      uuid,
      slug: 'youtube-music',
      pricingTierCode: 'custom',
      pricingCustomTrackMinor: 99n,
      pricingCustomAlbumMinor: 899n,
      pricingCurrency: 'USD',
      territoryMode: TerritoryMode.INCLUDE,
      territoryCodes: ['JP'],
      rightsOverride: { ugc: false },
      isBlocked: true,
      releaseDateOverride: '2026-09-01',
    });
    expect(data).toMatchObject({
      dsp: 'youtubemusic',
      isBlocked: true,
      pricingTierCode: 'custom',
      pricingCustomTrackMinor: 99n,
      territoryCodes: ['JP'],
      rights: { ugc: false },
      releaseDate: '2026-09-01',
    });
    const effective = await catalog.client.getEffectiveConfig(caller, { uuid });
    expect(effective.data?.dsps).toHaveLength(2);
    expect(effective.data?.dsps[1]).toEqual(data);
    expect(effective.data?.dsps[0]).toMatchObject({
      dsp: 'spotify',
      dspName: 'Spotify',
      isBlocked: false,
      pricingTierCode: 'front_line',
      pricingCustomTrackMinor: 129n,
      pricingCurrency: 'USD',
      territoryMode: TerritoryMode.EXCLUDE,
      territoryCodes: ['US'],
      releaseDate: '2026-05-01',
      overridden: [],
    });
    const { data: some } = await catalog.client.setDspOverride(caller, {
      uuid,
      slug: 'youtubemusic',
      updateMask: mask('pricing_tier_code', 'is_blocked', 'territory_mode'),
    });
    expect(some).toMatchObject({
      isBlocked: false,
      pricingTierCode: 'front_line',
      territoryMode: TerritoryMode.EXCLUDE,
      overridden: ['rights_override', 'release_date_override'],
    });
    await catalog.client.clearDspOverride(caller, { uuid, slug: 'youtubemusic' });
    expect((await catalog.client.getEffectiveConfig(caller, { uuid })).data?.dsps[1]).toMatchObject({
      releaseDate: '2026-05-01',
      rights: {},
      overridden: [],
    });
  });

  test('need a DSP that exists and is attached, and known values', async () => {
    const caller = newCaller();
    const { uuid } = await bareRelease(catalog, caller);
    await catalog.client.attachDsps(caller, { uuid, dsps: ['spotify'] });
    expect((await refusal(catalog.client.setDspOverride(caller, { uuid, slug: 'gramophone', isBlocked: true }))).code).toBe(
      'dsp.not_found',
    );
    expect((await refusal(catalog.client.setDspOverride(caller, { uuid, slug: 'deezer', isBlocked: true }))).message).toBe(
      "DSP 'deezer' is not attached to this release.",
    );
    expect((await refusal(catalog.client.clearDspOverride(caller, { uuid, slug: 'deezer' }))).code).toBe('dsp.not_attached');
    const refused = await refusal(
      catalog.client.setDspOverride(caller, { uuid, slug: 'spotify', rightsOverride: { broadcast: true }, pricingCurrency: 'USD' }),
    );
    expect(Object.keys(refused.fields!).sort()).toEqual(['pricing_tier_code', 'rights_override.broadcast']);
  });

  test('of an approved release are undelivered changes, the kill-switch aside', async () => {
    const caller = newCaller();
    const { uuid } = await approvedRelease(catalog, caller);
    const undelivered = async () => (await catalog.client.getRelease(caller, { uuid })).release?.hasUndeliveredChanges;
    await catalog.client.setDspOverride(caller, { uuid, slug: 'spotify', isBlocked: true });
    expect(await undelivered()).toBe(false);
    await catalog.client.setDspOverride(caller, { uuid, slug: 'spotify', pricingTierCode: 'premium' });
    expect(await undelivered()).toBe(true);
    expect((await catalog.client.listReleasePipelines(caller, { uuid })).data).toMatchObject([
      {
        slug: 'spotify',
        name: 'Spotify',
        deliveryMethod: 'ddex_sftp_direct',
        ddexErnVersion: '4.3',
        ingestionProtocol: 'sftp',
        status: 'pending',
      },
      { slug: 'applemusic' },
    ]);
  });
});
