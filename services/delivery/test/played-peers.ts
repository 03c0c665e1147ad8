import { createHash } from 'node:crypto';
import { writeFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CatalogService, DdexService, ReleaseStatus } from '@tonegrid/contracts';
import { buildNotification, gtinCheckDigit, writeNewRelease43, type ReleaseForDsp } from '@tonegrid/ddex';
import { canonicalSlug, hyphenSlug, type DspRegistry } from '@tonegrid/dsp-registry';
import { Refused } from '@tonegrid/errors';
import { RpcServer, type Caller } from '@tonegrid/rpc';
import { makeWav } from '@tonegrid/testing';
import { v4 as uuidv4 } from 'uuid';

/** A release as the played catalogue knows it. */
export interface PlayedRelease {
  uuid: string;
  tenantUuid: string;
  title: string;
  upc: string;
  /** Canonical slugs. */
  dsps: string[];
  blocked: string[];
  approved: boolean;
  revision: number;
  audio: { key: string; bytes: Buffer; md5: string };
}

/** Catalogue and ddex, played over real gRPC; what they render is made by libs/ddex and stands up to the simulator's checks. */
export interface Peers {
  catalogAddress: string;
  ddexAddress: string;
  releases: Map<string, PlayedRelease>;
  /** Message ids that were rendered, in order. */
  rendered: string[];
  /** Set: thrown by the next renderings. */
  refuseRendering: Refused | undefined;
  /** Calls of prepareDelivery that have come. */
  asked: number;
  /** Set: prepareDelivery answers when it settles. */
  holdPreparing: Promise<void> | undefined;
  /** A release whose audio is in storage. */
  newRelease(tenantUuid: string, changes?: Partial<PlayedRelease> & { seconds?: number }): Promise<PlayedRelease>;
  stop(): Promise<void>;
}

let minted = 0;
function mintUpc(): string {
  const body = `${Date.now() % 1e9}`.padStart(9, '4') + String((minted += 1)).padStart(2, '0');
  return `${body}${gtinCheckDigit(body)}`;
}

const cover = { key: 'artwork/cover', bytes: Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(2000, 7)]) };
const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex');

export async function playPeers(internalToken: string, storageFolder: string, registry: DspRegistry): Promise<Peers> {
  const releases = new Map<string, PlayedRelease>();
  const find = (caller: Caller, uuid: string): PlayedRelease => {
    const release = releases.get(uuid);
    if (!release || release.tenantUuid !== caller.tenantUuid) throw new Refused('release.not_found');
    return release;
  };
  const store = async (key: string, bytes: Buffer) => {
    await mkdir(dirname(join(storageFolder, key)), { recursive: true });
    await writeFile(join(storageFolder, key), bytes);
  };
  await store(cover.key, cover.bytes);

  const catalog = new RpcServer({ address: '127.0.0.1:0', internalToken });
  catalog.add(CatalogService.method.prepareDelivery, {
    run: async (caller: Caller, { uuid, dspSlugs }: { uuid: string; dspSlugs: string[] }) => {
      peers.asked += 1;
      await peers.holdPreparing;
      const release = find(caller, uuid);
      if (!release.approved) throw new Refused('release.not_approved');
      const unattached = dspSlugs.find((slug) => !release.dsps.includes(canonicalSlug(slug)));
      if (unattached) throw new Refused('dsp.not_attached', { params: { slug: unattached } });
      if (release.dsps.length === 0) throw new Refused('dsp.none_attached');
      const slugs = dspSlugs.length > 0 ? dspSlugs.map(canonicalSlug) : release.dsps;
      return {
        releaseUuid: uuid,
        title: release.title,
        status: ReleaseStatus.APPROVED,
        targets: slugs.map((slug) => ({ slug, isBlocked: release.blocked.includes(slug) })),
        revision: BigInt(release.revision),
      };
    },
  } as never);
  catalog.add(CatalogService.method.listReleaseDsps, {
    run: (caller: Caller, { uuid }: { uuid: string }) =>
      Promise.resolve({ data: find(caller, uuid).dsps.map((slug) => ({ slug, name: registry.get(slug)!.name })) }),
  } as never);

  const ddex = new RpcServer({ address: '127.0.0.1:0', internalToken });
  ddex.add(DdexService.method.renderMessage, {
    run: (caller: Caller, request: { uuid: string; dspSlug: string; messageId: string; createdAt: string }) => {
      if (peers.refuseRendering) throw peers.refuseRendering;
      peers.rendered.push(request.messageId);
      return Promise.resolve(render(find(caller, request.uuid), registry, request));
    },
  } as never);

  const peers: Peers = {
    catalogAddress: `127.0.0.1:${await catalog.start()}`,
    ddexAddress: `127.0.0.1:${await ddex.start()}`,
    releases,
    rendered: [],
    refuseRendering: undefined,
    asked: 0,
    holdPreparing: undefined,
    async newRelease(tenantUuid, { seconds = 0.2, ...changes } = {}) {
      const uuid = uuidv4();
      const bytes = makeWav({ seconds, frequency: 300 + (minted % 100) });
      const release: PlayedRelease = {
        uuid,
        tenantUuid,
        title: 'Midnight in Lagos',
        upc: mintUpc(),
        dsps: ['spotify'],
        blocked: [],
        approved: true,
        revision: 1,
        audio: { key: `audio/${uuid}`, bytes, md5: md5(bytes) },
        ...changes,
      };
      await store(release.audio.key, release.audio.bytes);
      releases.set(uuid, release);
      return release;
    },
    async stop() {
      await Promise.all([catalog.stop(1000), ddex.stop(1000)]);
    },
  };
  return peers;
}

function render(release: PlayedRelease, registry: DspRegistry, request: { dspSlug: string; messageId: string; createdAt: string }) {
  const dsp = registry.get(request.dspSlug)!;
  const input: ReleaseForDsp = {
    message: { id: request.messageId, createdAt: request.createdAt },
    sender: { dpid: 'PADPIDA2026012301U', name: 'ToneGrid' },
    dsp: { slug: dsp.slug, name: dsp.name, dpid: registry.recipientDpid(dsp), avsVersionId: dsp.avs_version },
    release: {
      id: release.uuid,
      title: release.title,
      type: 'single',
      upc: release.upc,
      releaseDate: '2026-01-16',
      genre: 'Afrobeats',
      label: `Harbour Records via ${hyphenSlug(dsp)}`,
      language: 'en',
      explicit: false,
      artists: [{ id: 'artist-1', name: 'Ada Okafor' }],
    },
    tracks: [
      {
        id: release.uuid,
        position: 1,
        title: 'Lagos Skyline',
        isrc: 'NGTON2600001',
        durationMs: 2000,
        explicit: false,
        artists: [],
        audio: {
          source: release.audio.key,
          format: 'wav',
          bitDepth: 24,
          sampleRate: 44_100,
          channels: 2,
          md5: release.audio.md5,
          sizeBytes: release.audio.bytes.length,
        },
      },
    ],
    artwork: { source: cover.key, format: 'jpeg', width: 3000, height: 3000, md5: md5(cover.bytes), sizeBytes: cover.bytes.length },
    config: {
      monetizationPolicies: ['subscription_streaming', 'permanent_download'],
      pricing: { trackMinor: 129, albumMinor: 999, currency: 'USD' },
      territories: { mode: 'worldwide' },
    },
  };
  const { notification, files } = buildNotification(input);
  const xml = Buffer.from(writeNewRelease43(notification));
  return {
    xml,
    sha256: createHash('sha256').update(xml).digest('hex'),
    ernVersion: dsp.ern_version,
    threadId: notification.header.threadId,
    fileName: notification.header.fileName,
    resources: files.map((file) => ({
      path: file.uri,
      storageKey: file.source,
      md5: file.md5!,
      sizeBytes: BigInt(file.sizeBytes!),
    })),
    schemaChecked: true,
    revision: BigInt(release.revision),
    releaseIdentifier: release.upc,
  };
}
