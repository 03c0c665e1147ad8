import { deliveryStatuses, onFailed, onQueued, onReport, onSent, reports, shownStatus, type DeliveryStatus, type Report } from './status';

/** Runs reports one after the other; answers the statuses and all that was told. */
function run(from: DeliveryStatus, ...sequence: Report[]) {
  let status = from;
  let acceptedBefore = false;
  const told: string[] = [];
  for (const report of sequence) {
    const step = onReport({ status, acceptedBefore, superseded: false }, report);
    if (!step) continue;
    status = step.status;
    told.push(...step.stages);
    acceptedBefore ||= step.stages.includes('accepted');
  }
  return { status, told };
}

describe('the trip of a release at a DSP', () => {
  it('goes submitted, accepted, live', () => {
    expect(onQueued('pending', false)).toEqual({ status: 'submitted', stages: ['submitted'] });
    expect(onSent('submitted')).toBeNull();
    expect(run('submitted', 'accepted', 'live')).toEqual({ status: 'live', told: ['accepted', 'live'] });
  });

  it('tells each stage once, however often the DSP reports it', () => {
    expect(run('submitted', 'accepted', 'accepted', 'live', 'live', 'accepted')).toEqual({ status: 'live', told: ['accepted', 'live'] });
    expect(run('submitted', 'rejected', 'rejected')).toEqual({ status: 'rejected', told: ['rejected'] });
    expect(run('live', 'taken_down', 'taken_down', 'live')).toEqual({ status: 'taken_down', told: ['taken_down'] });
  });

  it('tells accepted before live when live comes first', () => {
    expect(run('submitted', 'live', 'accepted')).toEqual({ status: 'live', told: ['accepted', 'live'] });
  });

  it('lets a later refusal contradict an early OK, and only the storefront contradict a refusal', () => {
    expect(run('submitted', 'accepted', 'rejected')).toEqual({ status: 'rejected', told: ['accepted', 'rejected'] });
    expect(run('live', 'rejected')).toEqual({ status: 'rejected', told: ['rejected'] });
    expect(run('submitted', 'rejected', 'accepted')).toEqual({ status: 'rejected', told: ['rejected'] });
    expect(run('submitted', 'accepted', 'rejected', 'live')).toEqual({ status: 'live', told: ['accepted', 'rejected', 'live'] });
  });

  it('takes a DSP’s word over a failed upload: it has the message after all', () => {
    expect(run('failed', 'accepted')).toEqual({ status: 'accepted', told: ['accepted'] });
    expect(onFailed('accepted')).toBeNull();
    expect(onFailed('submitted')).toEqual({ status: 'failed', stages: ['failed'] });
  });

  it('returns to live with the upload of an update', () => {
    expect(onQueued('live', true)).toEqual({ status: 'update_submitted', stages: ['update_submitted'] });
    expect(onSent('update_submitted')).toEqual({ status: 'live', stages: ['updated'] });
    expect(run('update_submitted', 'accepted', 'live')).toEqual({ status: 'update_submitted', told: [] });
  });

  it('begins anew after a failure or refusal, and goes on as an update where it was live', () => {
    expect(onQueued('failed', false).status).toBe('submitted');
    expect(onQueued('rejected', true).status).toBe('submitted');
    expect(onQueued('failed', true).status).toBe('update_submitted');
  });

  it('is not moved by a verdict on a message that a newer one has replaced, unless the storefront shows it', () => {
    const reported = { status: 'submitted' as const, acceptedBefore: false, superseded: true };
    expect(onReport(reported, 'accepted')).toBeNull();
    expect(onReport(reported, 'rejected')).toBeNull();
    expect(onReport(reported, 'live')).toEqual({ status: 'live', stages: ['accepted', 'live'] });
  });

  it('is not moved before anything was sent, nor after a takedown', () => {
    for (const report of reports) {
      expect(onReport({ status: 'pending', acceptedBefore: false, superseded: false }, report)).toBeNull();
      expect(onReport({ status: 'taken_down', acceptedBefore: true, superseded: false }, report)).toBeNull();
    }
  });
});

test('every status has a word that the endpoint documents', () => {
  const documented = ['pending', 'submitted', 'live', 'rejected', 'taken_down', 'error'];
  for (const status of deliveryStatuses) expect(documented).toContain(shownStatus[status]);
  expect(shownStatus.accepted).toBe('submitted');
});
