import { cloudEvent, parseCloudEvent } from './cloud-event';

const tenantUuid = '0190a000-0000-7000-8000-000000000001';
const told = { type: 'release.created', subject: 'r', tenantUuid, data: { n: 1 } };

test('an event gets an id of version 7 and the present time, and no traceparent outside of a trace', () => {
  const event = cloudEvent('/tonegrid/test', told);
  expect(event.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  expect(Date.now() - Date.parse(event.time)).toBeLessThan(60_000);
  expect('traceparent' in event).toBe(false);
  expect(parseCloudEvent(JSON.stringify(event))).toEqual(event);
});

test.each(['', 'Release.created', 'release..created', 'release.*', 'release.>', 'release created'])('"%s" is not an event type', (type) => {
  expect(() => cloudEvent('/tonegrid/test', { ...told, type })).toThrow('not an event type');
});

test('ids that are not uuids and an empty subject are refused', () => {
  expect(() => cloudEvent('/tonegrid/test', { ...told, id: '1' })).toThrow('not a uuid');
  expect(() => cloudEvent('/tonegrid/test', { ...told, tenantUuid: '*' })).toThrow('not a uuid');
  expect(() => cloudEvent('/tonegrid/test', { ...told, subject: '' })).toThrow('no subject');
});

test.each(['', 'null', '[]', '{}', '{"id":"1"}', 'nonsense'])('%s is not an event', (text) =>
  expect(parseCloudEvent(text)).toBeUndefined(),
);
