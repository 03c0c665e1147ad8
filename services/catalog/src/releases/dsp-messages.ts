import type { MessageInitShape } from '@bufbuild/protobuf';
import type { AttachedDspSchema } from '@tonegrid/contracts';
import type { DspRegistry } from '@tonegrid/dsp-registry';
import type { ReleaseDspRow } from './release-dsp.store';
import { timestampOf } from '../timestamp';

/** Attached DSPs as the contract shows them; one that this deployment no longer has is left out. */
export const attachedDsps = (registry: DspRegistry, rows: readonly ReleaseDspRow[]): MessageInitShape<typeof AttachedDspSchema>[] =>
  rows.flatMap(({ dsp: slug, attached_at }) => {
    const dsp = registry.get(slug);
    return dsp ? [{ slug, name: dsp.name, deliveryMethod: dsp.delivery_method, attachedAt: timestampOf(attached_at) }] : [];
  });
