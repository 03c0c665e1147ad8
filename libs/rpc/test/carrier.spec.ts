import { AsyncLocalStorage } from 'node:async_hooks';
import { fromBinary } from '@bufbuild/protobuf';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import {
  CarrierService,
  CarryRequestSchema,
  CarryResponseSchema,
  CatalogService,
  GetReleaseResponseSchema,
  UpdateReleaseResponseSchema,
  type CarryRequest,
  type GetReleaseRequest,
} from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import { waitFor } from '@tonegrid/testing';
import { rpcClient, RpcServer, systemCaller, type Caller, type RpcClient } from '../src';
import { asBytes, pathOf } from '../src/bytes';
import { encode } from '../src/encode';

const internalToken = 'carrier-suite-internal-token-0123456789';
const uuid = '01890000-0000-7000-8000-000000000000';
const caller = (): Caller => systemCaller('gateway', uuid, 'request-1');
const clientOf = (port: number, timeoutMs = 10_000) =>
  rpcClient(CatalogService, { address: `127.0.0.1:${port}`, internalToken, timeoutMs });
const refusalOf = (call: Promise<unknown>) =>
  expect(call)
    .rejects.toBeInstanceOf(Refused)
    .then(() => call.catch((error: Refused) => error));

describe('a server of ours', () => {
  let behave: (caller: Caller, request: GetReleaseRequest) => Promise<object>;
  let server: RpcServer;
  let port: number;
  let client: RpcClient<typeof CatalogService>;

  beforeEach(async () => {
    server = new RpcServer({ address: '127.0.0.1:0', internalToken });
    const useCase = { run: (who: Caller, request: never) => behave(who, request) };
    server.add(CatalogService.method.getRelease, useCase);
    port = await server.start();
    client = clientOf(port);
  });
  afterEach(async () => {
    client.close();
    await server.stop(200);
  });

  test('each of many calls at once gets its own answer, whatever its length and whenever it comes', async () => {
    behave = async (_who, request) => {
      const n = Number(request.uuid.slice(-5));
      if (n % 3 > 0) await new Promise((resolve) => setTimeout(resolve, (n * 7) % 40));
      if (n % 11 === 0) throw new Refused('release.not_found');
      return { release: { uuid: request.uuid, title: 'x'.repeat(n % 13 === 0 ? 300_000 : n) } };
    };
    const calls = Array.from({ length: 500 }, async (_, n) => {
      const id = uuid.slice(0, -5) + String(n).padStart(5, '0');
      const answer = await client.getRelease(caller(), { uuid: id }).catch((error: Refused) => error.code);
      if (n % 11 === 0) expect(answer).toBe('release.not_found');
      else expect(answer).toMatchObject({ release: { uuid: id, title: 'x'.repeat(n % 13 === 0 ? 300_000 : n) } });
    });
    await Promise.all(calls);
  });

  test('an answer that is too long fails alone', async () => {
    behave = async (_who, { uuid: asked }) => ({
      release: { uuid: asked, title: asked === uuid ? 'x'.repeat(33 * 1024 * 1024) : 'Lagos' },
    });
    const [long, short] = await Promise.allSettled([
      client.getRelease(caller(), { uuid }),
      client.getRelease(caller(), { uuid: uuid.replace(/0$/, '1') }),
    ]);
    expect(long).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('RESOURCE_EXHAUSTED') as string } });
    expect(short).toMatchObject({ status: 'fulfilled', value: { release: { title: 'Lagos' } } });
  });

  test('a method that is not served is told of as with a stream of its own', async () => {
    await expect(client.listReleases(caller(), {})).rejects.toMatchObject({ code: 12 });
  });

  test('whoever waits goes on in its own context, not in that of the first caller', async () => {
    behave = async () => ({});
    const contexts = new AsyncLocalStorage<number>();
    const seen = Array.from({ length: 20 }, (_, n) =>
      contexts.run(n, async () => {
        await client.getRelease(caller(), { uuid });
        return contexts.getStore();
      }),
    );
    expect(await Promise.all(seen)).toEqual(seen.map((_, n) => n));
  });

  test('a server that stops does not wait for callers who ask nothing', async () => {
    behave = async () => ({});
    await Promise.all([client.getRelease(caller(), { uuid }), client.getRelease(caller(), { uuid })]);
    const began = Date.now();
    await server.stop(60_000);
    expect(Date.now() - began).toBeLessThan(30_000);
  });

  test('a closed client fails its calls, those under way too', async () => {
    behave = () => new Promise(() => undefined);
    const underWay = client.getRelease(caller(), { uuid });
    setTimeout(() => client.close(), 100);
    expect(await refusalOf(underWay)).toMatchObject({ code: 'service.unavailable' });
    expect(await refusalOf(client.getRelease(caller(), { uuid }))).toMatchObject({ code: 'service.unavailable' });
  });
});

describe('what goes over the wire', () => {
  const received: { stream: number; request: CarryRequest }[] = [];
  let streams: ServerDuplexStream<CarryRequest, Uint8Array>[];
  let answering: (stream: ServerDuplexStream<CarryRequest, Uint8Array>, request: CarryRequest) => void;
  let server: Server;
  let client: RpcClient<typeof CatalogService>;

  const answer = (stream: ServerDuplexStream<CarryRequest, Uint8Array>, ids: number[], leaving = false) =>
    stream.write(
      encode(CarryResponseSchema, {
        answers: ids.map((id) => ({ id, outcome: { case: 'response' as const, value: encode(GetReleaseResponseSchema, {}) } })),
        leaving,
      }),
    );
  const answerAll: typeof answering = (stream, { calls }) => void (calls.length > 0 && answer(stream, calls.map(({ id }) => id))); // prettier-ignore

  beforeEach(async () => {
    received.length = 0;
    streams = [];
    answering = answerAll;
    server = new Server();
    server.register(
      pathOf(CarrierService.method.carry),
      (stream: ServerDuplexStream<CarryRequest, Uint8Array>) => {
        const n = streams.push(stream);
        stream.on('data', (request: CarryRequest) => {
          received.push({ stream: n, request });
          answering(stream, request);
        });
        stream.on('end', () => stream.end());
        stream.on('error', () => undefined);
      },
      asBytes,
      (bytes: Buffer) => fromBinary(CarryRequestSchema, bytes),
      'bidi',
    );
    server.register(
      pathOf(CatalogService.method.updateRelease),
      (call: { request: Buffer }, callback: (error: null, bytes: Uint8Array) => void) =>
        callback(null, encode(UpdateReleaseResponseSchema, { release: { title: String(call.request.length) } })),
      asBytes,
      (bytes: Buffer) => bytes,
      'unary',
    );
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
    );
    client = clientOf(port);
  });
  afterEach(() => {
    client.close();
    server.forceShutdown();
  });
  const ask = (who = caller()) => client.getRelease(who, { uuid });
  const messages = () => received.map(({ request }) => request.calls.length);

  test('calls that are made at the same time are one message, and few streams are opened for many', async () => {
    await Promise.all(Array.from({ length: 50 }, () => ask()));
    expect(messages()).toEqual([50]);
    for (let n = 0; n < 20; n += 1) await ask();
    expect(messages()).toEqual([50, ...Array<number>(20).fill(1)]);
    expect(streams).toHaveLength(8);
    expect(streams.every(({ metadata }) => metadata.get('tonegrid-internal-token')[0] === internalToken)).toBe(true);
  });

  test('a request that is long has a stream of its own', async () => {
    const { release } = await client.updateRelease(caller(), { uuid, title: 'x'.repeat(4_000_000) });
    expect(Number(release!.title)).toBeGreaterThan(4_000_000);
    expect(received).toEqual([]);
  });

  test('the server learns that nobody waits any more, and its late answer is nobody’s', async () => {
    answering = () => undefined;
    const going = new AbortController();
    const given = refusalOf(ask({ ...caller(), signal: going.signal }));
    const late = refusalOf(ask({ ...caller(), deadline: new Date(Date.now() + 300) }));
    await waitFor(() => received.length === 1);
    going.abort();
    expect(await given).toMatchObject({ code: 'service.unavailable' });
    expect(await late).toMatchObject({ code: 'service.unavailable' });
    const [first, second] = received[0]!.request.calls;
    await waitFor(() => received.length === 3);
    expect(received.slice(1).flatMap(({ request }) => request.cancelled)).toEqual([first!.id, second!.id]);
    answer(streams[0]!, [first!.id, second!.id]);
    answering = answerAll;
    for (let n = 0; n < 8; n += 1) await ask();
  });

  test('a stream whose server leaves takes no more calls, and is ended when it has its answers', async () => {
    answering = () => undefined;
    const kept = ask();
    await waitFor(() => received.length === 1);
    const [leaving] = streams;
    let ended = false;
    leaving!.once('end', () => (ended = true));
    answer(leaving!, [], true);
    answering = answerAll;
    for (let n = 0; n < 16; n += 1) await ask();
    expect(received.slice(1).map(({ stream }) => stream)).not.toContain(1);
    expect(ended).toBe(false);
    answer(leaving!, [received[0]!.request.calls[0]!.id]);
    await kept;
    await waitFor(() => ended);
  });

  test('when a stream breaks, a read is made again on another, and a change is not', async () => {
    answering = (stream) => stream.emit('error', { code: 13, details: 'broken' });
    const change = client.createArtist(caller(), { name: 'Rema' });
    expect(await refusalOf(change)).toMatchObject({ code: 'service.unavailable' });
    expect(received).toHaveLength(1);
    const read = ask();
    await waitFor(() => received.length === 2);
    answering = answerAll;
    await read;
    expect(received.length).toBeGreaterThanOrEqual(3);
  });
});

test('a server that cannot carry is called the plain way', async () => {
  const old = new Server();
  const paths: string[] = [];
  old.register(
    pathOf(CatalogService.method.getRelease),
    (call: { getPath(): string }, callback: (error: null, bytes: Uint8Array) => void) => {
      paths.push(call.getPath());
      callback(null, encode(GetReleaseResponseSchema, { release: { uuid } }));
    },
    asBytes,
    (bytes: Buffer) => bytes,
    'unary',
  );
  const port = await new Promise<number>((resolve, reject) =>
    old.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  const client = clientOf(port);
  try {
    const answers = await Promise.all([client.getRelease(caller(), { uuid }), client.getRelease(caller(), { uuid })]);
    expect(answers.map(({ release }) => release!.uuid)).toEqual([uuid, uuid]);
    await client.getRelease(caller(), { uuid });
    expect(paths).toHaveLength(3);
  } finally {
    client.close();
    old.forceShutdown();
  }
});
