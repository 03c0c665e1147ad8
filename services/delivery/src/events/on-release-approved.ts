import { Injectable } from '@nestjs/common';
import type { Tx } from '@tonegrid/data';
import { DspRegistry } from '@tonegrid/dsp-registry';
import type { ReceivedEvent } from '@tonegrid/events';
import { Handles } from '@tonegrid/service';
import { DeliveryStore } from '../deliveries/delivery.store';

interface ReleaseApproved {
  release_uuid: string;
  dsps: string[];
}

/** An approved release has one pending delivery for each attached DSP (reference, Delivery lifecycle). */
@Handles({ durable: 'delivery-release-approved', filter: ['release.approved'] })
@Injectable()
export class OnReleaseApproved {
  constructor(
    private readonly deliveries: DeliveryStore,
    private readonly registry: DspRegistry,
  ) {}

  async handle(tx: Tx, event: ReceivedEvent): Promise<void> {
    const { release_uuid: release, dsps } = event.data as ReleaseApproved;
    // A DSP that has left the registry meanwhile gets no delivery.
    await this.deliveries.ensure(
      tx,
      event.tenantUuid,
      release,
      dsps.flatMap((slug) => this.registry.get(slug)?.slug ?? []),
    );
  }
}
