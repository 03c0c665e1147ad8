import { Agent, type buildConnector, type Dispatcher } from 'undici';
import { failureSentence } from './failures';
import { guardedConnector } from './guarded-connector';
import type { ResolveName } from './host-names';
import { retryAfterSeconds } from './retry-after';
import { urlProblem, type AddressRules } from './target';

/** How long another side may keep us waiting; milliseconds. */
export interface Patience {
  connectMs: number;
  /** From the request, connecting included, to the head of the answer; for each redirect anew. */
  headersMs: number;
  /** Between two pieces of the body. */
  silenceMs: number;
}

/** A file could not be fetched. The message says why in a sentence for its owner, and shows nothing of the URL. */
export class DownloadFailed extends Error {
  override readonly name = 'DownloadFailed';
  /**
   * @param passing whether it may be over by itself later
   * @param wishedSeconds the other side's Retry-After; seconds
   */
  constructor(
    message: string,
    readonly passing: boolean,
    readonly wishedSeconds = 0,
  ) {
    super(message);
  }
}

const mostRedirects = 5;
const redirects = [301, 302, 303, 307, 308];
/** Request Timeout, Too Early, Too Many Requests: the same request may be granted later (RFC 9110, RFC 8470, RFC 6585). */
const passingStatuses = [408, 425, 429];

/** Fetches files from where strangers say they are: guarded addresses at each redirect, limits on size and on waiting. */
export class Downloads {
  private readonly agent: Agent;

  constructor(
    private readonly rules: AddressRules,
    private readonly patience: Patience,
    resolve?: ResolveName,
    connect: buildConnector.connector = guardedConnector(rules, patience.connectMs, resolve),
  ) {
    this.agent = new Agent({
      connect,
      // A clock of our own, which a head that comes in drops does not set back.
      headersTimeout: 0,
      bodyTimeout: patience.silenceMs,
      pipelining: 1,
      maxHeaderSize: 32 * 1024,
    });
  }

  /**
   * Asks for a file and gives its bytes as they come, once the other side has said that it has them. Redirects are followed, five at
   * most. Throws DownloadFailed, and so does the reading of the bytes when the connection breaks off or there are more than `mostBytes`;
   * both throw the signal's reason once it is aborted. Whoever stops reading ends the download; one that is never read ends with the signal.
   */
  async open(url: string, { mostBytes, signal }: { mostBytes: number; signal: AbortSignal }): Promise<AsyncGenerator<Uint8Array, void>> {
    const answer = await this.followed(url, signal);
    const { headers, body } = answer;
    try {
      const encoding = String(headers['content-encoding'] ?? 'identity').toLowerCase();
      if (encoding !== 'identity') throw new DownloadFailed('The server sent the file compressed, which it was not asked to do.', false);
      if (Number(headers['content-length'] ?? 0) > mostBytes) throw tooLarge(mostBytes);
    } catch (error) {
      leave(body);
      throw error;
    }
    const stop = () => leave(body);
    signal.addEventListener('abort', stop, { once: true });
    body.on('error', () => undefined).once('close', () => signal.removeEventListener('abort', stop));
    return received(body, mostBytes, signal);
  }

  /** Ends what is under way. */
  close(): Promise<void> {
    return this.agent.destroy();
  }

  /** The answer 200 that the redirects end at. */
  private async followed(begin: string, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    let url = begin;
    for (let hops = 0; ; hops += 1) {
      const problem = urlProblem(url, this.rules);
      if (problem !== undefined)
        throw new DownloadFailed(`${hops > 0 ? 'The server redirects, and there the' : 'The'} URL ${problem}.`, false);
      const answer = await this.ask(new URL(url), signal);
      const { statusCode: status, headers, body } = answer;
      if (status === 200) return answer;
      leave(body);
      const location = headers['location'];
      if (!redirects.includes(status) || location === undefined) throw statusFailure(status, headers['retry-after']);
      if (hops === mostRedirects) throw new DownloadFailed(`The server redirects more than ${mostRedirects} times.`, false);
      if (!URL.canParse(String(location), url)) throw new DownloadFailed('The server redirects to a URL that is not valid.', false);
      url = new URL(String(location), url).href;
    }
  }

  private async ask({ origin, pathname, search }: URL, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    signal.throwIfAborted();
    const given = new AbortController();
    const giveUp = () => given.abort();
    signal.addEventListener('abort', giveUp, { once: true });
    const timer = setTimeout(giveUp, this.patience.headersMs);
    try {
      return await this.agent.request({
        origin,
        path: pathname + search,
        method: 'GET',
        headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'ToneGrid-Ingestion/1.0' },
        signal: given.signal,
      });
    } catch (error) {
      signal.throwIfAborted();
      if (given.signal.aborted)
        throw new DownloadFailed(`The server did not answer within ${this.patience.headersMs / 1000} seconds.`, true);
      throw new DownloadFailed(failureSentence(error), (error as NodeJS.ErrnoException).code !== 'ADDRESS_REFUSED');
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    }
  }
}

/** Ends an answer whose body nobody wants; what that says of itself does not matter. */
function leave(body: Dispatcher.ResponseData['body']): void {
  body.on('error', () => undefined).destroy();
}

async function* received(body: Dispatcher.ResponseData['body'], mostBytes: number, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
  let size = 0;
  try {
    signal.throwIfAborted();
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.byteLength;
      if (size > mostBytes) throw tooLarge(mostBytes);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof DownloadFailed) throw error;
    signal.throwIfAborted();
    const silent = (error as NodeJS.ErrnoException).code === 'UND_ERR_BODY_TIMEOUT';
    throw new DownloadFailed(
      silent ? 'The server fell silent in the middle of the file.' : 'The connection broke off in the middle of the file.',
      true,
    );
  }
}

const tooLarge = (mostBytes: number) => new DownloadFailed(`The file is larger than ${sizeText(mostBytes)}.`, false);

const sizeText = (bytes: number): string => {
  const [unit, name] = bytes >= 1024 ** 3 ? [1024 ** 3, 'GB'] : bytes >= 1024 ** 2 ? [1024 ** 2, 'MB'] : [1, 'bytes'];
  return `${Math.floor((bytes * 10) / Number(unit)) / 10} ${name}`;
};

function statusFailure(status: number, retryAfter: string | string[] | undefined): DownloadFailed {
  const passing = status >= 500 || passingStatuses.includes(status);
  const wished = passing ? retryAfterSeconds(retryAfter) : 0;
  if (status === 404 || status === 410) return new DownloadFailed(`There is no file at the link (status ${status}).`, false);
  if (status === 401 || status === 403)
    return new DownloadFailed(`The server refuses access (status ${status}): the link is protected or has expired.`, false);
  return new DownloadFailed(`The server answered with status ${status}.`, passing, wished);
}
