import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspectMessage, listFiles, sniff } from '../src/inspect/inspect-message';
import { buildNotification, buildPurge } from '../src/model/build-notification';
import { writeNewRelease43, writePurge43 } from '../src/write/write-message';
import { describeWithSamples, sampleRelease, samplesDir } from './fixtures';

describe('an inspection', () => {
  it('tells kind, release, files and deals of our own messages', () => {
    const message = inspectMessage(writeNewRelease43(buildNotification(sampleRelease()).notification));
    expect(message).toMatchObject({
      ok: true,
      messageType: 'NewReleaseMessage',
      ernVersion: '4.3',
      messageId: 'TG-2542cbd010b9d16c71c1f63bee330982',
      senderDpid: 'PADPIDA2026012301U',
      recipientDpid: 'PADPIDA2011072101T',
      isTest: false,
      release: { icpn: '0123456789012', grid: 'A10302B0003989564F', isrcs: ['NGTON2600001', 'NGTON2600002'], title: 'Midnight in Lagos' },
    });
    if (message.ok) {
      expect(message.files.map((file) => [file.reference, file.kind, file.md5, file.isProvided])).toEqual([
        ['A0001', 'audio', 'd41d8cd98f00b204e9800998ecf8427e', true],
        ['A0002', 'audio', 'd41d8cd98f00b204e9800998ecf8427e', true],
        ['A_COVER_1', 'image', 'd41d8cd98f00b204e9800998ecf8427e', true],
      ]);
      expect(message.deals[0]).toMatchObject({ releases: ['R0'], useTypes: ['PermanentDownload'], territories: ['Worldwide'], end: null });
    }
    expect(inspectMessage(writePurge43(buildPurge(sampleRelease()).notification))).toMatchObject({
      messageType: 'PurgeReleaseMessage',
      release: { icpn: '0123456789012', title: 'Midnight in Lagos' },
      deals: [],
    });
  });

  it('refuses hostile and broken XML with a reason', () => {
    expect(sniff('<!DOCTYPE a><a/>')).toEqual({ ok: false, code: 'xml.doctype', reason: 'A DOCTYPE is not allowed' });
    expect(sniff(Buffer.from([0xff, 0xfe, 60, 0]))).toMatchObject({ ok: false, code: 'xml.encoding' });
    expect(listFiles('not xml')).toEqual([]);
  });

  it('says of what it does not know only what the document is called', () => {
    expect(sniff('<rss/>')).toMatchObject({ ok: true, messageType: 'rss', ernVersion: null, messageId: null });
  });
});

describeWithSamples('an inspection of DDEX’s samples', () => {
  it.each([
    ['ern43/audio.xml', '4.3', 22, 'audio', '00094631432057'],
    ['ern43/simple-audio-single.xml', '4.3', 1, 'audio', null],
    ['ern42/audio.xml', '4.2', 22, 'audio', '00094631432057'],
    ['ern382/album.xml', '3.8.2', 2, 'audio', null],
  ])('%s', (file, ernVersion, files, kind, icpn) => {
    const message = inspectMessage(readFileSync(join(samplesDir!, file)));
    expect(message).toMatchObject({ ok: true, ernVersion, messageType: 'NewReleaseMessage', release: { icpn } });
    if (message.ok) {
      expect(message.files).toHaveLength(files);
      expect(message.files[0]).toMatchObject({ kind, isProvided: true });
      expect(message.deals.length).toBeGreaterThan(0);
    }
  });
});
