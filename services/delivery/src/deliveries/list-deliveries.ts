import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Inject, Injectable } from '@nestjs/common';
import { CatalogService, DeliveryService, type DeliverySchema, type ListDeliveriesRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { DspRegistry, hyphenSlug, type Dsp } from '@tonegrid/dsp-registry';
import { Rpc, type Caller, type RpcClient } from '@tonegrid/rpc';
import { clientOf } from '@tonegrid/service';
import { DeliveryStore, type DeliveryRow } from './delivery.store';
import { deliveryUuid } from './delivery-uuid';
import { shownStatus } from './status';

/** `GET /releases/:uuid/ddex/deliveries`: every attached DSP, in the order of the registry; pending where nothing was delivered yet. */
@Rpc(DeliveryService.method.listDeliveries)
@Injectable()
export class ListDeliveries {
  constructor(
    private readonly data: Data,
    private readonly deliveries: DeliveryStore,
    private readonly registry: DspRegistry,
    @Inject(clientOf(CatalogService)) private readonly catalog: RpcClient<typeof CatalogService>,
  ) {}

  async run(caller: Caller, request: ListDeliveriesRequest) {
    const [attached, rows] = await Promise.all([
      this.catalog.listReleaseDsps(caller, { uuid: request.uuid }),
      this.deliveries.listOfRelease(this.data, caller, request.uuid),
    ]);
    const slugs = new Set(attached.data.map(({ slug }) => slug));
    const deliveries = this.registry.all.flatMap((dsp) => {
      const row = rows.find((each) => each.dsp === dsp.slug);
      // One that was detached before anything was sent is no delivery any more.
      const shown = slugs.has(dsp.slug) || (row !== undefined && row.status !== 'pending');
      return shown ? [toDelivery(request.uuid, dsp, row)] : [];
    });
    return { data: { releaseId: request.uuid, deliveries } };
  }
}

const timestamp = (date: Date | null | undefined) => (date ? timestampFromDate(date) : undefined);

const toDelivery = (release: string, dsp: Dsp, row: DeliveryRow | undefined): MessageInitShape<typeof DeliverySchema> => ({
  uuid: row?.uuid ?? deliveryUuid(release, dsp.slug),
  dsp: hyphenSlug(dsp),
  dspName: dsp.name,
  status: shownStatus[row?.status ?? 'pending'],
  dspReleaseId: row?.dsp_release_id ?? undefined,
  liveUrl: row?.live_url ?? undefined,
  submittedAt: timestamp(row?.submitted_at),
  liveAt: timestamp(row?.live_at),
  errorMessage: row?.error_message ?? undefined,
  updatedAt: timestamp(row?.updated_at),
});
