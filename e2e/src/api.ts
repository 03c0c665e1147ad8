/** An HTTP answer, read to its end. */
export interface Answer {
  status: number;
  headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into JSON of every shape
  body: any;
  text: string;
}

/** What a request has beside method, path and body. */
export interface RequestOptions {
  idempotencyKey?: string;
  headers?: Record<string, string>;
  /** Tries again on a lost connection, 5xx and 409 `idempotency.in_progress`, as an integrator would; needs an idempotency key for changes. */
  persistent?: boolean;
}

const patienceMs = 60_000;

/** The REST API as an integrator sees it. */
export class Api {
  constructor(
    readonly url: string,
    private readonly key: string | undefined,
  ) {}

  get(path: string, options?: RequestOptions): Promise<Answer> {
    return this.send('GET', path, undefined, options);
  }

  post(path: string, body?: unknown, options?: RequestOptions): Promise<Answer> {
    return this.send('POST', path, body, options);
  }

  put(path: string, body?: unknown, options?: RequestOptions): Promise<Answer> {
    return this.send('PUT', path, body, options);
  }

  patch(path: string, body?: unknown, options?: RequestOptions): Promise<Answer> {
    return this.send('PATCH', path, body, options);
  }

  delete(path: string, options?: RequestOptions): Promise<Answer> {
    return this.send('DELETE', path, undefined, options);
  }

  upload(path: string, field: string, fileName: string, bytes: Uint8Array, options?: RequestOptions): Promise<Answer> {
    const form = () => {
      const data = new FormData();
      data.set(field, new Blob([bytes as Uint8Array<ArrayBuffer>]), fileName);
      return data;
    };
    return this.patiently(() => this.once('POST', path, form(), options), options);
  }

  private send(method: string, path: string, body: unknown, options?: RequestOptions): Promise<Answer> {
    return this.patiently(() => this.once(method, path, body, options), options);
  }

  private async patiently(attempt: () => Promise<Answer>, options?: RequestOptions): Promise<Answer> {
    const end = Date.now() + patienceMs;
    for (;;) {
      try {
        const answer = await attempt();
        const passing = answer.status >= 500 || answer.body?.code === 'idempotency.in_progress';
        if (!options?.persistent || !passing || Date.now() > end) return answer;
      } catch (error) {
        if (!options?.persistent || Date.now() > end) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  private async once(method: string, path: string, body: unknown, options: RequestOptions = {}): Promise<Answer> {
    const isForm = body instanceof FormData;
    const response = await fetch(`${this.url}${path}`, {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(30_000),
      headers: {
        ...(this.key !== undefined && { authorization: `Bearer ${this.key}` }),
        ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
        ...(options.idempotencyKey !== undefined && { 'idempotency-key': options.idempotencyKey }),
        ...options.headers,
      },
      body: body === undefined ? undefined : isForm ? body : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, headers: response.headers, text, body: isJson && text !== '' ? JSON.parse(text) : undefined };
  }
}
