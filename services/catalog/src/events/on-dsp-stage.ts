import { Injectable } from '@nestjs/common';
import type { Tx } from '@tonegrid/data';
import { Outbox, type ReceivedEvent } from '@tonegrid/events';
import { Handles, type EventHandler } from '@tonegrid/service';
import { isBehind, statusAfter } from '../releases/release';
import { noteStage, releaseDsps } from '../releases/release-dsp.store';
import { releaseUpdated } from '../releases/release-events';
import { findRelease, updateRelease } from '../releases/release.store';

/** Stage of a DSP's event → status of the release at that DSP. A correction in effect means: live. */
const statusOfStage: Record<string, string> = {
  submitted: 'submitted',
  accepted: 'accepted',
  rejected: 'rejected',
  live: 'live',
  failed: 'failed',
  update_submitted: 'update_submitted',
  updated: 'live',
  takedown_submitted: 'takedown_submitted',
  taken_down: 'taken_down',
};

interface DspStageData {
  release_uuid: string;
  dsp: string;
  revision?: number | null;
  /** Counts the stages of one release at one DSP; earlier versions of delivery tell none. */
  version?: number;
}

/** Hears what delivery tells of each DSP: a release becomes live, is taken down, or is up to date again everywhere. */
@Handles({ durable: 'catalog-dsp-stages', filter: ['release.dsp.>'] })
@Injectable()
export class OnDspStage implements EventHandler {
  constructor(private readonly outbox: Outbox) {}

  async handle(tx: Tx, event: ReceivedEvent): Promise<void> {
    const { release_uuid: uuid, dsp, revision, version } = event.data as DspStageData;
    const heard = statusOfStage[event.type.slice(event.type.lastIndexOf('.') + 1)];
    // A stage of a later version of the platform, or a release that is gone: nothing here depends on it.
    const release = heard === undefined ? undefined : await findRelease(tx, uuid);
    if (heard === undefined || !release) return;
    const facts = { status: heard, at: event.time, revision: heard === 'live' ? (revision ?? null) : null, version: version ?? null };
    if (!(await noteStage(tx, uuid, dsp, facts))) return;

    const dsps = (await releaseDsps(tx, uuid)).map((row) => ({
      dsp: row.dsp,
      status: row.status,
      deliveredRevision: row.delivered_revision === null ? null : Number(row.delivered_revision),
    }));
    const status = statusAfter(release.status, dsps);
    const upToDate = release.has_undelivered_changes && isBehind(Number(release.revision), dsps) === false;
    if (status === release.status && !upToDate) return;
    await updateRelease(tx, uuid, { status, ...(upToDate && { has_undelivered_changes: false }) });
    const changed = [...(status === release.status ? [] : ['status']), ...(upToDate ? ['has_undelivered_changes'] : [])];
    await this.outbox.add(tx, releaseUpdated({ ...release, status }, changed));
  }
}
