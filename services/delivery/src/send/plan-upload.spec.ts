import { readManifest } from '@tonegrid/ddex';
import { planUpload, type Route, type SendableMessage } from './plan-upload';

const message: SendableMessage = {
  message_id: 'TG-2542cbd010b9d16c71c1f63bee330982',
  thread_id: 'TG-THREAD-08bbb9acb793932b36dad693',
  message_type: 'NewReleaseMessage',
  release_uuid: '0198f0aa-0000-7000-8000-000000000001',
  is_update: false,
  created_at: new Date('2026-05-18T11:54:00.123Z'),
  content: Buffer.from('<x/>'),
  file_name: 'TG_spotify_rel-1_20260518115400.xml',
  resources: [{ path: 'resources/a.wav', storageKey: 'audio/a', md5: 'd41d8cd98f00b204e9800998ecf8427e', size: 1 }],
  release_identifier: '195497123452',
  ern_version: '4.3',
};
const route: Route = {
  choreography: 'release_by_release',
  priority: 'N',
  uploadFolder: '/upload',
  sender: { dpid: 'PADPIDA2026012301U', name: 'ToneGrid' },
  recipient: { dpid: 'PADPIDA2011072101T', name: 'Spotify' },
};

describe('the folder of a delivery', () => {
  it('is named by priority, release and time, release by release', () => {
    const plan = planUpload(message, route);
    const folder = '/upload/N_195497123452_20260518115400123';
    expect(plan.folders).toEqual([folder, `${folder}/resources`]);
    expect(plan.message.path).toBe(`${folder}/TG_spotify_rel-1_20260518115400.xml`);
    expect(plan.resources.map(({ path }) => path)).toEqual([`${folder}/resources/a.wav`]);
    expect(plan.manifest.path).toBe(`${folder}/BatchComplete_195497123452_20260518115400123.xml`);
  });

  it('is a batch of one where the DSP wants batches', () => {
    const plan = planUpload(message, { ...route, choreography: 'batch' });
    const root = '/upload/N_20260518115400123_2542cbd0';
    expect(plan.folders).toEqual([root, `${root}/195497123452`, `${root}/195497123452/resources`]);
    expect(plan.manifest.path).toBe(`${root}/BatchComplete_20260518115400123_2542cbd0.xml`);
    expect(readManifest(plan.manifest.content)).toMatchObject({
      messages: [{ url: '195497123452/TG_spotify_rel-1_20260518115400.xml' }],
    });
  });

  it('is the same for every attempt', () => {
    expect(planUpload(message, route)).toEqual(planUpload({ ...message }, { ...route }));
  });

  it('has a manifest that names the message, its digest and what kind of delivery it is', () => {
    expect(readManifest(planUpload(message, route).manifest.content)).toMatchObject({
      ok: true,
      isTest: false,
      rootDirectory: 'N_195497123452_20260518115400123',
      messages: [
        {
          messageId: message.message_id,
          url: message.file_name,
          deliveryType: 'NewReleaseDelivery',
          md5: expect.stringMatching(/^[0-9a-f]{32}$/),
        },
      ],
    });
    const update = { ...message, is_update: true, content: Buffer.from('<MessageControlType>TestMessage</MessageControlType>') };
    expect(readManifest(planUpload(update, route).manifest.content)).toMatchObject({
      isTest: true,
      messages: [{ deliveryType: 'ReDelivery' }],
    });
  });

  it('is never left', () => {
    const climbing = { ...message, resources: [{ ...message.resources[0]!, path: '../../etc/passwd' }] };
    expect(() => planUpload(climbing, route)).toThrow(RangeError);
    expect(() => planUpload({ ...message, release_identifier: '../x' }, route)).toThrow(RangeError);
  });
});
