import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  CatalogService,
  type GetReleaseRequest,
  type UploadTrackAudioRequestSchema,
  type UploadTrackAudioResponseSchema,
} from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import { callContext, rpcClient, RpcServer, systemCaller, type Caller, type RpcClient, type StreamUseCase } from '../src';

const internalToken = 'rpc-suite-internal-token-0123456789abcdef';
const uuid = '01890000-0000-7000-8000-000000000000';
const tenantUuid = '01890000-0000-7000-8000-000000000001';
const caller = (): Caller => ({ ...systemCaller('gateway', tenantUuid, 'request-1'), scopes: ['releases:read'], reviewPolicy: 'auto' });

let refuseUploads = false;
let behave: (caller: Caller, request: GetReleaseRequest) => Promise<object>;
let server: RpcServer;
let port: number;
let client: RpcClient<typeof CatalogService>;

/** Counts the bytes of an upload and refuses it in its middle when it is too long. */
const upload: StreamUseCase<typeof UploadTrackAudioRequestSchema, typeof UploadTrackAudioResponseSchema> = {
  async run(_who, parts) {
    if (refuseUploads) throw new Refused('track.not_found');
    let size = 0;
    for await (const { part } of parts) {
      if (part.case === 'chunk') size += part.value.length;
      if (size > 40_000_000) throw new Refused('audio.invalid', { params: { reason: 'too long' } });
    }
    return { message: String(size) };
  },
};

beforeEach(async () => {
  refuseUploads = false;
  server = new RpcServer({ address: '127.0.0.1:0', internalToken });
  server.add(CatalogService.method.getRelease, { run: (who: Caller, request: GetReleaseRequest) => behave(who, request) });
  server.add(CatalogService.method.createArtist, { run: (who: Caller, request: never) => behave(who, request) });
  server.add(CatalogService.method.uploadTrackAudio, upload as never);
  port = await server.start();
  client = rpcClient(CatalogService, { address: `127.0.0.1:${port}`, internalToken, timeoutMs: 2000 });
});

afterEach(async () => {
  client.close();
  await server.stop(200);
});

const refusalOf = async (call: Promise<unknown>): Promise<Refused> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Refused) return error;
  throw new Error(`not refused: ${String(error)}`);
};

test('the use case gets the caller whole, and its answer comes back', async () => {
  let seen: Caller | undefined;
  behave = async (who) => ({ release: { uuid: ((seen = who), uuid), title: 'Ọ̀nà 🌍' } });
  const answer = await client.getRelease({ ...caller(), idempotency: { key: 'k', route: 'r', bodyHash: 'h' } }, { uuid });
  expect(answer.release).toMatchObject({ uuid, title: 'Ọ̀nà 🌍' });
  expect(seen).toMatchObject({
    tenantUuid,
    scopes: ['releases:read'],
    requestId: 'request-1',
    reviewPolicy: 'auto',
    idempotency: { key: 'k', route: 'r', bodyHash: 'h' },
  });
  expect(seen!.deadline!.getTime()).toBeGreaterThan(Date.now());
});

test('a refusal arrives as it was thrown, fields and all', async () => {
  behave = async () => {
    throw new Refused('validation.failed', { fields: { 'tracks.1.isrc': ['wrong', 'really'] }, retryAfterSeconds: 7 });
  };
  expect(await refusalOf(client.getRelease(caller(), { uuid }))).toMatchObject({
    code: 'validation.failed',
    message: 'Validation failed',
    fields: { 'tracks.1.isrc': ['wrong', 'really'] },
    retryAfterSeconds: 7,
  });
});

test('an unexpected error shows nothing of itself', async () => {
  behave = async () => {
    throw new Error('password=hush');
  };
  const refused = await refusalOf(client.getRelease(caller(), { uuid }));
  expect([refused.code, refused.message]).toEqual(['internal.error', 'Internal server error.']);
});

test('field rules are checked before the use case runs', async () => {
  behave = () => Promise.reject(new Error('ran'));
  expect((await refusalOf(client.createArtist(caller(), { name: '' }))).fields).toEqual({ name: ['The name field is required.'] });
});

test('a peer without the internal token is refused', async () => {
  behave = () => Promise.reject(new Error('ran'));
  const intruder = rpcClient(CatalogService, { address: `127.0.0.1:${port}`, internalToken: 'y'.repeat(41) });
  expect((await refusalOf(intruder.getRelease(caller(), { uuid }))).code).toBe('auth.token_missing');
  intruder.close();
});

test('an answer from the record says so, a refusal from it too', async () => {
  behave = async (who) => ((who.answer.replayed = true), { release: { uuid } });
  const first = caller();
  await client.getRelease(first, { uuid });
  expect(first.answer.replayed).toBe(true);
  behave = async (who) => {
    who.answer.replayed = true;
    throw new Refused('release.not_found');
  };
  const second = caller();
  await refusalOf(client.getRelease(second, { uuid }));
  expect(second.answer.replayed).toBe(true);
});

test('reads are tried again when the peer is away for a moment; changes without a key are not', async () => {
  let reads = 0;
  let changes = 0;
  behave = async (_who, request) => {
    if (request.$typeName.endsWith('GetReleaseRequest')) reads += 1;
    else changes += 1;
    if (reads + changes < 3) throw new Refused('service.unavailable');
    return {};
  };
  await client.getRelease(caller(), { uuid });
  expect(reads).toBe(3);
  reads = 0;
  expect((await refusalOf(client.createArtist(caller(), { name: 'Rema' }))).code).toBe('service.unavailable');
  expect(changes).toBe(1);
});

test('a peer that is too slow is service.unavailable at the deadline', async () => {
  behave = () => new Promise(() => undefined);
  const began = Date.now();
  const refused = await refusalOf(client.getRelease({ ...caller(), deadline: new Date(Date.now() + 200) }, { uuid }));
  expect(refused.code).toBe('service.unavailable');
  expect(Date.now() - began).toBeLessThan(1500);
});

test('a stop lets calls under way finish and takes no more', async () => {
  behave = () => new Promise((resolve) => setTimeout(() => resolve({ release: { uuid } }), 300));
  const under = client.getRelease(caller(), { uuid });
  await new Promise((resolve) => setTimeout(resolve, 100));
  const stopped = server.stop(5000);
  expect((await under).release!.uuid).toBe(uuid);
  await stopped;
});

test('uploads stream, and a refusal in the middle is the answer', async () => {
  const chunks = (count: number) =>
    (async function* () {
      yield { part: { case: 'start' as const, value: { uuid } } };
      for (let i = 0; i < count; i += 1) yield { part: { case: 'chunk' as const, value: Buffer.alloc(1_000_000) } };
    })();
  expect((await client.uploadTrackAudio(caller(), chunks(30))).message).toBe('30000000');
  expect((await refusalOf(client.uploadTrackAudio(caller(), chunks(60)))).message).toBe('too long');
});

test('a refusal that comes while the sender is between two parts is the answer, and no rejection is left to nobody', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  const slow = (async function* () {
    yield { part: { case: 'start' as const, value: { uuid } } };
    yield { part: { case: 'chunk' as const, value: Buffer.alloc(10) } };
    await new Promise((resolve) => setTimeout(resolve, 300));
    yield { part: { case: 'chunk' as const, value: Buffer.alloc(10) } };
  })();
  refuseUploads = true;
  expect((await refusalOf(client.uploadTrackAudio(caller(), slow))).code).toBe('track.not_found');
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

test('the log context of a call is its request and tenant', async () => {
  behave = async () => ({ release: { uuid, title: `${callContext()?.requestId} ${callContext()?.tenant}` } });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  expect((await client.getRelease(caller(), { uuid })).release!.title).toBe(`request-1 ${tenantUuid}`);
  context.disable();
  trace.disable();
  propagation.disable();
});
