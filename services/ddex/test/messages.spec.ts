import 'reflect-metadata';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  ArtistRole,
  CatalogService,
  DdexService,
  DeliveryService,
  GetConversationResponseSchema,
  GetReleaseSnapshotResponseSchema,
  ReleaseType,
  TerritoryMode,
} from '@tonegrid/contracts';
import { findSchemasDir } from '@tonegrid/ddex';
import { Refused } from '@tonegrid/errors';
import { rpcClient, RpcServer, systemCaller, type Caller, type RpcClient } from '@tonegrid/rpc';
import { freePort, startProcess, type RunningProcess } from '@tonegrid/testing';

const internalToken = 'a token that only this suite knows, 32 and more';
const release = '0198f0aa-0000-7000-8000-000000000001';
const tenant = '0198f0aa-0000-7000-8000-0000000000aa';
const root = join(__dirname, '../../../..');
const schemas = findSchemasDir(process.env, __dirname);

type Snapshot = MessageInitShape<typeof GetReleaseSnapshotResponseSchema>;
const track = (position: number) => ({
  track: {
    uuid: `0198f0aa-0000-7000-8000-00000000010${position}`,
    title: `Track ${position}`,
    position,
    isrc: `NGTON260000${position}`,
    duration: 2,
    audioBitDepth: 24,
    audioSampleRate: 44100,
    audioChannels: 2,
    artists: [{ uuid: tenant, name: 'Ada Okafor', role: ArtistRole.MAIN }],
  },
  audio: { storageKey: `audio/${position}`, md5: 'd41d8cd98f00b204e9800998ecf8427e', sizeBytes: 529_244n, contentType: 'audio/wav' },
  durationMs: 2000n,
});
const whole: Snapshot = {
  release: {
    uuid: release,
    title: 'Midnight in Lagos',
    type: ReleaseType.EP,
    upc: '195497123452',
    releaseDate: '2026-06-17',
    genre: 'Afrobeats',
    label: 'Harbour Records',
    copyrightYear: 2026,
    language: 'en',
    artists: [{ uuid: tenant, name: 'Ada Okafor', role: ArtistRole.MAIN }],
    updatedAt: timestampFromDate(new Date('2026-05-18T11:54:00Z')),
  },
  tracks: [track(1), track(2)],
  artwork: { storageKey: 'artwork/1', md5: 'd41d8cd98f00b204e9800998ecf8427e', sizeBytes: 250_000n, contentType: 'image/jpeg' },
  artworkWidth: 3000,
  artworkHeight: 3000,
  config: {
    monetizationPolicyCodes: ['subscription_streaming', 'permanent_download'],
    pricingCurrency: 'USD',
    pricingCustomTrackMinor: 70n,
    pricingCustomAlbumMinor: 700n,
    territoryMode: TerritoryMode.WORLDWIDE,
  },
  tenantName: 'Harbour Records',
  revision: 7n,
};
/** A release that the schema cannot accept: its territory is none. */
const broken: Snapshot = {
  ...whole,
  config: { ...whole.config, territoryMode: TerritoryMode.INCLUDE, territoryCodes: ['QQ'] } as Snapshot['config'],
};

let snapshot: Snapshot = whole;
let seen: Caller | undefined;
let catalog: RpcServer;
let catalogAddress: string;
let delivery: RpcServer;
let deliveryAddress: string;
/** What the played delivery service has sent and had accepted. */
let conversation: MessageInitShape<typeof GetConversationResponseSchema> = {};
const running: RunningProcess[] = [];

async function startDdex(env: Record<string, string>): Promise<RpcClient<typeof DdexService>> {
  const [grpc, admin] = [await freePort(), await freePort()];
  running.push(
    await startProcess({
      name: 'ddex',
      command: [process.execPath, join(root, 'services/ddex/dist/src/main.js')],
      env: {
        TONEGRID_ENV: 'sandbox',
        GRPC_HOST: '127.0.0.1',
        GRPC_PORT: String(grpc),
        ADMIN_HOST: '127.0.0.1',
        ADMIN_PORT: String(admin),
        INTERNAL_TOKEN: internalToken,
        CATALOG_ADDRESS: catalogAddress,
        DELIVERY_ADDRESS: deliveryAddress,
        DSPS_FILE: join(root, 'deploy/dsps.yaml'),
        ...env,
      },
      ready: `http://127.0.0.1:${admin}/readyz`,
    }),
  );
  return rpcClient(DdexService, { address: `127.0.0.1:${grpc}`, internalToken });
}

const caller = () => systemCaller('gateway', tenant, 'request-1');
const render = { uuid: release, dspSlug: 'spotify', messageId: `TG-${'0'.repeat(32)}`, createdAt: '2026-05-18T11:54:00.123Z' };
const refusalOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: Refused) => ({ code: error.code, message: error.message }),
  );

let ddex: RpcClient<typeof DdexService>;

beforeAll(async () => {
  catalog = new RpcServer({ address: '127.0.0.1:0', internalToken });
  catalog.add(CatalogService.method.getReleaseSnapshot, {
    async run(by: Caller, { dspSlug }: { dspSlug: string }) {
      seen = by;
      if (dspSlug === 'tidal') throw new Refused('dsp.not_attached', { params: { slug: dspSlug } });
      return snapshot;
    },
  } as never);
  catalogAddress = `127.0.0.1:${await catalog.start()}`;
  delivery = new RpcServer({ address: '127.0.0.1:0', internalToken });
  delivery.add(DeliveryService.method.getConversation, { run: () => Promise.resolve(conversation) } as never);
  deliveryAddress = `127.0.0.1:${await delivery.start()}`;
  ddex = await startDdex(schemas ? { DDEX_SCHEMAS_DIR: schemas } : {});
});

afterAll(async () => {
  ddex?.close();
  await Promise.all(running.map((process) => process.stop()));
  await Promise.all([catalog.stop(1000), delivery.stop(1000)]);
});

beforeEach(() => {
  snapshot = whole;
  conversation = {};
});

describe('a preview', () => {
  it('has the documented members, and the digest of exactly its bytes', async () => {
    const { data } = await ddex.previewMessage(caller(), { uuid: release, dspSlug: 'apple_music' });
    expect(data).toMatchObject({
      releaseId: release,
      dsp: { slug: 'apple-music', name: 'Apple Music' },
      ernVersion: '4.3',
      choreography: 'ERN-Direct',
      sha256: createHash('sha256').update(data!.xml).digest('hex'),
      sizeBytes: BigInt(Buffer.byteLength(data!.xml)),
    });
    expect(seen).toMatchObject({ tenantUuid: tenant, requestId: 'request-1' });
  });

  it('gives the same bytes again, and as a file', async () => {
    const first = await ddex.previewMessage(caller(), { uuid: release, dspSlug: 'spotify' });
    const again = await ddex.previewMessage(caller(), { uuid: release, dspSlug: 'spotify' });
    const file = await ddex.downloadMessage(caller(), { uuid: release, dspSlug: 'applemusic' });
    expect(again.data!.sha256).toBe(first.data!.sha256);
    expect(file).toMatchObject({ contentType: 'application/xml; charset=utf-8', fileName: `${release}-apple-music.xml` });
    expect(Buffer.from(file.content).toString()).toContain('<FullName>Apple Music</FullName>');
  });

  it('is refused as the catalogue refuses it', async () => {
    expect(await refusalOf(ddex.previewMessage(caller(), { uuid: release, dspSlug: 'tidal' }))).toEqual({
      code: 'dsp.not_attached',
      message: "DSP 'tidal' is not attached to this release.",
    });
    expect(await refusalOf(ddex.previewMessage(caller(), { uuid: release, dspSlug: 'nowhere' }))).toEqual({
      code: 'dsp.not_found',
      message: "DSP 'nowhere' not found or inactive.",
    });
  });
});

test('the ISNI of an artist reaches the message', async () => {
  snapshot = { ...whole, artistIsnis: { [tenant]: '0000000121032683' } };
  const { data } = await ddex.previewMessage(caller(), { uuid: release, dspSlug: 'spotify' });
  snapshot = whole;
  expect(data!.xml).toMatch(/<FullName>Ada Okafor<\/FullName>\s*<\/PartyName>\s*<PartyId>\s*<ISNI>0000000121032683<\/ISNI>/);
});

describe('a purge', () => {
  it('names the release by its identifiers and title, on the thread that was used before', async () => {
    const fresh = (await ddex.previewPurge(caller(), { uuid: release, dspSlug: 'spotify' })).data!;
    const message = (await ddex.previewMessage(caller(), { uuid: release, dspSlug: 'spotify' })).data!;
    const threadOf = (xml: string) => /<MessageThreadId>(.*)<\/MessageThreadId>/.exec(xml)![1];
    expect(threadOf(fresh.xml)).toBe(threadOf(message.xml));
    expect(fresh).toMatchObject({
      releaseId: release,
      dsp: { slug: 'spotify', name: 'Spotify' },
      ernVersion: '4.3',
      choreography: 'ERN-Direct',
    });
    expect(fresh.sha256).toBe(createHash('sha256').update(fresh.xml).digest('hex'));
    expect(fresh.xml).toContain('<ICPN>195497123452</ICPN>');
    expect(fresh.xml).toContain('<TitleText>Midnight in Lagos</TitleText>');
    expect(fresh.xml).toMatch(/<MessageId>TG-PURGE-[0-9a-f]{28}<\/MessageId>/);
    conversation = { threadId: 'TG-THREAD-of-old' };
    expect(threadOf((await ddex.previewPurge(caller(), { uuid: release, dspSlug: 'spotify' })).data!.xml)).toBe('TG-THREAD-of-old');
  });

  it('is a file too, and refused as a preview is', async () => {
    const file = await ddex.downloadPurge(caller(), { uuid: release, dspSlug: 'apple_music' });
    expect(file.fileName).toBe(`${release}-apple-music-purge.xml`);
    expect(Buffer.from(file.content).toString()).toContain('<ern:PurgeReleaseMessage');
    expect(await refusalOf(ddex.previewPurge(caller(), { uuid: release, dspSlug: 'tidal' }))).toMatchObject({ code: 'dsp.not_attached' });
    expect(await refusalOf(ddex.validatePurge(caller(), { uuid: release, dspSlug: 'nowhere' }))).toMatchObject({ code: 'dsp.not_found' });
  });

  it('is valid, and the report says where a DSP takes none', async () => {
    const { validation } = (await ddex.validatePurge(caller(), { uuid: release, dspSlug: 'spotify' })).data!;
    expect(validation).toMatchObject({ valid: true, errors: [], ernVersion: '4.3', schemaChecked: schemas !== null });
    expect(validation!.rules.map((rule) => rule.message)).toContain(
      "Spotify takes no PurgeReleaseMessage: a takedown ends the release's deals there",
    );
  });
});

describe('the difference of a redelivery', () => {
  const diff = async () => (await ddex.diffMessage(caller(), { uuid: release, dspSlug: 'spotify' })).data!;
  const accept = async () => {
    const { xml, sha256, ernVersion } = await ddex.renderMessage(caller(), render);
    const at = timestampFromDate(new Date('2026-06-01T10:00:00Z'));
    conversation = {
      threadId: 'TG-THREAD-1',
      accepted: {
        messageId: render.messageId,
        messageType: 'NewReleaseMessage',
        ernVersion,
        sha256,
        content: xml,
        sentAt: at,
        acceptedAt: at,
      },
    };
  };

  it('is everything while the DSP has accepted nothing', async () => {
    expect(await diff()).toMatchObject({
      changes: [],
      summary: 'Spotify has accepted no message about this release: all of it would be new there.',
    });
  });

  it('is nothing for an unchanged release, whatever id and time the message bore', async () => {
    await accept();
    expect(await diff()).toMatchObject({
      previous: { messageId: render.messageId, messageType: 'NewReleaseMessage' },
      changes: [],
      summary: 'A redelivery would tell Spotify nothing new.',
    });
  });

  it('is told as data and in a sentence', async () => {
    await accept();
    snapshot = { ...whole, release: { ...whole.release, title: 'Midnight in Abuja' } };
    const { changes, summary } = await diff();
    expect(changes).toContainEqual(
      expect.objectContaining({
        kind: 'changed',
        subject: 'The release',
        field: 'title, en',
        before: 'Midnight in Lagos',
        after: 'Midnight in Abuja',
        text: 'The release: title, en changes from Midnight in Lagos to Midnight in Abuja.',
      }),
    );
    expect(summary).toBe(`A redelivery would change ${changes.length} things at Spotify.`);
  });

  it('is everything again after a purge', async () => {
    await accept();
    conversation = { ...conversation, accepted: { ...conversation.accepted, messageType: 'PurgeReleaseMessage' } as never };
    expect((await diff()).summary).toBe('The last message that Spotify accepted dropped the release: all of it would be new there.');
  });
});

describe('a DSP’s version of ERN', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dsps-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is what its messages are in, valid, with what it cannot say among the findings', async () => {
    // Spotify, Apple Music and two more, in the order of the file.
    const versions = ['3.8.2', '4.2', '4.3', '4.3.2'];
    let next = 0;
    const rows = readFileSync(join(root, 'deploy/dsps.yaml'), 'utf8').replace(/ern_version: '4\.3'/g, (same) =>
      next < versions.length ? `ern_version: '${versions[next++]}'` : same,
    );
    writeFileSync(join(folder, 'dsps.yaml'), rows);
    const slugs = [...rows.matchAll(/^ {4}slug: (\w+)$/gm)].map((match) => match[1]!).filter((slug) => slug !== 'chinafeed');
    const client = await startDdex({ DSPS_FILE: join(folder, 'dsps.yaml'), ...(schemas ? { DDEX_SCHEMAS_DIR: schemas } : {}) });
    for (const [index, version] of versions.entries()) {
      const { data } = await client.validateMessage(caller(), { uuid: release, dspSlug: slugs[index]! });
      expect(data).toMatchObject({ ernVersion: version, validation: { valid: true, ernVersion: version } });
      const isOld = version === '3.8.2';
      expect(data!.validation!.rules.some((rule) => rule.message.includes('sizeKilobytes'))).toBe(isOld);
      const purge = await client.validatePurge(caller(), { uuid: release, dspSlug: slugs[index]! });
      expect(purge.data).toMatchObject({ ernVersion: version, validation: { valid: true } });
    }
    client.close();
  });
});

describe('with DDEX’s schemas', () => {
  const withSchemas = schemas ? it : it.skip;

  withSchemas('a whole release is valid, and the report names the schema', async () => {
    const { validation } = (await ddex.validateMessage(caller(), { uuid: release, dspSlug: 'spotify' })).data!;
    expect(validation!.errors).toEqual([]);
    expect(validation).toMatchObject({ valid: true, errorCount: 0, ernVersion: '4.3', schemaChecked: true });
    expect(validation!.xsdPath).toMatch(/release-notification\.xsd$/);
    expect(validation!.rules.filter((rule) => rule.severity === 'error')).toEqual([]);
  });

  withSchemas('a message with errors tells where they are, and is not rendered for delivery', async () => {
    snapshot = broken;
    const { validation } = (await ddex.validateMessage(caller(), { uuid: release, dspSlug: 'spotify' })).data!;
    expect(validation!.valid).toBe(false);
    expect(validation!.errors[0]).toMatchObject({ level: 'error', line: expect.any(Number), message: expect.stringMatching(/./) });
    const refused = await refusalOf(ddex.renderMessage(caller(), render));
    expect(refused).toMatchObject({ code: 'ddex.invalid', message: expect.stringContaining(`/releases/${release}/ddex/validate/spotify`) });
  });
});

describe('a validation for a DSP', () => {
  it('says how likely the DSP is to take the release, and what lowers that', async () => {
    snapshot = {
      ...whole,
      artworkWidth: 500,
      artworkHeight: 500,
      release: { ...whole.release!, title: 'MIDNIGHT IN LAGOS' } as Snapshot['release'],
    };
    const { validation } = (await ddex.validateMessage(caller(), { uuid: release, dspSlug: 'spotify' })).data!;
    expect(validation).toMatchObject({ valid: true, messageType: 'NewReleaseMessage' });
    const lowered = Object.fromEntries(validation!.scoreLoweredBy.map(({ code, points }) => [code, points]));
    expect(lowered).toMatchObject({ 'dsp.artwork_too_small': 30, 'dsp.title_casing': 8, 'dsp.role_missing': expect.any(Number) });
    expect(validation!.score).toBe(100 - Object.values(lowered).reduce((sum, points) => sum + points, 0));
    expect(validation!.rules.find(({ code }) => code === 'dsp.artwork_too_small')).toMatchObject({
      stage: 'dsp',
      severity: 'warning',
      weight: 'refused',
      rule: 'artwork.min_px',
      message: 'The cover has 500 × 500 pixels; Spotify takes no fewer than 640 × 640',
      line: expect.any(Number),
      xpath: '/ern:NewReleaseMessage/ResourceList/Image/TechnicalDetails',
    });
    const apple = (await ddex.validateMessage(caller(), { uuid: release, dspSlug: 'applemusic' })).data!.validation!;
    expect(apple.rules.find(({ code }) => code === 'dsp.artwork_too_small')!.message).toContain('3000 × 3000');
  });
});

describe('any file', () => {
  const file = async (document: string | Buffer, dsp?: string) =>
    (await ddex.validateFile(caller(), { document: Buffer.from(document), fileName: 'message.xml', dsp })).data!;

  it('is judged, by a DSP’s rules where one is named', async () => {
    const { xml } = (await ddex.previewMessage(caller(), { uuid: release, dspSlug: 'spotify' })).data!;
    const plain = await file(xml);
    expect(plain).toMatchObject({
      fileName: 'message.xml',
      sha256: createHash('sha256').update(xml).digest('hex'),
      sizeBytes: BigInt(Buffer.byteLength(xml)),
      validation: { valid: true, ernVersion: '4.3', messageType: 'NewReleaseMessage', errorCount: 0 },
    });
    expect([plain.dsp, plain.validation!.score]).toEqual([undefined, undefined]);
    const judged = await file(xml, 'apple_music');
    expect(judged).toMatchObject({ dsp: { slug: 'apple-music', name: 'Apple Music' }, validation: { score: expect.any(Number) } });
    expect(await refusalOf(file(xml, 'nowhere'))).toMatchObject({ code: 'dsp.not_found' });
  });

  it('that only the release profile makes invalid says so among its errors', async () => {
    const { xml } = (await ddex.previewMessage(caller(), { uuid: release, dspSlug: 'spotify' })).data!;
    const { validation } = await file(xml.replace('FrontCoverImage', 'BackCoverImage'));
    expect(validation).toMatchObject({ valid: false, errorCount: 1, errors: [{ stage: 'profile', code: 'profile.front_cover' }] });
    expect(validation!.rules).toContainEqual(validation!.errors[0]);
  });

  it('that is no message, or hostile, gets a report like any other', async () => {
    const { validation } = await file('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>');
    expect(validation).toMatchObject({ valid: false, errorCount: 1, schemaChecked: false });
    expect(validation!.errors).toMatchObject([
      { stage: 'parse', code: 'xml.doctype', line: 1, column: 1, hint: expect.stringMatching(/DOCTYPE/) },
    ]);
    expect([validation!.ernVersion, validation!.messageType]).toEqual([undefined, undefined]);
  });
});

describe('a rendered message', () => {
  it('bears the given id and time, names its files, and comes out the same each time', async () => {
    const first = await ddex.renderMessage(caller(), render);
    const again = await ddex.renderMessage(caller(), render);
    expect(again.sha256).toBe(first.sha256);
    expect(first.sha256).toBe(createHash('sha256').update(first.xml).digest('hex'));
    const xml = Buffer.from(first.xml).toString();
    expect(xml).toContain(`<MessageId>${render.messageId}</MessageId>`);
    expect(xml).toContain('<MessageCreatedDateTime>2026-05-18T11:54:00Z</MessageCreatedDateTime>');
    expect(xml).toContain(`<MessageThreadId>${first.threadId}</MessageThreadId>`);
    expect(first).toMatchObject({ ernVersion: '4.3', revision: 7n, releaseIdentifier: '195497123452' });
    expect(first.resources.map(({ storageKey }) => storageKey).sort()).toEqual(['artwork/1', 'audio/1', 'audio/2']);
    for (const { path } of first.resources) expect(xml).toContain(`<URI>${path}</URI>`);
  });

  it('is refused when its time is none', async () => {
    expect(await refusalOf(ddex.renderMessage(caller(), { ...render, createdAt: 'yesterday' }))).toMatchObject({
      code: 'validation.failed',
    });
  });
});

describe('without DDEX’s schemas', () => {
  const empty = mkdtempSync(join(tmpdir(), 'no-schemas-'));
  afterAll(() => rmSync(empty, { recursive: true }));

  it('the sandbox says that the schema stage was skipped and why, and renders', async () => {
    const client = await startDdex({ DDEX_SCHEMAS_DIR: empty });
    const { validation } = (await client.validateMessage(caller(), { uuid: release, dspSlug: 'spotify' })).data!;
    expect(validation).toMatchObject({ schemaChecked: false, schemaSkippedReason: expect.stringMatching(/./) });
    expect(await client.renderMessage(caller(), render)).toMatchObject({ schemaChecked: false });
    client.close();
  });

  it('production renders nothing, and says which version is missing', async () => {
    const client = await startDdex({ DDEX_SCHEMAS_DIR: empty, TONEGRID_ENV: 'production' });
    const { validation } = (await client.validateMessage(caller(), { uuid: release, dspSlug: 'spotify' })).data!;
    expect(validation).toMatchObject({ valid: true, schemaChecked: false, schemaSkippedReason: expect.stringContaining('ern/43') });
    expect(await refusalOf(client.renderMessage(caller(), render))).toEqual({
      code: 'ddex.schemas_missing',
      message: 'The DDEX schemas for ERN 4.3 are not installed.',
    });
    client.close();
  });

  it('a folder that is not there keeps the service from starting', async () => {
    await expect(startDdex({ DDEX_SCHEMAS_DIR: join(empty, 'gone') })).rejects.toThrow('DDEX_SCHEMAS_DIR');
  });
});
