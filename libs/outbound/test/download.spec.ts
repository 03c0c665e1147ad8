import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DownloadFailed, Downloads, guardedConnector, type ResolveName } from '../src';

type Answering = (request: IncomingMessage, response: ServerResponse) => void;
let answer: Answering;
let asked: string[] = [];
let server: Server;
let port: number;
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url!);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  await Promise.all(all.map((each) => each.close()));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => (asked = []));

const patience = { connectMs: 5_000, headersMs: 5_000, silenceMs: 5_000 };
const open = { httpsOnly: false, privateAllowed: true };
const strict = { httpsOnly: false, privateAllowed: false };
const toLoopback: ResolveName = async () => [{ address: '127.0.0.1', family: 4 }];
const all: Downloads[] = [];
const made = (...of: ConstructorParameters<typeof Downloads>) => {
  const downloads = new Downloads(...of);
  all.push(downloads);
  return downloads;
};

async function fetched(
  path: string,
  { downloads = made(open, patience), mostBytes = 1_000_000, signal = new AbortController().signal } = {},
) {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await downloads.open(path.startsWith('/') ? `http://127.0.0.1:${port}${path}` : path, { mostBytes, signal }))
    chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function failure(fetching: Promise<unknown>): Promise<[string, boolean, number]> {
  const error = await fetching.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DownloadFailed);
  const { message, passing, wishedSeconds } = error as DownloadFailed;
  return [message, passing, wishedSeconds];
}

test('a file comes whole, and is asked for as it is', async () => {
  const file = Buffer.alloc(300_000, 7);
  let headers: IncomingMessage['headers'] = {};
  answer = (request, response) => {
    headers = request.headers;
    response.end(file);
  };
  expect((await fetched('/master.wav?token=secret')).equals(file)).toBe(true);
  expect(asked).toEqual(['/master.wav?token=secret']);
  expect(headers).toMatchObject({ 'accept-encoding': 'identity', 'user-agent': 'ToneGrid-Ingestion/1.0' });
});

test('five redirects are followed, relative ones too, and no sixth', async () => {
  answer = ({ url }, response) => {
    const left = Number(url!.slice(1));
    if (left === 0) return response.end('here');
    return response
      .writeHead([301, 302, 303, 307, 308][left % 5]!, { location: left % 2 ? `/${left - 1}` : `http://127.0.0.1:${port}/${left - 1}` })
      .end();
  };
  expect(String(await fetched('/5'))).toBe('here');
  expect(await failure(fetched('/6'))).toEqual(['The server redirects more than 5 times.', false, 0]);
  answer = (_request, response) => response.writeHead(302, { location: 'http://[' }).end();
  expect(await failure(fetched('/'))).toEqual(['The server redirects to a URL that is not valid.', false, 0]);
});

test.each([
  ['another scheme', 'ftp://files.example/'],
  ['credentials', 'http://user:word@files.example/'],
  ['an address of the inside', 'http://169.254.169.254/latest/meta-data/'],
  ['loopback in another spelling', 'http://2130706433/'],
])('a redirect to %s is not followed', async (_what, location) => {
  const outside = guardedConnector(strict, 5_000, toLoopback, () => true);
  answer = (_request, response) => response.writeHead(302, { location }).end();
  const [message, passing] = await failure(
    fetched(`http://files.example:${port}/`, { downloads: made(strict, patience, undefined, outside) }),
  );
  expect([message, passing]).toEqual([expect.stringMatching(/^The server redirects, and there the URL must/), false]);
  expect(asked).toEqual(['/']);
});

test('a name that leads inside, or begins to after a redirect, is never connected to', async () => {
  const downloads = made(strict, patience, toLoopback);
  expect(await failure(fetched(`http://files.example:${port}/`, { downloads }))).toEqual([
    'The host is at a private, loopback, link-local or otherwise special address.',
    false,
    0,
  ]);
  expect(await failure(fetched('/', { downloads }))).toEqual([expect.stringMatching(/^The URL must not point to a private/), false, 0]);
  expect(asked).toEqual([]);
});

test('production follows no redirect to http', async () => {
  const downloads = made({ httpsOnly: true, privateAllowed: true }, patience);
  expect(await failure(fetched('/', { downloads }))).toEqual(['The URL must begin with https://.', false, 0]);
});

test.each([
  [404, false, 'There is no file at the link (status 404).'],
  [410, false, 'There is no file at the link (status 410).'],
  [403, false, 'The server refuses access (status 403): the link is protected or has expired.'],
  [400, false, 'The server answered with status 400.'],
  [204, false, 'The server answered with status 204.'],
  [304, false, 'The server answered with status 304.'],
  [408, true, 'The server answered with status 408.'],
  [425, true, 'The server answered with status 425.'],
  [429, true, 'The server answered with status 429.'],
  [500, true, 'The server answered with status 500.'],
  [503, true, 'The server answered with status 503.'],
])('status %i: passing %p', async (status, passing, message) => {
  answer = (_request, response) => response.writeHead(status, { 'retry-after': '120' }).end();
  expect(await failure(fetched('/'))).toEqual([message, passing, passing ? 120 : 0]);
});

test('a file that is too large is refused before it comes, or cut off when nobody said how large it is', async () => {
  answer = (_request, response) => response.end(Buffer.alloc(2_000_001));
  expect(await failure(fetched('/', { mostBytes: 1024 * 1024 }))).toEqual(['The file is larger than 1 MB.', false, 0]);
  let closed: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (closed = resolve));
  answer = (_request, response) => {
    response.on('close', closed);
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      response.once('drain', more);
    };
    more();
  };
  expect(await failure(fetched('/', { mostBytes: 300_000 }))).toEqual(['The file is larger than 300000 bytes.', false, 0]);
  await ended;
});

test('what breaks off, or is silent, may come another time', async () => {
  answer = (_request, response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('half', () => response.destroy());
  };
  expect(await failure(fetched('/'))).toEqual(['The connection broke off in the middle of the file.', true, 0]);
  answer = (_request, response) => response.writeHead(200).write('half');
  const impatient = made(open, { ...patience, headersMs: 300, silenceMs: 300 });
  expect(await failure(fetched('/', { downloads: impatient }))).toEqual(['The server fell silent in the middle of the file.', true, 0]);
  answer = () => undefined;
  expect(await failure(fetched('/', { downloads: impatient }))).toEqual(['The server did not answer within 0.3 seconds.', true, 0]);
  expect(await failure(fetched('http://127.0.0.1:9/'))).toEqual(['Connection refused.', true, 0]);
});

test('a compressed answer is none', async () => {
  answer = (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x');
  expect((await failure(fetched('/')))[1]).toBe(false);
});

test('the signal ends it with its own reason, whether the answer or its end is waited for', async () => {
  const reason = new Error('no longer wanted');
  for (const begun of [false, true]) {
    const stopping = new AbortController();
    answer = (_request, response) => {
      if (begun) response.writeHead(200).write('half');
      setTimeout(() => stopping.abort(reason), 100);
    };
    await expect(fetched('/', { signal: stopping.signal })).rejects.toBe(reason);
  }
  await expect(fetched('/', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test('who stops reading ends the download', async () => {
  const ended = new Promise<void>((resolve) => {
    answer = (_request, response) => {
      response.on('close', resolve);
      response.writeHead(200).write(Buffer.alloc(200_000));
    };
  });
  const bytes = await made(open, patience).open(`http://127.0.0.1:${port}/`, { mostBytes: 1e6, signal: new AbortController().signal });
  for await (const chunk of bytes) if (chunk.length > 0) break;
  await ended;
});
