import { Module, type Provider, type Type } from '@nestjs/common';
import { DspRegistry, loadRegistry } from '@tonegrid/dsp-registry';
import { CONFIG } from '@tonegrid/service';
import { openStorage } from '@tonegrid/storage';
import type { CatalogConfig } from './config';
import { Minting } from './identifiers/minting';
import { CreateRelease } from './releases/create-release';
import { CreateReleaseTree } from './releases/create-release-tree';
import { GetRelease } from './releases/get-release';
import { ListReleases } from './releases/list-releases';
import { ReleaseChanges } from './releases/release-changes';
import { ReleaseMessages } from './releases/release-messages';
import { STORAGE } from './storage';

/** One per rpc of CatalogService. */
export const useCases: Type<unknown>[] = [CreateRelease, CreateReleaseTree, GetRelease, ListReleases];

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
