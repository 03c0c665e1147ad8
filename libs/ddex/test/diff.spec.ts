import { diffNotifications } from '../src/diff/diff-notifications';
import { buildNotification } from '../src/model/build-notification';
import type { ReleaseNotification } from '../src/model/notification';
import { readMessage } from '../src/read/read-message';
import { writeNewRelease } from '../src/write/write-message';
import { sampleRelease, track } from './fixtures';

const said = (...changes: Parameters<typeof sampleRelease>): ReleaseNotification =>
  buildNotification(sampleRelease(...changes)).notification;
const sentences = (before: ReleaseNotification, after: ReleaseNotification): string[] =>
  diffNotifications(before, after).map((change) => change.text);

describe('the difference between two messages', () => {
  it('is none when only id, time and the files’ coming along differ', () => {
    const later = said({ message: { id: 'TG-2', createdAt: '2027-01-01T00:00:00Z', includesFiles: false } });
    expect(diffNotifications(said(), later)).toEqual([]);
  });

  it('is none between a message and what is read back from it, also when its parties have other references', () => {
    const first = said({ dsp: { ernVersion: '3.8.2' } });
    const read = readMessage(writeNewRelease(first, '3.8.2').xml);
    if (!read.ok || read.messageType !== 'NewReleaseMessage') throw new Error('not read');
    const again = readMessage(writeNewRelease(read.notification, '3.8.2').xml);
    if (!again.ok || again.messageType !== 'NewReleaseMessage') throw new Error('not read');
    const renamed = JSON.parse(JSON.stringify(again.notification).replaceAll('"P1"', '"PX"')) as ReleaseNotification;
    expect(renamed).not.toEqual(again.notification);
    expect(diffNotifications(read.notification, renamed)).toEqual([]);
  });

  it('tells a corrected title, artist and date as data and in a sentence', () => {
    const after = said({
      release: {
        title: 'Midnight in Abuja',
        releaseDate: '2026-07-01',
        artists: [{ id: 'artist-1', name: 'Ada Okafor' }, { name: 'Tems' }],
      },
    });
    const changes = diffNotifications(said(), after);
    expect(changes).toContainEqual({
      kind: 'changed',
      subject: 'The release',
      field: 'title, en',
      before: 'Midnight in Lagos',
      after: 'Midnight in Abuja',
      text: 'The release: title, en changes from Midnight in Lagos to Midnight in Abuja.',
    });
    expect(changes.map((change) => change.text)).toEqual(
      expect.arrayContaining([
        'The release: release date changes from 2026-06-17 to 2026-07-01.',
        'The release: display artist, Tems is added: Tems.',
        'The deal PayAsYouGoModel: PermanentDownload of the release: start changes from 2026-06-17T00:00:00 to 2026-07-01T00:00:00.',
      ]),
    );
  });

  it('tells a new track as one change beside the running order, and one that is gone', () => {
    const shorter = said({ tracks: [track(1)] });
    const longer = said({ tracks: [track(1), track(2)] });
    const added = sentences(shorter, longer);
    expect(added).toContain('Track 2 "Opening" is added.');
    expect(added.filter((text) => text.startsWith('Track 2 "Opening"'))).toHaveLength(1);
    expect(added.some((text) => text.includes('running order'))).toBe(true);
    expect(sentences(longer, shorter)).toContain('Track 2 "Opening" is removed.');
  });

  it('knows a track by its ISRC when the order changes', () => {
    const turned = said({ tracks: [track(2, { position: 1 }), track(1, { position: 2 })] });
    const plain = said({ tracks: [track(1), track(2)] });
    expect(sentences(plain, turned).filter((text) => / is (added|removed)\.$/.test(text))).toEqual([]);
    expect(sentences(plain, turned).some((text) => text.startsWith('The release: running order changes'))).toBe(true);
  });

  it('tells a deal that is offered no more, and the end of all of them', () => {
    const noDownloads = said({ config: { rights: { download: false } } });
    expect(sentences(said(), noDownloads)).toContain('The deal PayAsYouGoModel: PermanentDownload of the release is removed.');
    const ended = said({ message: { takedown: { strategy: 'end_deals', at: '2026-08-01T10:00:00Z' } } });
    expect(sentences(said(), ended)).toContain(
      'The deal PayAsYouGoModel: PermanentDownload of the release: end is added: 2026-08-01T10:00:00Z.',
    );
  });

  it('tells another master by its checksum', () => {
    const other = said({ tracks: [track(1, { audio: { ...track(1).audio!, md5: '0'.repeat(32) } }), track(2, { explicit: true })] });
    const before = said({ tracks: [track(1), track(2, { explicit: true })] });
    expect(sentences(before, other)).toEqual([
      `Track 1 "Lagos Skyline": file, checksum changes from MD5 d41d8cd98f00b204e9800998ecf8427e to MD5 ${'0'.repeat(32)}.`,
    ]);
  });

  it('tells the length of a recording apart from that of its file, and both contributors of one name', () => {
    const contributors = [
      { id: 'c1', name: 'John', role: 'vocalist' },
      { id: 'c2', name: 'John', role: 'arranger' },
    ];
    const before = said({ tracks: [track(1, { contributors })] });
    const after = structuredClone(before);
    after.recordings[0]!.durationSeconds = 541;
    after.recordings[0]!.contributions[0]!.roles = [{ value: 'StudioProducer' }];
    expect(sentences(before, after)).toEqual([
      'Track 1 "Lagos Skyline": contributor, John, roles changes from Vocalist to StudioProducer.',
      'Track 1 "Lagos Skyline": length (seconds) changes from 218 to 541.',
    ]);
  });

  it('tells when a release is shown, bonus tracks, sides and the further names of a party', () => {
    const before = said({ config: { preorderDate: '2026-06-01' } });
    const after = structuredClone(before);
    after.visibilities[0]!.releaseDisplayStart = '2026-05-20T00:00:00';
    after.release.group.content[1]!.isBonus = true;
    after.release.group.titles = [{ text: 'Side A' }];
    after.parties[0]!.names = [
      { ...after.parties[0]!.names[0]!, indexed: 'Okafor, Ada' },
      { full: 'Àdá', language: 'yo' },
    ];
    expect(sentences(before, after)).toEqual(
      expect.arrayContaining([
        'The release: visibility, shown from changes from 2026-06-01T00:00:00 to 2026-05-20T00:00:00.',
        'Track 2 "Opening": bonus track is added: true.',
        'The release: resource group, title in parts is added: Side A.',
        'The release: display artist, Ada Okafor, name, as it is sorted is added: Okafor, Ada.',
        'The release: display artist, Ada Okafor, name, yo is added: Àdá.',
      ]),
    );
  });
});
