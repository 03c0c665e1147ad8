import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { batchFolder, folderTime, manifestFileName, namespace, releaseFolder, writeManifest, type Priority } from '@tonegrid/ddex';
import type { Resource } from '../messages/message.store';

/** A message with its bytes. */
export interface SendableMessage {
  message_id: string;
  thread_id: string;
  message_type: string;
  release_uuid: string;
  is_update: boolean;
  created_at: Date;
  content: Buffer;
  file_name: string;
  resources: Resource[];
  release_identifier: string;
  ern_version: string;
}

/** Who sends to whom, and how this DSP wants its folders. */
export interface Route {
  choreography: 'release_by_release' | 'batch';
  priority: Priority;
  /** Folder that deliveries are put into. */
  uploadFolder: string;
  sender: { dpid: string; name: string };
  recipient: { dpid: string; name: string };
}

/** Where everything goes. Paths are absolute on the DSP's server. */
export interface Plan {
  /** To be made, in this order. */
  folders: string[];
  resources: { path: string; resource: Resource }[];
  message: { path: string; content: Buffer };
  /** Comes last of all: it says that the rest is there. */
  manifest: { path: string; content: Buffer };
}

/**
 * The folder of a delivery (ERN choreography over SFTP). It follows from the message alone, so that an
 * attempt after a crash lands in the same folder. Pure.
 * @throws RangeError for an identifier that cannot be part of a path
 */
export function planUpload(message: SendableMessage, route: Route): Plan {
  const { release_identifier: releaseId, created_at: createdAt, file_name: fileName } = message;
  const isBatch = route.choreography === 'batch';
  const batchId = isBatch ? `${folderTime(createdAt)}_${shortId(message.message_id)}` : `${releaseId}_${folderTime(createdAt)}`;
  const rootDirectory = isBatch ? batchFolder(route.priority, batchId) : releaseFolder(route.priority, releaseId, createdAt);
  const root = posix.join(route.uploadFolder, rootDirectory);
  const folder = isBatch ? posix.join(root, releaseId) : root;
  const manifest = writeManifest({
    sender: route.sender,
    recipient: route.recipient,
    createdAt: createdAt.toISOString(),
    isTest: message.content.includes('<MessageControlType>TestMessage</MessageControlType>'),
    rootDirectory,
    messages: [
      {
        messageId: message.message_id,
        url: isBatch ? `${releaseId}/${fileName}` : fileName,
        releaseId: identifiers(message),
        deliveryType: message.is_update ? 'ReDelivery' : 'NewReleaseDelivery',
        md5: createHash('md5').update(message.content).digest('hex'),
      },
    ],
  });
  return {
    folders: [...new Set([root, folder, posix.join(folder, 'resources')])],
    resources: message.resources.map((resource) => ({ path: inside(folder, resource.path), resource })),
    message: { path: inside(folder, fileName), content: message.content },
    manifest: { path: posix.join(root, manifestFileName(batchId)), content: Buffer.from(manifest) },
  };
}

const shortId = (messageId: string): string => messageId.replace(/^TG-/, '').slice(0, 8);

// Names come from our own renderer; a path that left the folder would be a bug with somebody else's server as its victim.
function inside(folder: string, path: string): string {
  const joined = posix.join(folder, path);
  if (!joined.startsWith(`${folder}/`)) throw new RangeError(`"${path}" leads out of the delivery`);
  return joined;
}

function identifiers({ release_identifier: id, release_uuid: uuid }: SendableMessage) {
  const proprietaryIds = [{ namespace, value: uuid }];
  if (/^\d{8,14}$/.test(id)) return { icpn: id, proprietaryIds };
  return /^A1[0-9A-Z]{16}$/.test(id) ? { grid: id, proprietaryIds } : { proprietaryIds };
}
