import { getOption, hasOption } from '@bufbuild/protobuf';
import { access, http, services } from '@tonegrid/contracts';
import { makeJpegCover, makeWav, waitFor } from '@tonegrid/testing';
import { Api, draft, type Answer, type Platform } from '../src';

interface Entry {
  actor: string;
  on_behalf_of: string | null;
  action_type: string;
  target: string | null;
  source_ip: string | null;
  request_id: string;
  before: Record<string, string>;
  after: Record<string, string>;
}

/** What the contract says of each endpoint that changes something. */
const changing = Object.values(services).flatMap((service) =>
  service.methods.flatMap((method) => {
    if (!hasOption(method, http) || getOption(method, http).pattern.case === 'get') return [];
    const { audit, notAudited } = getOption(method, access);
    return [{ name: method.name, audit, notAudited }];
  }),
);

/** Does everything that the contract calls privileged, once, and looks for it in `GET /audit-log`. Part of a suite that has a platform running. */
export function describeAuditLog(running: () => Platform): void {
  describe('the audit log', () => {
    let owner: Api;
    let key: string;
    let tenantUuid: string;
    let entries: Entry[] = [];
    let preview: string;
    let byDefault: { dsps: { slug: string }[]; tracks: { isrc: string }[] };

    const must = async (call: Promise<Answer>): Promise<Answer> => {
      const answer = await call;
      if (answer.status >= 300) throw new Error(`HTTP ${answer.status} ${answer.text}`);
      return answer;
    };
    const first = (action: string) => entries.find(({ action_type: type }) => type === action)!;

    async function credentials(): Promise<void> {
      const made = (await must(owner.post('/api-keys', { name: 'one', scopes: ['releases:read'] }))).body.data;
      await must(owner.put(`/api-keys/${made.id}`, { name: 'two' }));
      await must(owner.post(`/api-keys/${made.id}/rotate`));
      await must(owner.delete(`/api-keys/${made.id}`));
      const client = (await must(owner.post('/oauth-clients', { name: 'app', scopes: ['releases:read'] }))).body.data;
      const anonymous = new Api(running().url, undefined);
      const grant = { grant_type: 'client_credentials', client_id: client.client_id, client_secret: client.client_secret };
      const { access_token: token } = (await must(anonymous.post('/auth/token', grant))).body;
      await must(new Api(running().url, token).post('/auth/token/revoke', { token }));
      await must(owner.delete(`/oauth-clients/${client.id}`));
      const person = { email: 'ada@audited.example', password: 'trombone umbrella nine' };
      const user = (await must(owner.post('/users', { ...person, role: 'viewer' }))).body.data;
      const session = (await must(anonymous.post('/auth/login', { ...person, tenant_slug: 'audited' }))).body;
      await must(new Api(running().url, session.access_token ?? session.token).post('/auth/logout'));
      await must(owner.delete(`/users/${user.uuid}`));
    }

    async function tenants(): Promise<void> {
      const party = { sobo_party_dpid: 'PADPIDA2011072101T', sobo_party_name: 'Harbour' };
      await must(owner.patch('/tenants/me', { ...party, default_dsps: ['apple_music'], isrc_prefix: 'QZ-AB1' }));
      const body = { name: 'Below', slug: 'audited-below', tenant_role: 'artist' };
      const path = `/tenants/clients/${(await must(owner.post('/tenants/clients', body))).body.data.uuid}`;
      await must(owner.patch(path, { name: 'Below it' }));
      await must(owner.post(`${path}/impersonate`));
      await must(owner.post(`${path}/suspend`));
      await must(owner.post(`${path}/activate`));
    }

    async function webhooks(): Promise<void> {
      // Nobody listens there: an attempt is logged all the same, and can be made again.
      const url = 'http://127.0.0.1:9/hooks?token=of-a-receiver';
      const { uuid } = (await must(owner.post('/webhooks', { name: 'one', url, events: ['*'] }))).body.data;
      await must(owner.put(`/webhooks/${uuid}`, { name: 'two' }));
      await must(owner.post(`/webhooks/${uuid}/rotate-secret`));
      const tested = (await must(owner.post(`/webhooks/${uuid}/test`))).body.data;
      await must(owner.post(`/webhooks/${uuid}/deliveries/${tested.delivery_id}/redeliver`));
      await must(owner.delete(`/webhooks/${uuid}`));
    }

    async function catalogue(): Promise<void> {
      const made = (await must(owner.post('/ingestion/json', draft('Privileged', ['spotify', 'deezer'])))).body.data;
      const release = `/releases/${made.release.uuid}`;
      const [track, second] = made.tracks as { uuid: string }[];
      await must(owner.delete(`/tracks/${second!.uuid}`));
      await must(owner.delete(`${release}/dsps/deezer`));
      await must(owner.post(`${release}/dsps`, { dsps: ['tidal'] }));
      const chain = `/supply-chain${release}`;
      await must(owner.put(`${chain}/pricing-tier`, { pricing_tier_code: 'mid' }));
      await must(owner.put(`${chain}/dsps/tidal/override`, { is_blocked: true }));
      await must(owner.delete(`${chain}/dsps/tidal/override`));
      await must(owner.delete(`${release}/dsps/tidal`));
      const wav = makeWav({ seconds: 1, sampleRate: 44100, bitDepth: 24, channels: 2 });
      await must(owner.upload(`/tracks/${track!.uuid}/audio`, 'audio', '1.wav', wav));
      const cover = await makeJpegCover(3000);
      await must(owner.upload(`${release}/artwork`, 'artwork', 'cover.jpg', cover));
      await must(owner.delete(`${release}/artwork`));
      await must(owner.upload(`${release}/artwork`, 'artwork', 'cover.jpg', cover));
      await waitFor(async () => (await owner.get(`/tracks/${track!.uuid}`)).body.track.audio_status === 'processed', {
        timeout: 60_000,
        what: 'the audio',
      });
      expect((await must(owner.post(`${release}/submit`))).body.status).toBe('pending');
      await must(owner.post(`${release}/reject`, { reason: 'Not yet.' }));
      await must(owner.post(`${release}/submit`));
      await must(owner.post(`${release}/approve`));
      const queued = async (path: string) => (await owner.post(`${release}/ddex/${path}`)).body?.data?.queued?.length === 1;
      await waitFor(() => queued('deliver'), { timeout: 30_000, what: 'a delivery' });
      await waitFor(() => queued('redeliver/spotify'), { timeout: 60_000, interval: 250, what: 'a second delivery' });

      const artist = (await must(owner.post('/artists', { name: 'Nobody' }))).body.artist;
      await must(owner.delete(`/artists/${artist.uuid}`));
      preview = (await must(owner.get(`${release}/ddex/preview/spotify.xml`))).text;
      // What the tenant has set reaches the catalogue a moment after it was answered.
      byDefault = await waitFor(
        async () => {
          const { release: other, tracks } = (await must(owner.post('/ingestion/json', draft('Given up')))).body.data;
          const { data: dsps } = (await must(owner.get(`/releases/${other.uuid}/dsps`))).body;
          await must(owner.delete(`/releases/${other.uuid}`));
          return dsps.length > 0 ? { dsps, tracks } : undefined;
        },
        { timeout: 30_000, interval: 250, what: 'the settings' },
      );
    }

    beforeAll(async () => {
      ({ key, tenantUuid } = await running().addTenant('audited'));
      owner = new Api(running().url, key);
      // In a sandbox nobody reviews; here somebody does.
      await must(new Api(running().url, running().platformKey).patch(`/tenants/clients/${tenantUuid}`, { review_policy: 'manual' }));
      await credentials();
      await tenants();
      await webhooks();
      await catalogue();
    }, 120_000);

    test.each(changing.map((each) => [each.name, each] as const))(
      'knows of %s, or the contract says why not',
      (_name, { audit, notAudited }) => {
        expect([audit, notAudited].filter((text) => text !== '')).toHaveLength(1);
      },
    );

    test('has all that the contract calls privileged, whichever service did it', async () => {
      const expected = [...new Set(changing.map(({ audit }) => audit).filter((audit) => audit !== ''))].sort();
      const missing = async () => {
        entries = [];
        for (let cursor: string | null = ''; cursor !== null;) {
          const { body } = await must(owner.get(`/audit-log?per_page=100&cursor=${encodeURIComponent(cursor)}`));
          entries.push(...(body.data as Entry[]));
          cursor = body.cursor.next as string | null;
        }
        return expected.filter((action) => !entries.some(({ action_type: type }) => type === action));
      };
      await waitFor(async () => (await missing()).length === 0, { timeout: 30_000, what: 'the last entry' }).catch(() => undefined);
      expect(await missing()).toEqual([]);
    });

    test('says of each who did it, from where, and in which request', () => {
      expect(entries.length).toBeGreaterThan(30);
      for (const { action_type, actor, source_ip, request_id } of entries) {
        expect([action_type, actor]).toEqual([action_type, expect.stringMatching(/^(api_key|oauth_client|user):/)]);
        expect([action_type, source_ip, request_id]).toEqual([
          action_type,
          expect.stringMatching(/127\.0\.0\.1$/),
          expect.stringMatching(/\S/),
        ]);
      }
    });

    test('says what was before and after, and no secret', () => {
      expect(first('release.approved')).toMatchObject({ before: { status: 'pending' }, after: { status: 'approved', dsps: 'spotify' } });
      expect(first('release.rejected')).toMatchObject({ after: { status: 'rejected', reason: 'Not yet.' } });
      expect(first('release.ingested').after).toMatchObject({ title: expect.any(String), source: 'rest_json', tracks: '2' });
      expect(first('dsp_override.cleared').before).toMatchObject({ dsp: 'tidal', is_blocked: 'true' });
      expect(first('delivery.queued').after).toEqual({ dsps: 'spotify submitted' });
      expect(first('webhook.updated')).toMatchObject({
        before: { name: 'one' },
        after: { name: 'two', url: 'http://127.0.0.1:9/hooks?…' },
      });
      const text = JSON.stringify(entries);
      for (const secret of [key, 'of-a-receiver', 'trombone umbrella', 'tgwhsec_'.padEnd(20, '.')]) expect(text).not.toContain(secret);
      expect(text).not.toMatch(/tgwhsec_\w{20}/);
    });

    test('stands beside settings that hold: default DSPs, the ISRC prefix, the party on whose behalf messages are sent', () => {
      expect(byDefault.dsps.map(({ slug }) => slug)).toEqual(['applemusic']);
      expect(byDefault.tracks.every(({ isrc }) => isrc.startsWith('QZAB1'))).toBe(true);
      expect(preview).toMatch(/<SentOnBehalfOf>\s*<PartyId>PADPIDA2011072101T<\/PartyId>/);
    });

    test('is the tenant’s own', async () => {
      const { body } = await new Api(running().url, running().key).get('/audit-log?per_page=100');
      expect((body.data as Entry[]).filter(({ target }) => target?.startsWith('release:'))).toEqual([]);
    });
  });
}
