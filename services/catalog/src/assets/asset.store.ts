import type { Tx } from '@tonegrid/data';

/** A stored file, about to be recorded. */
export interface NewAsset {
  uuid: string;
  kind: 'audio' | 'artwork';
  storageKey: string;
  contentType: string;
  md5: string;
  sha256: string;
  size: number;
  fileName: string;
  width?: number;
  height?: number;
}

/** Notes that bytes are about to be written to storage under a key. */
export const noteUpload = (tx: Tx, storageKey: string): Promise<unknown> =>
  tx.query('insert into asset_uploads (storage_key, tenant_uuid) values ($1, $2)', [storageKey, tx.tenantUuid]);

/** Forgets an upload whose bytes were removed, or are recorded as an asset from now on. */
export const forgetUpload = (tx: Tx, storageKey: string): Promise<unknown> =>
  tx.query('delete from asset_uploads where storage_key = $1', [storageKey]);

/** Records a stored file. */
export async function insertAsset(tx: Tx, asset: NewAsset): Promise<void> {
  await forgetUpload(tx, asset.storageKey);
  await tx.query(
    `insert into assets (uuid, tenant_uuid, kind, storage_key, content_type, md5, sha256, size_bytes, file_name, width, height)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      asset.uuid,
      tx.tenantUuid,
      asset.kind,
      asset.storageKey,
      asset.contentType,
      asset.md5,
      asset.sha256,
      asset.size,
      asset.fileName,
      asset.width ?? null,
      asset.height ?? null,
    ],
  );
}

/** Leaves a file to the sweep: nothing shows it any more. */
export async function markUnused(tx: Tx, assetUuid: string | null): Promise<void> {
  if (assetUuid !== null) await tx.query('update assets set unused_since = now() where uuid = $1', [assetUuid]);
}

/** Uploads that were begun long ago and never became an asset; locked. */
export const staleUploads = (tx: Tx, olderThan: string, limit: number): Promise<{ storage_key: string }[]> =>
  tx.query(
    'select storage_key from asset_uploads where started_at < now() - $1::interval order by started_at limit $2 for update skip locked',
    [olderThan, limit],
  );

/** Assets that nothing has shown for long; locked. */
export const unusedAssets = (tx: Tx, olderThan: string, limit: number): Promise<{ uuid: string; storage_key: string }[]> =>
  tx.query(
    'select uuid, storage_key from assets where unused_since < now() - $1::interval order by unused_since limit $2 for update skip locked',
    [olderThan, limit],
  );

/** Removes the record of a file that is no longer stored. */
export async function deleteAsset(tx: Tx, uuid: string): Promise<void> {
  await tx.query('delete from audio_jobs where asset_uuid = $1', [uuid]);
  await tx.query('delete from assets where uuid = $1', [uuid]);
}
