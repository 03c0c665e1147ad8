import type { Delivery, Fault } from './delivery';
import { planReports } from './plan-reports';

const delivery = (changes: Partial<Delivery> = {}): Delivery =>
  ({ message_id: 'TG-1', kind: 'new', is_test: false, words: [], ...changes }) as Delivery;
const at = new Date('2026-05-18T11:54:00.000Z');
const delays = { acceptDelayMs: 300, liveDelayMs: 700 };
const plan = (changes: Partial<Delivery> = {}, fault: Fault | null = null) =>
  planReports(delivery(changes), fault, at, delays).map(({ status, due_at: due }) => `${status} ${Date.parse(due) - at.getTime()}`);

describe('the reports of a delivery', () => {
  it('are accepted and live; accepted and taken down; accepted alone for a test; one rejection', () => {
    expect(plan()).toEqual(['accepted 300', 'live 1000']);
    expect(plan({ kind: 'takedown' })).toEqual(['accepted 300', 'taken_down 1000']);
    expect(plan({ is_test: true })).toEqual(['accepted 300']);
    expect(plan({}, { status: 'ResourceMissing', text: 'x' })).toEqual(['rejected 300']);
  });

  it('follow the magic words', () => {
    expect(plan({ words: ['late-reject'] })).toEqual(['accepted 300', 'rejected 1000']);
    expect(plan({ words: ['never-live'] })).toEqual(['accepted 300']);
    expect(plan({ words: ['silent'] })).toEqual([]);
    expect(plan({ words: ['slow'] })).toEqual(['accepted 6000', 'live 20000']);
  });

  it('have ids of their own, and times of their own even without delays', () => {
    const reports = planReports(delivery(), null, at, { acceptDelayMs: 0, liveDelayMs: 0 });
    expect(new Set(reports.map(({ due_at: due }) => due)).size).toBe(2);
    expect(reports.map(({ event_id: id }) => id)).toEqual(['TG-1-accepted', 'TG-1-live']);
    expect(planReports(delivery(), null, at, delays)).toEqual(planReports(delivery(), null, at, delays));
  });
});
