import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a request is answered. */
export type Answering = (response: ServerResponse) => unknown;

/** The storage of a release's owner, played: files by path, whatever the query. */
export interface FileServer {
  /** `http://127.0.0.1:12345`. */
  url: string;
  files: Map<string, Answering>;
  /** Paths that were asked for, without their queries. */
  asked: string[];
  close(): Promise<void>;
}

export async function startFileServer(): Promise<FileServer> {
  const files = new Map<string, Answering>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://files.example');
    asked.push(pathname);
    const answer = files.get(pathname);
    if (answer) answer(response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files,
    asked,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** A whole file. */
export const whole =
  (content: Buffer): Answering =>
  (response) =>
    response.end(content);

/** The first half of a file, and then nothing: `begun` is called for each request, `ended` when its connection is gone. */
export const half =
  (content: Buffer, begun: () => void = () => undefined, ended: () => void = () => undefined): Answering =>
  (response) => {
    response.on('close', ended);
    response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, content.length / 2), begun);
  };

/** More and more. */
export const endless: Answering = (response) => {
  const more = () => {
    while (!response.destroyed && response.write(Buffer.alloc(256 * 1024)));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
};

/** Each request is answered by the next; the last stays. */
export const inTurn = (...answers: Answering[]): Answering => {
  let turn = 0;
  return (response) => answers[Math.min(turn++, answers.length - 1)]!(response);
};

export const status =
  (code: number, headers: Record<string, string> = {}): Answering =>
  (response) =>
    response.writeHead(code, headers).end();
