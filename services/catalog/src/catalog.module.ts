import { Module, type Provider, type Type } from '@nestjs/common';
import { DspRegistry, loadRegistry } from '@tonegrid/dsp-registry';
import { addressRules, dnsNames, Downloads, HOST_NAMES, type ResolveName } from '@tonegrid/outbound';
import { Vault } from '@tonegrid/secrets';
import { CONFIG, fromVariable } from '@tonegrid/service';
import { openStorage } from '@tonegrid/storage';
import { CreateArtist } from './artists/create-artist';
import { DeleteArtist } from './artists/delete-artist';
import { GetArtist } from './artists/get-artist';
import { ListArtists } from './artists/list-artists';
import { UpdateArtist } from './artists/update-artist';
import { AudioWorker } from './assets/audio-worker';
import { DeleteReleaseArtwork } from './assets/delete-release-artwork';
import { FETCH_TIMING, fetchTiming, type FetchTiming } from './assets/fetch-timing';
import { FetchWorker } from './assets/fetch-worker';
import { FileFetches } from './assets/file-fetches';
import { GetArtwork } from './assets/get-artwork';
import { StoreReleaseArtwork } from './assets/store-release-artwork';
import { StoreTrackAudio } from './assets/store-track-audio';
import { SweepAssets } from './assets/sweep-assets';
import { UploadReleaseArtwork } from './assets/upload-release-artwork';
import { UploadTrackAudio } from './assets/upload-track-audio';
import { Uploads } from './assets/uploads';
import type { CatalogConfig } from './config';
import { OnDspStage } from './events/on-dsp-stage';
import { OnTenantSettings } from './events/on-tenant-settings';
import { Minting } from './identifiers/minting';
import { ApproveRelease } from './releases/approve-release';
import { AttachDsps } from './releases/attach-dsps';
import { CreateRelease } from './releases/create-release';
import { CreateReleaseTree } from './releases/create-release-tree';
import { DefaultDsps } from './releases/default-dsps';
import { DeleteRelease } from './releases/delete-release';
import { DetachDsp } from './releases/detach-dsp';
import { GetRelease } from './releases/get-release';
import { GetReleaseSnapshot } from './releases/get-release-snapshot';
import { ListReleaseDsps } from './releases/list-release-dsps';
import { ListReleases } from './releases/list-releases';
import { PrepareDelivery } from './releases/prepare-delivery';
import { RejectRelease } from './releases/reject-release';
import { ReleaseChanges } from './releases/release-changes';
import { ReleaseMessages } from './releases/release-messages';
import { SubmitRelease } from './releases/submit-release';
import { UpdateRelease } from './releases/update-release';
import { STORAGE } from './storage';
import { ClearDspOverride } from './supply-chain/clear-dsp-override';
import { ConfigChanges } from './supply-chain/config-changes';
import { GetEffectiveConfig } from './supply-chain/get-effective-config';
import { GetSupplyChain } from './supply-chain/get-supply-chain';
import { ListMonetizationPolicies } from './supply-chain/list-monetization-policies';
import { ListPricingTiers } from './supply-chain/list-pricing-tiers';
import { ListReleasePipelines } from './supply-chain/list-release-pipelines';
import { ListSupplyChainDsps } from './supply-chain/list-supply-chain-dsps';
import { SetDeliveryOptions } from './supply-chain/set-delivery-options';
import { SetDspOverride } from './supply-chain/set-dsp-override';
import { SetMonetization } from './supply-chain/set-monetization';
import { SetPricingTier } from './supply-chain/set-pricing-tier';
import { SetTerritories } from './supply-chain/set-territories';
import { CreateTrack } from './tracks/create-track';
import { DeleteTrack } from './tracks/delete-track';
import { GetTrack } from './tracks/get-track';
import { ListTracks } from './tracks/list-tracks';
import { TenantSettings } from './tenants/tenant-settings';
import { UpdateTrack } from './tracks/update-track';

/** One per rpc of CatalogService. */
export const useCases: Type<unknown>[] = [
  ApproveRelease,
  AttachDsps,
  ClearDspOverride,
  CreateArtist,
  CreateRelease,
  CreateReleaseTree,
  CreateTrack,
  DeleteArtist,
  DeleteRelease,
  DeleteReleaseArtwork,
  DeleteTrack,
  DetachDsp,
  GetArtist,
  GetArtwork,
  GetEffectiveConfig,
  GetRelease,
  GetReleaseSnapshot,
  GetSupplyChain,
  GetTrack,
  ListArtists,
  ListMonetizationPolicies,
  ListPricingTiers,
  ListReleaseDsps,
  ListReleasePipelines,
  ListReleases,
  ListSupplyChainDsps,
  ListTracks,
  PrepareDelivery,
  RejectRelease,
  SetDeliveryOptions,
  SetDspOverride,
  SetMonetization,
  SetPricingTier,
  SetTerritories,
  SubmitRelease,
  UpdateArtist,
  UpdateRelease,
  UpdateTrack,
  UploadReleaseArtwork,
  UploadTrackAudio,
];

/** What use cases are made of. */
export const parts: Provider[] = [
  DefaultDsps,
  Minting,
  TenantSettings,
  ReleaseChanges,
  ReleaseMessages,
  ConfigChanges,
  OnDspStage,
  OnTenantSettings,
  AudioWorker,
  FetchWorker,
  FileFetches,
  StoreReleaseArtwork,
  StoreTrackAudio,
  SweepAssets,
  Uploads,
  {
    provide: DspRegistry,
    useFactory: ({ DSPS_FILE }: CatalogConfig) => fromVariable('DSPS_FILE', () => loadRegistry(DSPS_FILE, process.env)),
    inject: [CONFIG],
  },
  {
    provide: STORAGE,
    useFactory: ({ STORAGE_URL }: CatalogConfig) => fromVariable('STORAGE_URL', () => openStorage(STORAGE_URL, process.env)),
    inject: [CONFIG],
  },
  { provide: Vault, useFactory: ({ ENCRYPTION_KEY }: CatalogConfig) => new Vault(ENCRYPTION_KEY), inject: [CONFIG] },
  { provide: HOST_NAMES, useFactory: () => dnsNames() },
  { provide: FETCH_TIMING, useFactory: (config: CatalogConfig) => fetchTiming(config), inject: [CONFIG] },
  {
    provide: Downloads,
    useFactory: (config: CatalogConfig, { patience }: FetchTiming, resolve: ResolveName) =>
      new Downloads(addressRules(config), patience, resolve),
    inject: [CONFIG, FETCH_TIMING, HOST_NAMES],
  },
];

@Module({ providers: [...parts, ...useCases] })
export class CatalogModule {}
