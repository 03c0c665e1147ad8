import { createHash } from 'node:crypto';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { acknowledgementFileName, writeAcknowledgement, type Acknowledgement } from '@tonegrid/ddex';
import type { Caller } from '@tonegrid/rpc';
import { pause, waitFor } from '@tonegrid/testing';
import type { PlayedRelease } from './played-peers';
import { refusal, startSandbox, type Sandbox } from './sandbox';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox?.stop());

interface Trip {
  caller: Caller;
  release: PlayedRelease;
  messageId: string;
}

/** A delivery that the simulator has received and says nothing of. */
async function delivered(dsp = 'spotify'): Promise<Trip> {
  const caller = sandbox.newCaller();
  const release = await sandbox.peers.newRelease(caller.tenantUuid, { title: 'Quiet [silent]', dsps: [dsp] });
  await sandbox.client.deliverToAll(caller, { uuid: release.uuid });
  await waitFor(async () => (await sandbox.received(release)).length === 1, { what: 'the delivery' });
  const [event] = await sandbox.events(release);
  return { caller, release, messageId: String(event!.data['message_id']) };
}

describe('a signed report', () => {
  it('moves the delivery; the same report again changes nothing', async () => {
    const { caller, release, messageId } = await delivered();
    const accepted = { event_id: 'e1', message_id: messageId, status: 'accepted' };
    expect(await sandbox.report('spotify', accepted)).toMatchObject({ message: 'Acknowledgement recorded.' });
    await sandbox.report('spotify', accepted);
    await sandbox.report('spotify', { ...accepted, event_id: 'e2' });
    const live = { event_id: 'e3', message_id: messageId, status: 'live', dsp_release_id: 'spotify:album:7v0Y' };
    await Promise.all([sandbox.report('spotify', live), sandbox.report('spotify', live), sandbox.report('spotify', live)]);
    expect(await sandbox.told(release)).toEqual(['spotify.submitted', 'spotify.accepted', 'spotify.live']);
    expect((await sandbox.events(release)).map(({ data }) => data['version'])).toEqual([1, 2, 3]);
    const [delivery] = (await sandbox.client.listDeliveries(caller, { uuid: release.uuid })).data!.deliveries;
    expect(delivery).toMatchObject({
      status: 'live',
      dspReleaseId: 'spotify:album:7v0Y',
      liveUrl: 'https://open.spotify.com/album/7v0Y',
    });
    const { data } = await sandbox.client.listMessages(caller, { uuid: release.uuid, deliveryUuid: delivery!.uuid });
    expect(data.filter(({ direction }) => direction === 'received').map(({ state }) => state)).toEqual(['accepted', 'accepted', 'live']);
  });

  it('of acceptance makes its message the one that a redelivery is compared with, for its tenant alone', async () => {
    const { caller, release, messageId } = await delivered();
    const ask = (by: Caller) => sandbox.client.getConversation(by, { uuid: release.uuid, dspSlug: 'spotify' });
    const before = await ask(caller);
    expect(before.threadId).toMatch(/^TG-THREAD-/);
    expect(before.accepted).toBeUndefined();
    await sandbox.report('spotify', { event_id: 'e1', message_id: messageId, status: 'accepted' });
    const { accepted, threadId } = await ask(caller);
    expect(threadId).toBe(before.threadId);
    expect(accepted).toMatchObject({ messageId, messageType: 'NewReleaseMessage', ernVersion: '4.3', sentAt: expect.anything() });
    expect(createHash('sha256').update(accepted!.content).digest('hex')).toBe(accepted!.sha256);
    expect(Buffer.from(accepted!.content).toString()).toContain(`<MessageId>${messageId}</MessageId>`);
    const foreign = await ask(sandbox.newCaller());
    expect([foreign.threadId, foreign.accepted]).toEqual([undefined, undefined]);
  });

  it('of live before accepted tells both, in order, once', async () => {
    const { release, messageId } = await delivered();
    await sandbox.report('spotify', { event_id: 'a', message_id: messageId, status: 'live' });
    await sandbox.report('spotify', { event_id: 'b', message_id: messageId, status: 'accepted' });
    expect(await sandbox.told(release)).toEqual(['spotify.submitted', 'spotify.accepted', 'spotify.live']);
    // Each by its own number, also of two that are told at once.
    expect((await sandbox.events(release)).map(({ data }) => data['version'])).toEqual([1, 2, 3]);
  });

  it('of a takedown is told', async () => {
    const { caller, release, messageId } = await delivered();
    await sandbox.report('spotify', { message_id: messageId, status: 'live' });
    await sandbox.report('spotify', { message_id: messageId, status: 'taken_down' });
    expect((await sandbox.told(release)).at(-1)).toBe('spotify.taken_down');
    expect(await sandbox.status(caller, release, 'spotify')).toBe('taken_down');
  });

  it('is not believed without that DSP’s signature', async () => {
    const { caller, release, messageId } = await delivered();
    const body = { message_id: messageId, status: 'live' };
    const wrong = { code: 'delivery.signature_invalid', message: 'The signature is missing, wrong or too old.' };
    const tidal = sandbox.registry.acknowledgementKey(sandbox.registry.get('tidal')!);
    expect(await refusal(sandbox.report('spotify', body, { key: tidal }))).toMatchObject(wrong);
    expect(await refusal(sandbox.report('spotify', body, { at: new Date(Date.now() - 400_000) }))).toMatchObject(wrong);
    const bytes = Buffer.from(JSON.stringify(body));
    expect(await refusal(sandbox.client.acknowledge(caller, { slug: 'spotify', body: bytes, headers: {} }))).toMatchObject(wrong);
    expect(await sandbox.told(release)).toEqual(['spotify.submitted']);
  });

  it('about a message that was not sent to this DSP is refused', async () => {
    const { messageId } = await delivered();
    expect(await refusal(sandbox.report('tidal', { message_id: messageId, status: 'live' }))).toMatchObject({
      code: 'delivery.message_unknown',
    });
    expect(await refusal(sandbox.report('spotify', { message_id: 'TG-0', status: 'live' }))).toMatchObject({
      code: 'delivery.message_unknown',
    });
    expect(
      await refusal(sandbox.client.acknowledge(sandbox.newCaller(), { slug: 'nowhere', body: Buffer.from('{}'), headers: {} })),
    ).toMatchObject({
      code: 'dsp.not_found',
    });
    expect(await refusal(sandbox.report('spotify', {}, { raw: '{' }))).toMatchObject({ code: 'request.malformed' });
    expect((await refusal(sandbox.report('spotify', { message_id: messageId, status: 'gone' }))).fields).toHaveProperty('status');
  });
});

describe('an acknowledgement folder', () => {
  const path = (name: string) => join(sandbox.simulatorData, 'sftp/spotify/ack', name);
  const put = (name: string, content: string) => writeFileSync(path(name), content);
  const ack = (release: PlayedRelease, changes: Partial<Acknowledgement> = {}) =>
    writeAcknowledgement({
      sender: { dpid: 'PADPIDA2011072101T', name: 'Spotify' },
      recipient: { dpid: 'PADPIDA2026012301U', name: 'ToneGrid' },
      createdAt: new Date().toISOString(),
      releaseId: release.upc,
      date: new Date().toISOString().slice(0, 10),
      status: 'FileOK',
      ...changes,
    });

  it('is read to the last file, also one that sorts before those already read', async () => {
    const first = await delivered();
    const second = await delivered();
    put(acknowledgementFileName(first.messageId, new Date('2026-06-02T00:00:00Z')), ack(first.release));
    await waitFor(async () => (await sandbox.told(first.release)).length === 2, { what: 'the first' });
    put(acknowledgementFileName(second.messageId, new Date('2020-01-01T00:00:00Z')), ack(second.release));
    await waitFor(async () => (await sandbox.told(second.release)).length === 2, { what: 'the second' });
    expect(await sandbox.told(second.release)).toEqual(['spotify.submitted', 'spotify.accepted']);
  });

  it('is understood by release and day where names say nothing', async () => {
    const { release } = await delivered();
    put(
      '0001.xml',
      ack(release, { status: 'IdentifierInvalid', errorText: 'The ISRC is another recording’s', proposedAction: 'ResendXmlOnly' }),
    );
    await waitFor(async () => (await sandbox.told(release)).length === 2, { what: 'the refusal' });
    const [, rejected] = await sandbox.events(release);
    expect(rejected!.data['reason']).toBe('IdentifierInvalid: The ISRC is another recording’s (proposed: ResendXmlOnly)');
  });

  it('is read over a new connection when the old one has gone', async () => {
    const first = await delivered();
    put(acknowledgementFileName(first.messageId, new Date()), ack(first.release));
    await waitFor(async () => (await sandbox.told(first.release)).length === 2, { what: 'the first' });
    // Nobody looks, so that the connection goes between two requests.
    const nextLook = (at: string) =>
      sandbox.data.system((tx) => tx.query(`update ack_polls set next_poll_at = ${at} where dsp = 'spotify'`));
    await nextLook(`now() + interval '1 hour'`);
    await pause(500);
    await sandbox.simulator.kill9();
    await sandbox.startSimulator();
    const second = await delivered();
    put(acknowledgementFileName(second.messageId, new Date()), ack(second.release));
    await nextLook('now()');
    await waitFor(async () => (await sandbox.told(second.release)).length === 2, { what: 'the second' });
  });

  it('is not stopped by files that make no sense or are refused, nor by half of one', async () => {
    const { release, messageId } = await delivered();
    // Older than all others, so they are read first: what the server does not hand out, and what was written on no day.
    mkdirSync(path('0-refused.xml'));
    put('0-dated.xml', ack({ ...release, upc: '000000000000' }, { date: '2026-02-30' }));
    for (const name of ['0-refused.xml', '0-dated.xml']) utimesSync(path(name), 0, 1_000_000);
    put('ACK_TG-unknown_20260101000000000.xml', ack({ ...release, upc: '000000000000' }));
    put('attack.xml', '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>');
    const name = acknowledgementFileName(messageId, new Date());
    put(name, ack(release).slice(0, 200));
    await waitFor(
      async () => (await sandbox.data.system((tx) => tx.query('select 1 from ack_files where name = $1', [name]))).length === 1,
    );
    await pause(50);
    put(name, ack(release));
    await waitFor(async () => (await sandbox.told(release)).length === 2, { what: 'the whole file' });
    const rows = await sandbox.data.system((tx) =>
      tx.query(`select name, state, problem from ack_files where name in ('attack.xml', '0-refused.xml', '0-dated.xml') order by name`),
    );
    expect(rows).toEqual([
      { name: '0-dated.xml', state: 'unmatched', problem: 'no message of ours is its subject' },
      { name: '0-refused.xml', state: 'unreadable', problem: expect.stringMatching(/^SFTP, read .*0-refused\.xml: This is no file/) },
      { name: 'attack.xml', state: 'unreadable', problem: expect.any(String) },
    ]);
  });
});
