import { createHash, randomInt, randomUUID } from 'node:crypto';
import {
  batchFolder,
  buildNotification,
  buildPurge,
  folderTime,
  gtinCheckDigit,
  manifestFileName,
  messageIdFrom,
  releaseFolder,
  writeManifest,
  writeNewRelease43,
  writePurge43,
  type ReleaseForDsp,
} from '@tonegrid/ddex';
import type { Dsp, DspRegistry } from '@tonegrid/dsp-registry';
import { makeWav } from '@tonegrid/testing';

export const platform = { dpid: 'PADPIDA2026012301U', name: 'ToneGrid' };
export const md5 = (bytes: Uint8Array | string): string => createHash('md5').update(bytes).digest('hex');

const audio = [440, 660].map((frequency) => makeWav({ seconds: 0.2, frequency }));
const cover = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), createHash('sha512').update('cover').digest()]);

/** A release as a suite wants it. */
export interface Wanted {
  title?: string;
  icpn?: string;
  message?: Partial<ReleaseForDsp['message']>;
  isTest?: boolean;
  /** Whom the message is for, when not the DSP itself. */
  recipient?: string;
  purge?: boolean;
}

/** All that travels for one message. `files` are relative to the message. */
export interface Bundle {
  dsp: Dsp;
  messageId: string;
  messageName: string;
  xml: string;
  files: Map<string, Buffer>;
  icpn: string;
  /** Folders below the upload folder: that of the manifest, and that of the message. */
  folder: string;
  messageFolder: string;
  manifestName: string;
  manifest: string;
}

/** A valid ICPN that no other release has. */
export function newIcpn(): string {
  const body = String(randomInt(10 ** 9, 10 ** 10))
    .padStart(12, '0')
    .slice(-12);
  return `${body}${gtinCheckDigit(body)}`;
}

/** Makes a real message with its files, as the platform does. `change` may spoil it before the manifest is written. */
export function makeBundle(
  registry: DspRegistry,
  slug: string,
  wanted: Wanted = {},
  change: (bundle: Bundle) => void = () => undefined,
): Bundle {
  const dsp = registry.get(slug)!;
  const icpn = wanted.icpn ?? newIcpn();
  const createdAt = new Date().toISOString();
  const messageId = wanted.message?.id ?? messageIdFrom(randomUUID());
  const input: ReleaseForDsp = {
    message: { id: messageId, createdAt, ...wanted.message },
    sender: platform,
    dsp: { slug: dsp.slug, name: dsp.name, dpid: wanted.recipient ?? registry.recipientDpid(dsp), avsVersionId: dsp.avs_version },
    release: {
      id: `0190a000-0000-7000-8000-${icpn.slice(-12)}`,
      title: wanted.title ?? 'Midnight in Lagos',
      type: 'ep',
      upc: icpn,
      releaseDate: '2026-01-16',
      genre: 'Afrobeats',
      label: 'ToneGrid Records',
      language: 'en',
      explicit: false,
      artists: [{ id: 'artist-1', name: 'Ada Okafor' }],
    },
    tracks: audio.map((bytes, index) => ({
      id: `0190a000-0000-7000-8000-00000000000${index + 1}`,
      position: index + 1,
      title: `Part ${index + 1}`,
      isrc: `NGTON260000${index + 1}`,
      durationMs: 200,
      explicit: false,
      artists: [],
      audio: {
        source: `audio/${index}`,
        format: 'wav',
        bitDepth: 24,
        sampleRate: 44_100,
        channels: 2,
        md5: md5(bytes),
        sizeBytes: bytes.length,
      },
    })),
    artwork: { source: 'cover', format: 'jpeg', width: 3000, height: 3000, md5: md5(cover), sizeBytes: cover.length },
    config: {
      monetizationPolicies: ['subscription_streaming', 'permanent_download'],
      pricing: { trackMinor: 129, albumMinor: 999, currency: 'USD' },
      territories: { mode: 'worldwide' },
      isTestDelivery: wanted.isTest ?? false,
    },
  };
  const { notification, files: notified } = buildNotification(input);
  const purge = buildPurge(input).notification;
  const files = new Map<string, Buffer>();
  if (!wanted.purge && wanted.message?.includesFiles !== false)
    for (const file of notified) files.set(file.uri, file.source === 'cover' ? cover : audio[Number(file.source.split('/')[1])]!);
  const batchId = `${folderTime(createdAt)}_${messageId.replace(/^TG-(PURGE-)?/, '').slice(0, 8)}`;
  const isBatch = dsp.choreography === 'batch';
  const folder = isBatch ? batchFolder(dsp.priority, batchId) : releaseFolder(dsp.priority, icpn, createdAt);
  const bundle: Bundle = {
    dsp,
    messageId,
    messageName: wanted.purge ? purge.header.fileName : notification.header.fileName,
    xml: wanted.purge ? writePurge43(purge) : writeNewRelease43(notification),
    files,
    icpn,
    folder,
    messageFolder: isBatch ? `${folder}/${icpn}` : folder,
    manifestName: manifestFileName(isBatch ? batchId : folder.slice(2)),
    manifest: '',
  };
  change(bundle);
  bundle.manifest ||= writeManifest({
    sender: platform,
    recipient: { dpid: registry.recipientDpid(dsp), name: dsp.name },
    createdAt,
    isTest: wanted.isTest ?? false,
    // Both ways to say it are met.
    rootDirectory: isBatch ? folder : `/upload/${folder}`,
    messages: [
      {
        messageId,
        url: isBatch ? `${icpn}/${bundle.messageName}` : bundle.messageName,
        releaseId: { icpn, proprietaryIds: [] },
        deliveryType: wanted.message?.takedown || wanted.purge ? 'TakeDown' : 'NewReleaseDelivery',
        md5: md5(bundle.xml),
      },
    ],
  });
  return bundle;
}
