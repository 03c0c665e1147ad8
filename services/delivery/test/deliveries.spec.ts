import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readdirSync } from 'node:fs';
import { Refused } from '@tonegrid/errors';
import { waitFor } from '@tonegrid/testing';
import { SftpSession } from '../src/send/sftp-session';
import { refusal, startSandbox, type Sandbox } from './sandbox';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox?.stop());
beforeEach(() => void (sandbox.peers.refuseRendering = undefined));

describe('a delivery', () => {
  it('goes to every attached DSP by its own way, and each becomes live with one event per stage', async () => {
    const caller = sandbox.newCaller();
    const dsps = ['spotify', 'applemusic', 'qqmusic', 'audiomack', 'tidal'];
    const release = await sandbox.peers.newRelease(caller.tenantUuid, { dsps, blocked: ['tidal'] });
    const answer = await sandbox.client.deliverToAll(caller, { uuid: release.uuid });
    expect(answer.message).toBe('4 DSP(s) queued for direct DDEX delivery.');
    expect(answer.data!.queued.map(({ dsp, state }) => [dsp, state])).toEqual([
      ['spotify', 'submitted'],
      ['apple-music', 'submitted'],
      ['qq-music', 'submitted'],
      ['audiomack', 'submitted'],
    ]);
    expect(answer.data!.skipped.map(({ dsp, reason }) => [dsp, reason])).toEqual([['tidal', 'is_blocked']]);

    for (const dsp of ['spotify', 'apple-music', 'qq-music', 'audiomack']) await sandbox.reached(caller, release, dsp, 'live');
    const told = await sandbox.told(release);
    for (const slug of ['spotify', 'applemusic', 'qqmusic', 'audiomack'])
      expect(told.filter((type) => type.startsWith(`${slug}.`))).toEqual([`${slug}.submitted`, `${slug}.accepted`, `${slug}.live`]);
    expect(told.filter((type) => type.startsWith('tidal'))).toEqual([]);

    const received = await sandbox.received(release);
    expect(received.map(({ dsp, fault, duplicates }) => ({ dsp, fault, duplicates })).sort((a, b) => (a.dsp < b.dsp ? -1 : 1))).toEqual(
      ['applemusic', 'audiomack', 'qqmusic', 'spotify'].map((dsp) => ({ dsp, fault: null, duplicates: 0 })),
    );
    const { data } = await sandbox.client.listDeliveries(caller, { uuid: release.uuid });
    const spotify = data!.deliveries.find(({ dsp }) => dsp === 'spotify')!;
    const there = received.find(({ dsp }) => dsp === 'spotify')!;
    expect(spotify).toMatchObject({
      dspName: 'Spotify',
      dspReleaseId: there.dsp_release_id,
      liveUrl: there.live_url,
      submittedAt: expect.anything(),
      liveAt: expect.anything(),
    });
    expect(spotify.errorMessage).toBeUndefined();
    expect(spotify.liveUrl).toMatch(/^https:\/\/open\.spotify\.com\/album\/.+/);
    const live = (await sandbox.events(release)).find(({ type }) => type === 'release.dsp.spotify.live')!;
    expect(live).toMatchObject({ subject: release.uuid, tenantuuid: caller.tenantUuid });
    expect(live.data).toMatchObject({
      release_uuid: release.uuid,
      dsp: 'spotify',
      dsp_name: 'Spotify',
      delivery_uuid: spotify.uuid,
      message_id: there.message_id,
      thread_id: there.thread_id,
      live_url: spotify.liveUrl,
      revision: 1,
    });
  });

  it('keeps every message sent and every acknowledgement received, with their digests', async () => {
    const caller = sandbox.newCaller();
    const release = await sandbox.peers.newRelease(caller.tenantUuid);
    await sandbox.client.deliverToDsp(caller, { uuid: release.uuid, dspSlug: 'Spotify' });
    await sandbox.reached(caller, release, 'spotify', 'live');
    const [delivery] = (await sandbox.client.listDeliveries(caller, { uuid: release.uuid })).data!.deliveries;
    const { data } = await sandbox.client.listMessages(caller, { uuid: release.uuid, deliveryUuid: delivery!.uuid });
    expect(data.map(({ direction, messageType, state }) => [direction, messageType, state])).toEqual([
      ['sent', 'NewReleaseMessage', 'sent'],
      ['received', 'Acknowledgement', 'accepted'],
      ['received', 'Acknowledgement', 'live'],
    ]);
    const [sent] = data;
    expect(sent).toMatchObject({ attempts: 1, ernVersion: '4.3', fileName: expect.stringMatching(/\.xml$/), sentAt: expect.anything() });
    expect(sent!.messageId).toMatch(/^TG-[0-9a-f]{32}$/);
    const rows = await sandbox.data.system((tx) =>
      tx.query<{ content: Buffer; sha256: string }>('select content, sha256 from messages where delivery_uuid = $1', [delivery!.uuid]),
    );
    for (const { content, sha256 } of rows) expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
  });

  it('is queued once while it is under way, and an Idempotency-Key replays its answer', async () => {
    const caller = sandbox.newCaller();
    const release = await sandbox.peers.newRelease(caller.tenantUuid, { title: 'Slow [silent]' });
    const idempotency = { key: 'deliver-1', route: 'POST /releases/{uuid}/ddex/deliver', bodyHash: 'x' };
    // The renderer is away: the message stays queued.
    sandbox.peers.refuseRendering = new Refused('service.unavailable');
    const keyed = () => ({ ...caller, idempotency, answer: { replayed: false } });
    const first = await sandbox.client.deliverToAll(keyed(), { uuid: release.uuid });
    expect(await sandbox.client.deliverToAll(keyed(), { uuid: release.uuid })).toEqual(first);
    const second = await sandbox.client.deliverToAll(caller, { uuid: release.uuid });
    expect(second).toMatchObject({
      message: '0 DSP(s) queued for direct DDEX delivery.',
      data: { queued: [], skipped: [{ dsp: 'spotify', reason: 'in_progress' }] },
    });
    expect((await sandbox.client.deliverToDsp(caller, { uuid: release.uuid, dspSlug: 'spotify' })).data!.skipped).toMatchObject([
      { reason: 'in_progress' },
    ]);
    sandbox.peers.refuseRendering = undefined;
    await waitFor(async () => (await sandbox.received(release)).length === 1, { what: 'one delivery' });
    expect(await sandbox.told(release)).toEqual(['spotify.submitted']);
  });

  it('is refused by name', async () => {
    const caller = sandbox.newCaller();
    const { uuid } = await sandbox.peers.newRelease(caller.tenantUuid, { dsps: ['spotify', 'applemusic'], blocked: ['applemusic'] });
    const one = (dspSlug: string, release = uuid) => refusal(sandbox.client.deliverToDsp(caller, { uuid: release, dspSlug }));
    expect(await one('apple_music')).toMatchObject({
      code: 'delivery.blocked',
      message: 'Delivery to Apple Music is blocked via per-DSP override (is_blocked=true).',
    });
    expect(await one('tidal')).toMatchObject({ code: 'dsp.not_attached', message: "DSP 'tidal' is not attached to this release." });
    expect(await one('nowhere')).toMatchObject({ code: 'dsp.not_found', message: "DSP 'nowhere' not found or inactive." });
    expect(await one('spotify', '00000000-0000-4000-8000-000000000000')).toMatchObject({ code: 'release.not_found' });
    const none = await sandbox.peers.newRelease(caller.tenantUuid, { dsps: [] });
    expect(await refusal(sandbox.client.deliverToAll(caller, { uuid: none.uuid }))).toMatchObject({
      code: 'dsp.none_attached',
      message: 'No DSPs attached to this release.',
    });
    const draft = await sandbox.peers.newRelease(caller.tenantUuid, { approved: false });
    expect(await refusal(sandbox.client.deliverToAll(caller, { uuid: draft.uuid }))).toMatchObject({ code: 'release.not_approved' });
  });

  it('is nobody else’s to see or to order', async () => {
    const caller = sandbox.newCaller();
    const release = await sandbox.peers.newRelease(caller.tenantUuid, { title: 'Ours [silent]' });
    await sandbox.client.deliverToAll(caller, { uuid: release.uuid });
    const [delivery] = (await sandbox.client.listDeliveries(caller, { uuid: release.uuid })).data!.deliveries;
    const stranger = sandbox.newCaller();
    const { uuid } = release;
    expect(await refusal(sandbox.client.listDeliveries(stranger, { uuid }))).toMatchObject({ code: 'release.not_found' });
    expect(await refusal(sandbox.client.listMessages(stranger, { uuid, deliveryUuid: delivery!.uuid }))).toMatchObject({
      code: 'release.not_found',
    });
    expect(await refusal(sandbox.client.deliverToAll(stranger, { uuid }))).toMatchObject({ code: 'release.not_found' });
    expect(await refusal(sandbox.client.redeliverToDsp(stranger, { uuid, dspSlug: 'spotify' }))).toMatchObject({
      code: 'release.not_found',
    });
  });
});

describe('before anything was sent', () => {
  it('an approved release has a pending delivery at each DSP', async () => {
    const caller = sandbox.newCaller();
    const release = await sandbox.peers.newRelease(caller.tenantUuid, { dsps: ['tidal', 'spotify'] });
    const list = async () => (await sandbox.client.listDeliveries(caller, { uuid: release.uuid })).data!.deliveries;
    const before = await list();
    expect(before.map(({ dsp, status, submittedAt }) => ({ dsp, status, submittedAt }))).toEqual([
      { dsp: 'spotify', status: 'pending', submittedAt: undefined },
      { dsp: 'tidal', status: 'pending', submittedAt: undefined },
    ]);
    expect((await sandbox.client.listMessages(caller, { uuid: release.uuid, deliveryUuid: before[0]!.uuid })).data).toEqual([]);

    await sandbox.data.transaction(caller, (tx) =>
      sandbox.outbox.add(tx, {
        type: 'release.approved',
        subject: release.uuid,
        tenantUuid: caller.tenantUuid,
        data: { release_uuid: release.uuid, title: release.title, status: 'approved', dsps: release.dsps, revision: 1 },
      }),
    );
    const rows = () =>
      sandbox.data.read(caller, `select dsp, status, uuid from deliveries where release_uuid = $1 order by dsp`, [release.uuid]);
    await waitFor(async () => (await rows()).length === 2, { what: 'two pending rows' });
    expect((await list()).map(({ uuid }) => uuid)).toEqual(before.map(({ uuid }) => uuid));
    expect(await refusal(sandbox.client.listMessages(caller, { uuid: release.uuid, deliveryUuid: release.uuid }))).toMatchObject({
      code: 'delivery.not_found',
    });
  });

  it('a DSP is skipped when a correction is asked for', async () => {
    const caller = sandbox.newCaller();
    const release = await sandbox.peers.newRelease(caller.tenantUuid);
    expect((await sandbox.client.redeliverToAll(caller, { uuid: release.uuid })).data).toMatchObject({
      queued: [],
      skipped: [{ dsp: 'spotify', reason: 'not_delivered' }],
    });
  });
});

describe('a correction', () => {
  it.each(['redeliverToAll', 'deliverToAll'] as const)('by %s goes in the same thread and returns to live with its upload', async (rpc) => {
    const caller = sandbox.newCaller();
    const release = await sandbox.peers.newRelease(caller.tenantUuid);
    await sandbox.client.deliverToAll(caller, { uuid: release.uuid });
    await sandbox.reached(caller, release, 'spotify', 'live');
    release.revision = 2;
    release.title = 'Midnight in Lagos, corrected';
    const { data } = await sandbox.client[rpc](caller, { uuid: release.uuid });
    expect(data!.queued).toMatchObject([{ dsp: 'spotify', state: 'update_submitted' }]);
    await waitFor(async () => (await sandbox.told(release)).includes('spotify.updated'), { what: 'updated' });
    expect(await sandbox.status(caller, release, 'spotify')).toBe('live');
    await waitFor(async () => (await sandbox.received(release)).at(-1)?.state === 'live', { what: 'the update live' });
    const [first, second] = await sandbox.received(release);
    expect(second!.thread_id).toBe(first!.thread_id);
    expect(second!.message_id).not.toBe(first!.message_id);
    const events = await sandbox.events(release);
    expect(events.map(({ type }) => type.replace('release.dsp.spotify.', ''))).toEqual([
      'submitted',
      'accepted',
      'live',
      'update_submitted',
      'updated',
    ]);
    expect(events.at(-1)!.data).toMatchObject({ thread_continuation: true, revision: 2, message_id: second!.message_id });
  });
});

describe('what goes wrong', () => {
  const trip = async (changes: Parameters<Sandbox['peers']['newRelease']>[1], status: string) => {
    const caller = sandbox.newCaller();
    const release = await sandbox.peers.newRelease(caller.tenantUuid, changes);
    await sandbox.client.deliverToAll(caller, { uuid: release.uuid });
    await sandbox.reached(caller, release, 'spotify', status).catch(async (error: Error) => {
      throw new Error(`${error.message} ${JSON.stringify(await sandbox.told(release))}`);
    });
    const [delivery] = (await sandbox.client.listDeliveries(caller, { uuid: release.uuid })).data!.deliveries;
    return { caller, release, delivery: delivery!, told: await sandbox.told(release) };
  };

  it('a refusal by the DSP is told with its reason', async () => {
    const { release, delivery, told } = await trip({ title: 'Wrong [reject:ResourceCorrupt]' }, 'rejected');
    expect(told).toEqual(['spotify.submitted', 'spotify.rejected']);
    expect(delivery.errorMessage).toContain('ResourceCorrupt');
    expect((await sandbox.events(release)).at(-1)!.data).toMatchObject({ reason: expect.stringContaining('ResourceCorrupt') });
  });

  it('an early OK may be contradicted', async () => {
    const { told } = await trip({ title: 'Contested [late-reject]' }, 'rejected');
    expect(told).toEqual(['spotify.submitted', 'spotify.accepted', 'spotify.rejected']);
  });

  it('uploads that fail are tried again, and their problem is forgotten when one succeeds', async () => {
    const { release, delivery, told, caller } = await trip({ title: 'Bumpy [fail-upload:2]' }, 'live');
    expect(told).toEqual(['spotify.submitted', 'spotify.accepted', 'spotify.live']);
    expect(delivery.errorMessage).toBeUndefined();
    const { data } = await sandbox.client.listMessages(caller, { uuid: release.uuid, deliveryUuid: delivery.uuid });
    expect(data[0]).toMatchObject({ attempts: 3, state: 'sent' });
  });

  it('uploads that never succeed end as failed, and the delivery can be ordered again', async () => {
    const { release, delivery, told, caller } = await trip({ title: 'Hopeless [fail-upload]' }, 'error');
    expect(told).toEqual(['spotify.submitted', 'spotify.failed']);
    expect(delivery.errorMessage).toMatch(/^SFTP/);
    release.title = 'Not hopeless';
    await sandbox.client.deliverToDsp(caller, { uuid: release.uuid, dspSlug: 'spotify' });
    await sandbox.reached(caller, release, 'spotify', 'live');
    expect(await sandbox.told(release)).toEqual([
      'spotify.submitted',
      'spotify.failed',
      'spotify.submitted',
      'spotify.accepted',
      'spotify.live',
    ]);
  });

  it('a message that is not valid fails at once, with what is wrong', async () => {
    sandbox.peers.refuseRendering = new Refused('ddex.invalid', { params: { count: 2, release: 'x', slug: 'spotify' } });
    const { delivery, told } = await trip({}, 'error');
    expect(told).toEqual(['spotify.submitted', 'spotify.failed']);
    expect(delivery.errorMessage).toBe('The message has 2 error(s): see GET /releases/x/ddex/validate/spotify.');
  });

  it('a message that no schema could be asked about is never sent; it can be ordered again when there is one', async () => {
    sandbox.peers.refuseRendering = new Refused('ddex.schemas_missing', { params: { version: '4.3' } });
    const { release, delivery, told, caller } = await trip({}, 'error');
    expect(told).toEqual(['spotify.submitted', 'spotify.failed']);
    expect(delivery.errorMessage).toBe('The DDEX schemas for ERN 4.3 are not installed.');
    expect(await sandbox.received(release)).toEqual([]);
    sandbox.peers.refuseRendering = undefined;
    await sandbox.client.deliverToDsp(caller, { uuid: release.uuid, dspSlug: 'spotify' });
    await sandbox.reached(caller, release, 'spotify', 'live');
  });

  it('a file that is not what was recorded never gets its name at the DSP', async () => {
    const bytes = Buffer.alloc(100_000, 1);
    const audio = { key: 'audio/altered', bytes, md5: createHash('md5').update('something else').digest('hex') };
    const { release, delivery, told } = await trip({ audio }, 'error');
    expect(told).toEqual(['spotify.submitted', 'spotify.failed']);
    expect(delivery.errorMessage).toContain('does not have the MD5 that was recorded');
    const folder = sandbox.folders('spotify').find((name) => name.includes(release.upc))!;
    const files = readdirSync(join(sandbox.simulatorData, 'sftp/spotify/upload', folder), { recursive: true }).map(String);
    expect(files.filter((name) => /\.(wav|xml)$/.test(name))).toEqual([]);
  });

  it('the same over REST: the request is not completed', async () => {
    const caller = sandbox.newCaller();
    const bytes = Buffer.alloc(300_000, 1);
    const audio = { key: 'audio/altered-too', bytes, md5: createHash('md5').update('something else').digest('hex') };
    const release = await sandbox.peers.newRelease(caller.tenantUuid, { dsps: ['audiomack'], audio });
    await sandbox.client.deliverToAll(caller, { uuid: release.uuid });
    await sandbox.reached(caller, release, 'audiomack', 'error');
    expect(await sandbox.received(release)).toEqual([]);
  });

  it('a server that shows another host key is not entered', async () => {
    const dsp = sandbox.registry.get('spotify')!;
    const credentials = { ...sandbox.registry.sftpCredentials(dsp), host_key: `SHA256:${'A'.repeat(43)}` };
    if (dsp.endpoint?.kind !== 'sftp') throw new Error('Spotify takes SFTP');
    await expect(SftpSession.open(dsp.endpoint, credentials)).rejects.toThrow('another host key');
    await expect(SftpSession.open(dsp.endpoint, { ...credentials, host_key: undefined })).rejects.toThrow('No host key');
  });
});
