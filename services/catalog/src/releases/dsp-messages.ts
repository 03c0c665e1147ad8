import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { AttachedDspSchema } from '@tonegrid/contracts';
import type { DspRegistry } from '@tonegrid/dsp-registry';
import type { ReleaseDspRow } from './release-dsp.store';

/** Attached DSPs as the contract shows them; one that this deployment no longer has is left out. */
export const attachedDsps = (registry: DspRegistry, rows: readonly ReleaseDspRow[]): MessageInitShape<typeof AttachedDspSchema>[] =>
  rows.flatMap(({ dsp: slug, attached_at }) => {
    const dsp = registry.get(slug);
    return dsp ? [{ slug, name: dsp.name, deliveryMethod: dsp.delivery_method, attachedAt: timestampFromDate(attached_at) }] : [];
  });
