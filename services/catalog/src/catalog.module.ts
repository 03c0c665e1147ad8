import { Module, type Provider, type Type } from '@nestjs/common';
import { DspRegistry, loadRegistry } from '@tonegrid/dsp-registry';
import { CONFIG } from '@tonegrid/service';
import { openStorage } from '@tonegrid/storage';
import { CreateArtist } from './artists/create-artist';
import { DeleteArtist } from './artists/delete-artist';
import { GetArtist } from './artists/get-artist';
import { ListArtists } from './artists/list-artists';
import { UpdateArtist } from './artists/update-artist';
import type { CatalogConfig } from './config';
import { Minting } from './identifiers/minting';
import { ApproveRelease } from './releases/approve-release';
import { AttachDsps } from './releases/attach-dsps';
import { CreateRelease } from './releases/create-release';
import { CreateReleaseTree } from './releases/create-release-tree';
import { DeleteRelease } from './releases/delete-release';
import { DetachDsp } from './releases/detach-dsp';
import { GetRelease } from './releases/get-release';
import { ListReleaseDsps } from './releases/list-release-dsps';
import { ListReleases } from './releases/list-releases';
import { RejectRelease } from './releases/reject-release';
import { ReleaseChanges } from './releases/release-changes';
import { ReleaseMessages } from './releases/release-messages';
import { SubmitRelease } from './releases/submit-release';
import { UpdateRelease } from './releases/update-release';
import { STORAGE } from './storage';
import { CreateTrack } from './tracks/create-track';
import { DeleteTrack } from './tracks/delete-track';
import { GetTrack } from './tracks/get-track';
import { ListTracks } from './tracks/list-tracks';
import { UpdateTrack } from './tracks/update-track';

/** One per rpc of CatalogService. */
export const useCases: Type<unknown>[] = [
  ApproveRelease,
  AttachDsps,
  CreateArtist,
  CreateRelease,
  CreateReleaseTree,
  CreateTrack,
  DeleteArtist,
  DeleteRelease,
  DeleteTrack,
  DetachDsp,
  GetArtist,
  GetRelease,
  GetTrack,
  ListArtists,
  ListReleaseDsps,
  ListReleases,
  ListTracks,
  RejectRelease,
  SubmitRelease,
  UpdateArtist,
  UpdateRelease,
  UpdateTrack,
];

/** What use cases are made of. */
export const parts: Provider[] = [
  Minting,
  ReleaseChanges,
  ReleaseMessages,
  { provide: DspRegistry, useFactory: ({ DSPS_FILE }: CatalogConfig) => loadRegistry(DSPS_FILE, process.env), inject: [CONFIG] },
  { provide: STORAGE, useFactory: ({ STORAGE_URL }: CatalogConfig) => openStorage(STORAGE_URL, process.env), inject: [CONFIG] },
];

@Module({ providers: [...parts, ...useCases] })
export class CatalogModule {}
