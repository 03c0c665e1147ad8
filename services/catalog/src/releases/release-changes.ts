import { Injectable } from '@nestjs/common';
import type { Tx } from '@tonegrid/data';
import { Outbox, type DomainEvent } from '@tonegrid/events';
import { assertEditable, editing } from './release';
import { releaseUpdated } from './release-events';
import type { ReleaseRow } from './release-row';
import { lockRelease } from './release.store';

/** What every change of a release, its tracks, its files or its supply chain has in common. */
@Injectable()
export class ReleaseChanges {
  constructor(private readonly outbox: Outbox) {}

  /** Locks the release for a change. Throws `release.not_found`, `release.not_editable`. */
  async open(tx: Tx, uuid: string): Promise<ReleaseRow> {
    const release = await lockRelease(tx, uuid);
    assertEditable(release);
    return release;
  }

  /**
   * Counts a change of what messages are made of: the revision grows, an approved or live release is marked as not yet
   * delivered, and `release.updated` is told.
   * @param more `trackCount`: how many tracks it has now, when one was added or removed; `audit`: the action, when it is a privileged one
   */
  async record(
    tx: Tx,
    release: ReleaseRow,
    changed: readonly string[],
    more: { trackCount?: number; audit?: DomainEvent } = {},
  ): Promise<void> {
    if (changed.length === 0) return;
    await tx.query(
      `update releases set revision = revision + 1, has_undelivered_changes = has_undelivered_changes or $2, updated_at = now() where uuid = $1`,
      [release.uuid, editing(release.status) === 'corrections'],
    );
    await this.tell(tx, releaseUpdated(release, changed, more.trackCount), more.audit);
  }

  /** Tells of a change that no message shows: which DSPs the release goes to, a kill-switch. */
  async recordIntent(tx: Tx, release: ReleaseRow, changed: readonly string[], { audit }: { audit?: DomainEvent } = {}): Promise<void> {
    await tx.query('update releases set updated_at = now() where uuid = $1', [release.uuid]);
    await this.tell(tx, releaseUpdated(release, changed), audit);
  }

  private tell(tx: Tx, event: DomainEvent, audit: DomainEvent | undefined): Promise<void> {
    return this.outbox.addAll(tx, audit ? [event, audit] : [event]);
  }
}
