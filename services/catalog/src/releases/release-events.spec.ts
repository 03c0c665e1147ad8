import { eventMessages } from '@tonegrid/contracts';
import type { DomainEvent } from '@tonegrid/events';
import { artistCreated, artistDeleted } from '../artists/artist-events';
import * as events from './release-events';

const release = { uuid: 'r', tenant_uuid: 't', title: 'Eclipse', upc: '1', status: 'draft' as const, type: 'ep' };
const track = { uuid: 'k', release_uuid: 'r', tenant_uuid: 't' };
const all: DomainEvent[] = [
  events.releaseCreated(release, { ingestionJobUuid: null, trackCount: 1, source: 'api' }),
  events.releaseUpdated(release, ['title']),
  events.releaseSubmitted(release),
  events.releaseApproved(release, ['spotify'], 2),
  events.releaseRejected(release, 'x'),
  events.releaseDeleted(release),
  events.audioProcessed(track, { format: 'WAV', sampleRate: 44_100, bitDepth: 24, channels: 2, durationMs: 1, md5: 'm' }),
  events.audioFailed(track, 'x'),
  artistCreated('t', { uuid: 'r', name: 'Rema' }),
  artistDeleted('t', { uuid: 'r', name: 'Rema' }),
];

test.each(all.map((event) => [event.type, event] as const))(
  '%s has the fields of its message and what it happened to as its subject',
  (type, event) => {
    const message = eventMessages.find((known) => known.type === type)?.message;
    expect(Object.keys(event.data).sort()).toEqual(message?.fields.map(({ name }) => name).sort());
    expect([event.subject, event.tenantUuid]).toEqual(['r', 't']);
  },
);
