import {
  failureSentence,
  guardedConnector,
  plainText,
  retryAfterSeconds,
  urlProblem,
  type AddressRules,
  type ResolveName,
} from '@tonegrid/outbound';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { statusSentence } from './failures';

/** How an attempt ended. */
export interface Outcome {
  /** Answered 2xx in time. */
  succeeded: boolean;
  /** Status of the answer; undefined when there was none. */
  code?: number;
  /** The first 2,000 characters of the answer. */
  body?: string;
  /** Why it failed. */
  error?: string;
  durationMs: number;
  /** Retry-After of an answer 429 or 503; seconds. */
  wishedSeconds?: number;
}

const keptCharacters = 2_000;
/** Bytes of an answer that are read, so that the connection can be used again; a longer one is cut off. */
const readBytes = 64 * 1024;
/** Milliseconds that an idle connection is kept, if the subscriber names no time (then at most `longestIdleMs`). */
const idleMs = 4_000;
const longestIdleMs = 30_000;

/** Posts to subscribers: no redirects, guarded addresses, one time limit over everything. */
export class Poster {
  private readonly agent: Agent;

  /** @param timeoutMs from the look-up of the name to the status of the answer; milliseconds */
  constructor(
    private readonly rules: AddressRules,
    private readonly timeoutMs: number,
    resolve?: ResolveName,
    connect: buildConnector.connector = guardedConnector(rules, timeoutMs, resolve),
  ) {
    this.agent = new Agent({
      connect,
      // One clock of our own over everything, see `post`.
      headersTimeout: 0,
      bodyTimeout: 0,
      pipelining: 1,
      maxHeaderSize: 32 * 1024,
      keepAliveTimeout: idleMs,
      keepAliveMaxTimeout: longestIdleMs,
    });
  }

  /** One attempt; whatever happens to it is its outcome, nothing is thrown. */
  async post(url: string, headers: Record<string, string>, body: Buffer): Promise<Outcome> {
    const began = performance.now();
    const took = () => Math.round(performance.now() - began);
    const problem = urlProblem(url, this.rules);
    if (problem !== undefined) return { succeeded: false, error: `The URL ${problem}.`, durationMs: took() };
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), this.timeoutMs);
    try {
      const { origin, pathname, search } = new URL(url);
      const answer = await this.agent.request({ origin, path: pathname + search, method: 'POST', headers, body, signal: late.signal });
      const code = answer.statusCode;
      const text = await beginning(answer.body);
      const succeeded = code >= 200 && code < 300;
      return {
        succeeded,
        code,
        body: text,
        ...(!succeeded && { error: statusSentence(code) }),
        ...((code === 429 || code === 503) && { wishedSeconds: retryAfterSeconds(answer.headers['retry-after']) }),
        durationMs: took(),
      };
    } catch (error) {
      const reason = late.signal.aborted ? `No answer within ${this.timeoutMs / 1000} seconds.` : failureSentence(error);
      return { succeeded: false, error: reason, durationMs: took() };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends idle connections and waits for the others. */
  close(): Promise<void> {
    return this.agent.close();
  }
}

/**
 * The beginning of an answer's body. The status has decided already: a body that stops or breaks off does not make a failure of it,
 * what came until then is kept.
 */
async function beginning(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (size < keptCharacters * 4) chunks.push(chunk);
      size += chunk.length;
      if (size > readBytes) break;
    }
  } catch {
    // it broke off, or the time was over
  }
  return plainText(Buffer.concat(chunks).toString(), keptCharacters);
}
