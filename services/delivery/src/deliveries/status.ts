/** Where a release stands at one DSP (REST surface, section 2, per-DSP delivery status). */
export const deliveryStatuses = [
  'pending',
  'queued',
  'submitted',
  'accepted',
  'live',
  'rejected',
  'failed',
  'update_submitted',
  'takedown_submitted',
  'taken_down',
] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** What a DSP reports about a message. */
export const reports = ['accepted', 'rejected', 'live', 'taken_down'] as const;
export type Report = (typeof reports)[number];

/** What is told as `release.dsp.<slug>.<stage>`. */
export type Stage = Report | 'submitted' | 'failed' | 'update_submitted' | 'updated' | 'takedown_submitted';

/** A change of status and the events that tell of it, in order. */
export interface Step {
  status: DeliveryStatus;
  stages: Stage[];
}

const step = (status: DeliveryStatus, ...stages: Stage[]): Step => ({ status, stages });

/**
 * A message is queued. One that corrects what the DSP has on its storefront is an update, and `live` comes back with its upload;
 * anything else begins the trip again.
 * @param wasLive the release has been live at this DSP
 */
export const onQueued = (status: DeliveryStatus, wasLive: boolean): Step =>
  status === 'live' || status === 'update_submitted' || (status === 'failed' && wasLive)
    ? step('update_submitted', 'update_submitted')
    : step('submitted', 'submitted');

/** The message is at the DSP, whole. Null: nothing changes (a first delivery now waits for the DSP's word). */
export function onSent(status: DeliveryStatus): Step | null {
  if (status === 'update_submitted') return step('live', 'updated');
  if (status === 'takedown_submitted') return step('taken_down', 'taken_down');
  return null;
}

/** The message could not be brought to the DSP. Null: the DSP has spoken meanwhile, so that it must have it. */
export const onFailed = (status: DeliveryStatus): Step | null =>
  status === 'submitted' || status === 'update_submitted' || status === 'takedown_submitted' ? step('failed', 'failed') : null;

/** What is known when a report comes in. */
export interface Reported {
  status: DeliveryStatus;
  /** That the message was accepted has been told. */
  acceptedBefore: boolean;
  /** A newer message than the one reported on has been queued. */
  superseded: boolean;
}

/**
 * A DSP's report. Null: nothing changes, because it is a repetition, came late, or speaks of a message that a newer one has
 * replaced. `live` before `accepted` tells both, in order, once. An earlier OK may be contradicted; a rejection is lifted only by
 * the storefront, never by an OK that arrives late.
 */
export function onReport({ status, acceptedBefore, superseded }: Reported, report: Report): Step | null {
  if (status === 'pending' || status === 'taken_down') return null;
  switch (report) {
    case 'accepted':
      if (superseded) return null;
      return status === 'submitted' || status === 'queued' || status === 'failed' ? step('accepted', 'accepted') : null;
    case 'live':
      if (status === 'live' || status === 'update_submitted' || status === 'takedown_submitted') return null;
      return acceptedBefore ? step('live', 'live') : step('live', 'accepted', 'live');
    case 'rejected':
      return superseded || status === 'rejected' ? null : step('rejected', 'rejected');
    case 'taken_down':
      return step('taken_down', 'taken_down');
  }
}

/** The word that `/ddex/deliveries` shows. An update or a takedown that is on its way shows as submitted. */
export const shownStatus: Record<DeliveryStatus, string> = {
  pending: 'pending',
  queued: 'pending',
  submitted: 'submitted',
  accepted: 'submitted',
  live: 'live',
  rejected: 'rejected',
  failed: 'error',
  update_submitted: 'submitted',
  takedown_submitted: 'submitted',
  taken_down: 'taken_down',
};
