import { eventMessages } from '@tonegrid/contracts';
import { audited, auditTexts } from './audited';

const caller = {
  tenantUuid: '0199a0c0-0000-7000-8000-000000000001',
  subject: 'user:ada',
  requestId: 'r-1',
  onBehalfOf: '',
  clientAddress: '203.0.113.7',
};

test('a privileged action is told as the contract says, internally, about its target', () => {
  const event = audited(caller, { action: 'release.approved', target: 'release:x', before: { status: 'pending' }, after: { n: 2 } });
  const known = eventMessages.find(({ type }) => type === event.type);
  expect(known?.internal).toBe(true);
  expect(Object.keys(event.data)).toEqual(known?.message.fields.map(({ name }) => name));
  expect(event).toMatchObject({ subject: 'x', tenantUuid: caller.tenantUuid });
  expect(event.data).toMatchObject({ actor: 'user:ada', on_behalf_of: null, before: { status: 'pending' }, after: { n: '2' } });
});

test('fields are texts in one order; empty ones are left out, long ones are cut', () => {
  const date = new Date(0);
  expect(auditTexts({ z: ['a', 'b'], date, yes: true, none: null, nothing: undefined })).toEqual({
    date: '1970-01-01T00:00:00.000Z',
    yes: 'true',
    z: 'a, b',
  });
  expect(auditTexts({ long: 'x'.repeat(5_000) })['long']).toHaveLength(2_001);
});
