/**
 * What a parser wants next: `take` these many bytes, `skip` them unseen, or the `rest`, chunk by chunk as it comes. Once the stream has
 * ended a take is answered with fewer bytes, and the rest with none.
 */
export type Want = { take: number } | { skip: number } | { rest: true };

/** Where a parser stands in its stream: the number of bytes taken or skipped so far. */
export interface Position {
  at: number;
}

/** A parser of a stream, written as if it could read: `const head = yield { take: 8 }`. */
export type Parsing<T> = Generator<Want, T, Buffer>;

/** To skip all there is. */
export const everything = Number.MAX_SAFE_INTEGER;

const nothing = Buffer.alloc(0);

/**
 * Runs a parser over a stream that is pushed in. Only a `take` under way is held, and what is skipped is never kept, so
 * a header that claims a chunk of terabytes costs nothing.
 */
export class ByteFeed<T> {
  private readonly parsing: Parsing<T>;
  private readonly position: Position = { at: 0 };
  private want: Want | null = { skip: 0 };
  private held: Buffer[] = [];
  private missing = 0;
  private result: { value: T } | null = null;

  constructor(parser: (position: Position) => Parsing<T>) {
    this.parsing = parser(this.position);
    this.resume(nothing);
  }

  /** Gives the next bytes; the caller may use their memory again afterwards. Throws what the parser throws. */
  push(bytes: Uint8Array): void {
    let chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    while (chunk.length > 0 && this.want) {
      const piece = 'rest' in this.want ? chunk : chunk.subarray(0, this.missing);
      chunk = chunk.subarray(piece.length);
      this.position.at += piece.length;
      this.missing -= piece.length;
      if ('rest' in this.want) this.resume(piece);
      else {
        if ('take' in this.want) this.held.push(Buffer.from(piece));
        if (this.missing === 0) this.resume(Buffer.concat(this.held));
      }
    }
  }

  /** Tells the parser that the stream has ended, and gives what it returns. Throws what it throws. */
  end(): T {
    // A parser that goes on asking after the end would never stop: one answer for every wish of a header is plenty.
    for (let answers = 0; this.want && answers < 100; answers++) this.resume(Buffer.concat(this.held));
    if (!this.result) throw new Error('the parser goes on reading after the end');
    return this.result.value;
  }

  private resume(bytes: Buffer): void {
    let answer = bytes;
    do {
      this.held = [];
      const next = this.parsing.next(answer);
      answer = nothing;
      if (next.done) {
        this.result = { value: next.value };
        this.want = null;
        return;
      }
      this.want = next.value;
      this.missing = 'take' in next.value ? next.value.take : 'skip' in next.value ? next.value.skip : 1;
    } while (this.missing === 0);
  }
}
