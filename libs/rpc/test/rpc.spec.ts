import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import {
  CatalogService,
  type GetReleaseRequest,
  type UploadTrackAudioRequestSchema,
  type UploadTrackAudioResponseSchema,
} from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import { waitFor } from '@tonegrid/testing';
import { callContext, metrics, rpcClient, RpcServer, systemCaller, type Caller, type RpcClient, type StreamUseCase } from '../src';

const internalToken = 'rpc-suite-internal-token-0123456789abcdef';
const uuid = '01890000-0000-7000-8000-000000000000';
const tenantUuid = '01890000-0000-7000-8000-000000000001';
const caller = (): Caller => ({ ...systemCaller('gateway', tenantUuid, 'request-1'), scopes: ['releases:read'], reviewPolicy: 'auto' });

let behave: (caller: Caller, request: GetReleaseRequest) => Promise<object>;
let server: RpcServer;
let port: number;
let client: RpcClient<typeof CatalogService>;

let uploads: 'counted' | 'refused' | 'unread' = 'counted';

/** Counts the bytes of an upload and refuses it in its middle when it is too long. */
const upload: StreamUseCase<typeof UploadTrackAudioRequestSchema, typeof UploadTrackAudioResponseSchema> = {
  async run(_who, parts) {
    if (uploads === 'refused') throw new Refused('track.not_found');
    if (uploads === 'unread') return new Promise(() => undefined);
    let size = 0;
    for await (const { part } of parts) {
      if (part.case === 'chunk') size += part.value.length;
      if (size > 40_000_000) throw new Refused('audio.invalid', { params: { reason: 'too long' } });
    }
    return { message: String(size) };
  },
};

beforeEach(async () => {
  uploads = 'counted';
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

test.each(['y'.repeat(internalToken.length), 'y', `${internalToken}y`])(
  'a peer with another internal token (%s) is not served; its own caller is told nothing of credentials, which may be right',
  async (token) => {
    behave = () => Promise.reject(new Error('ran'));
    const intruder = rpcClient(CatalogService, { address: `127.0.0.1:${port}`, internalToken: token });
    expect((await refusalOf(intruder.createArtist(caller(), { name: 'Rema' }))).code).toBe('service.unavailable');
    intruder.close();
  },
);

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
  const patient = rpcClient(CatalogService, { address: `127.0.0.1:${port}`, internalToken, timeoutMs: 60_000 });
  const began = Date.now();
  const refused = await refusalOf(patient.getRelease({ ...caller(), deadline: new Date(Date.now() + 200) }, { uuid }));
  expect(refused.code).toBe('service.unavailable');
  expect(Date.now() - began).toBeLessThan(20_000);
  patient.close();
});

test('a caller that goes away, or has gone already, ends its call', async () => {
  const gone: boolean[] = [];
  behave = (who) =>
    new Promise((resolve) => who.signal!.addEventListener('abort', () => resolve({ release: { uuid: (gone.push(true), uuid) } })));
  const going = new AbortController();
  const call = refusalOf(client.getRelease({ ...caller(), signal: going.signal }, { uuid }));
  await new Promise((resolve) => setTimeout(resolve, 100));
  going.abort();
  expect((await call).code).toBe('service.unavailable');
  await waitFor(() => gone.length === 1);
  expect((await refusalOf(client.getRelease({ ...caller(), signal: going.signal }, { uuid }))).code).toBe('service.unavailable');
});

test('a stop lets calls under way finish, takes no more, and has an end', async () => {
  let finish: (() => void) | undefined;
  behave = () => new Promise((resolve) => (finish = () => resolve({ release: { uuid } })));
  const underWay = client.getRelease(caller(), { uuid });
  await waitFor(() => finish);
  const stopped = server.stop(20_000);
  const late = rpcClient(CatalogService, { address: `127.0.0.1:${port}`, internalToken });
  expect((await refusalOf(late.getRelease(caller(), { uuid }))).code).toBe('service.unavailable');
  late.close();
  finish!();
  expect((await underWay).release!.uuid).toBe(uuid);
  await stopped;
});

test('calls that do not end within the grace are cut off', async () => {
  let began = false;
  behave = () => new Promise(() => (began = true));
  const stuck = refusalOf(client.createArtist(caller(), { name: 'Rema' }));
  await waitFor(() => began);
  await server.stop(100);
  expect((await stuck).code).toBe('service.unavailable');
});

test('while one of two servers stops under load, no call fails, not even a change that must not be sent twice', async () => {
  let served = 0;
  const startAnother = async () => {
    const another = new RpcServer({ address: '127.0.0.1:0', internalToken });
    another.add(CatalogService.method.createArtist, {
      run: async () => {
        served += 1;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
        return {};
      },
    });
    return { another, at: await another.start() };
  };
  const [stopping, staying] = [await startAnother(), await startAnother()];
  const both = rpcClient(CatalogService, { address: `ipv4:127.0.0.1:${stopping.at},127.0.0.1:${staying.at}`, internalToken });
  let answered = 0;
  let over = false;
  const failures: string[] = [];
  const push = async () => {
    while (!over) {
      try {
        await both.createArtist(caller(), { name: 'Rema' });
        answered += 1;
      } catch (error) {
        failures.push(String(error));
      }
    }
  };
  const pushing = Promise.all(Array.from({ length: 64 }, push));
  const progress = async () => {
    const before = answered;
    await waitFor(() => answered + failures.length > before + 150, { timeout: 30_000 });
  };
  try {
    await progress();
    await stopping.another.stop(20_000);
    await progress();
  } finally {
    over = true;
    await pushing;
    both.close();
    await staying.another.stop(1_000);
  }
  expect(failures).toEqual([]);
  expect(answered).toBe(served);
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
  uploads = 'refused';
  expect((await refusalOf(client.uploadTrackAudio(caller(), slow))).code).toBe('track.not_found');
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

test('a peer that takes an upload and says no more is given up', async () => {
  const patient = rpcClient(CatalogService, { address: `127.0.0.1:${port}`, internalToken, stallMs: 300 });
  const forever = { case: 'chunk' as const, value: Buffer.alloc(1_000_000) };
  uploads = 'unread';
  const parts = (count: number) =>
    (async function* () {
      for (let i = 0; i < count; i += 1) yield { part: forever };
    })();
  // Small enough to be sent whole, and too large for what the connection holds of what nobody reads.
  for (const count of [1, 100])
    expect((await refusalOf(patient.uploadTrackAudio(caller(), parts(count)))).code).toBe('service.unavailable');
  patient.close();
});

test('the error of a sender ends its upload and is told as it is', async () => {
  const broken = async function* () {
    yield { part: { case: 'start' as const, value: { uuid } } };
    throw new Refused('request.too_large', { params: { limit: 1 } });
  };
  expect((await refusalOf(client.uploadTrackAudio(caller(), broken()))).code).toBe('request.too_large');
});

describe('telemetry', () => {
  const spans = new InMemorySpanExporter();
  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
  });
  afterEach(() => spans.reset());
  afterAll(() => {
    context.disable();
    trace.disable();
    propagation.disable();
  });
  const kinds = () => Object.fromEntries(spans.getFinishedSpans().map((span) => [SpanKind[span.kind], span]));

  test('the log context of a call is its request and tenant', async () => {
    behave = async () => ({ release: { uuid, title: `${callContext()?.requestId} ${callContext()?.tenant}` } });
    expect((await client.getRelease(caller(), { uuid })).release!.title).toBe(`request-1 ${tenantUuid}`);
  });

  test('the span of the server is the child of the span of the client, and the use case runs in it', async () => {
    let inside: string | undefined;
    behave = async () => ((inside = trace.getActiveSpan()?.spanContext().spanId), { release: { uuid } });
    await client.getRelease(caller(), { uuid });
    await waitFor(() => spans.getFinishedSpans().length === 2);
    const { CLIENT: sent, SERVER: served } = kinds();
    expect(served!.spanContext().traceId).toBe(sent!.spanContext().traceId);
    expect(served!.parentSpanContext?.spanId).toBe(sent!.spanContext().spanId);
    expect(inside).toBe(served!.spanContext().spanId);
    for (const span of [sent, served]) {
      expect(span!.name).toBe('tonegrid.catalog.v1.CatalogService/GetRelease');
      expect(span!.attributes).toMatchObject({
        'rpc.system': 'grpc',
        'rpc.service': 'tonegrid.catalog.v1.CatalogService',
        'rpc.method': 'GetRelease',
      });
    }
  });

  test('a refusal is no error of the span, a bug is one on both sides', async () => {
    behave = () => Promise.reject(new Refused('release.not_found'));
    await refusalOf(client.getRelease(caller(), { uuid }));
    await waitFor(() => spans.getFinishedSpans().length === 2);
    expect(Object.values(kinds()).map(({ status, attributes }) => [status.code, attributes['rpc.grpc.status_code']])).toEqual([
      [SpanStatusCode.UNSET, 5],
      [SpanStatusCode.UNSET, 5],
    ]);
    spans.reset();
    behave = () => Promise.reject(new Error('a bug'));
    await refusalOf(client.getRelease(caller(), { uuid }));
    await waitFor(() => spans.getFinishedSpans().length === 2);
    const { CLIENT: sent, SERVER: served } = kinds();
    expect([sent!.status.code, served!.status.code]).toEqual([SpanStatusCode.ERROR, SpanStatusCode.ERROR]);
    expect(served!.events[0]!.attributes).toMatchObject({ 'exception.message': 'a bug' });
  });
});

test('calls are counted by method and outcome, with the seconds that they took and how many are under way', async () => {
  metrics.registry.resetMetrics();
  const method = '/tonegrid.catalog.v1.CatalogService/GetRelease';
  const valueOf = async (name: string, labels: object) =>
    (await metrics.registry.getSingleMetric(name)!.get()).values.find((value) => JSON.stringify(value.labels) === JSON.stringify(labels))
      ?.value;
  let underWay: number | undefined;
  behave = async () => ((underWay = await valueOf('rpc_server_under_way', {})), { release: { uuid } });
  await client.getRelease(caller(), { uuid });
  behave = () => Promise.reject(new Refused('release.not_found'));
  await refusalOf(client.getRelease(caller(), { uuid }));
  await waitFor(async () => (await valueOf('rpc_server_under_way', {})) === 0);
  expect(underWay).toBe(1);
  expect(await valueOf('rpc_server_requests_total', { method, code: 'OK' })).toBe(1);
  expect(await valueOf('rpc_server_requests_total', { method, code: 'release.not_found' })).toBe(1);
  const counts = (await metrics.rpcSeconds.get()).values.filter(({ metricName }) => metricName === 'rpc_server_duration_seconds_count');
  expect(counts).toEqual([expect.objectContaining({ labels: { method }, value: 2 })]);
});
