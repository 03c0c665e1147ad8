import {
  acknowledgementFileName,
  batchFolder,
  manifestFileName,
  parseAcknowledgementFileName,
  parseManifestFileName,
  parseReleaseFolder,
  releaseFolder,
} from '../src/choreography/names';
import { readAcknowledgement, writeAcknowledgement, type Acknowledgement } from '../src/choreography/acknowledgement';
import { readManifest, writeManifest, type Manifest } from '../src/choreography/manifest';
import { createValidator } from '../src/validate/validator';
import { describeWithSchemas, schemasDir } from './fixtures';

const dsp = { dpid: 'PADPIDA2011072101T', name: 'Spotify' };
const us = { dpid: 'PADPIDA2026012301U', name: 'ToneGrid' };
const manifest: Manifest = {
  sender: us,
  recipient: dsp,
  createdAt: '2026-05-18T11:54:00Z',
  isTest: true,
  rootDirectory: 'N_0123456789012_20260518115400250',
  messages: [
    {
      messageId: 'TG-1',
      url: 'TG_spotify_rel-1_20260518115400.xml',
      releaseId: { icpn: '0123456789012', proprietaryIds: [{ namespace: 'tonegrid.pro', value: 'a <b> & "c"' }] },
      deliveryType: 'NewReleaseDelivery',
      md5: 'D41D8CD98F00B204E9800998ECF8427E',
    },
  ],
};
const acknowledgement = (status: Acknowledgement['status'], more: Partial<Acknowledgement> = {}): string =>
  writeAcknowledgement({
    sender: dsp,
    recipient: us,
    createdAt: '2026-05-18T12:00:00Z',
    releaseId: '0123456789012',
    date: '2026-05-18',
    status,
    ...more,
  });

describe('names', () => {
  const time = '2026-05-18T11:54:00.250Z';

  it('of folders and files come back from their parts', () => {
    expect(releaseFolder('N', '0123456789012', time)).toBe('N_0123456789012_20260518115400250');
    expect(parseReleaseFolder('N_rel_1_20260518115400250')).toEqual({ priority: 'N', releaseId: 'rel_1', time: '20260518115400250' });
    expect(batchFolder('P', 'batch-7')).toBe('P_batch-7');
    expect(parseManifestFileName(manifestFileName('batch-7'))).toBe('batch-7');
    expect(parseAcknowledgementFileName(acknowledgementFileName('TG-1', time))).toEqual({ messageId: 'TG-1', time: '20260518115400250' });
  });

  it('never climb out of their folder', () => {
    for (const bad of ['../x', 'a/b', '', '.hidden', 'a b', 'a\0']) {
      expect(() => releaseFolder('N', bad, time)).toThrow(RangeError);
      expect(parseReleaseFolder(`N_${bad}_20260518115400250`)).toBeNull();
      expect(parseAcknowledgementFileName(`ACK_${bad}_20260518115400250.xml`)).toBeNull();
    }
  });
});

describe('a manifest', () => {
  it('is read back as it was written', () => {
    expect(readManifest(writeManifest(manifest))).toEqual({
      ok: true,
      rootDirectory: 'N_0123456789012_20260518115400250',
      isTest: true,
      messages: [
        {
          messageId: 'TG-1',
          url: 'TG_spotify_rel-1_20260518115400.xml',
          deliveryType: 'NewReleaseDelivery',
          md5: 'd41d8cd98f00b204e9800998ecf8427e',
        },
      ],
    });
  });

  it('of nothing is not written, and another document is not read', () => {
    expect(() => writeManifest({ ...manifest, messages: [] })).toThrow(RangeError);
    expect(readManifest('<a/>')).toMatchObject({ ok: false });
    expect(readManifest('<!DOCTYPE a><a/>')).toMatchObject({ ok: false, reason: 'A DOCTYPE is not allowed' });
  });
});

describe('an acknowledgement', () => {
  it.each([
    ['FileOK', 'accepted'],
    ['SuccessfullyIngestedByReleaseDistributor', 'accepted'],
    ['ReleaseReceivedByReleaseDistributor', 'in_progress'],
    ['ReleaseMadeAvailableToConsumers', 'live'],
    ['ReleaseNotAvailable', 'taken_down'],
    ['ResourceMissing', 'rejected'],
    ['RightsConflict', 'rejected'],
  ] as const)('with %s means %s', (status, verdict) => {
    expect(readAcknowledgement(acknowledgement(status))).toMatchObject({
      ok: true,
      status,
      verdict,
      releaseId: '0123456789012',
      senderDpid: dsp.dpid,
    });
  });

  it('gives the reason, the action and what is affected', () => {
    const affected = [{ isrc: 'NGTON2600001', proprietaryIds: [{ namespace: dsp.dpid, value: 'spotify:album:1' }] }];
    expect(
      readAcknowledgement(
        acknowledgement('SignatureOrHashSumWrongOrMissing', {
          errorText: 'MD5 <differs>',
          proposedAction: 'ResendXmlAndResources',
          needsManualCheck: true,
          affected,
        }),
      ),
    ).toMatchObject({
      verdict: 'rejected',
      errorText: 'MD5 <differs>',
      proposedAction: 'ResendXmlAndResources',
      needsManualCheck: true,
      affected,
    });
  });

  it('of version 1.8, or with a status of the DSP’s own, is read by the same names', () => {
    const newer = (body: string): string =>
      `<a:AcknowledgementMessage xmlns:a="http://ddex.net/xml/ern-c-sftp/18">${body}</a:AcknowledgementMessage>`;
    expect(
      readAcknowledgement(newer('<FileStatus>FileOK</FileStatus><SupplyChainStatus>RightsConflict</SupplyChainStatus>')),
    ).toMatchObject({ verdict: 'rejected' });
    expect(readAcknowledgement(newer('<FileStatus UserDefinedValue="Parked">UserDefined</FileStatus>'))).toMatchObject({
      status: 'Parked',
      verdict: 'in_progress',
    });
    expect(
      readAcknowledgement(newer('<FileStatus UserDefinedValue="Bad">UserDefined</FileStatus><ErrorText>no</ErrorText>')),
    ).toMatchObject({ verdict: 'rejected' });
  });

  it('that is hostile, empty or another message is refused', () => {
    for (const bad of [
      '',
      '<a/>',
      '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
      '<a:FtpAcknowledgementMessage xmlns:a="b"/>',
    ]) {
      expect(readAcknowledgement(bad).ok).toBe(false);
    }
  });
});

describeWithSchemas('the choreography’s own schema', () => {
  const validator = createValidator({ schemasDir });
  afterAll(() => validator.close());

  it('accepts manifests and acknowledgements, signatures’ schema stood in for', async () => {
    for (const xml of [
      writeManifest(manifest),
      acknowledgement('FileOK'),
      acknowledgement('RightsConflict', {
        errorText: 'x',
        proposedAction: 'ResendXmlOnly',
        needsManualCheck: false,
        affected: [{ isrc: 'NGTON2600001' }],
      }),
    ]) {
      expect(await validator.validate(xml)).toMatchObject({ valid: true, errors: [], schema_checked: true });
    }
  });
});
