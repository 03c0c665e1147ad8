/** A message that is not what its descriptor says: a peer of another version, or a bug. */
export class WireError extends Error {}

/** Node's own decoders of a part of a buffer, without the argument handling of `toString`. */
type Sliceable = Buffer & { latin1Slice(start: number, end: number): string; utf8Slice(start: number, end: number): string };

/** Reads protobuf wire format (encoding.md of protobuf) and gives values as JSON text. */
export class Wire {
  private readonly bytes: Sliceable;

  constructor(
    bytes: Buffer,
    public pos = 0,
    public readonly end = bytes.length,
  ) {
    this.bytes = bytes as Sliceable;
  }

  /** The next tag: field number * 8 + wire type. */
  tag(): number {
    return this.uint32();
  }

  /** End of a length-delimited value that begins here. */
  delimited(): number {
    const length = this.uint32();
    const end = this.pos + length;
    if (end > this.end) throw new WireError('a value ends after its message');
    return end;
  }

  uint32(): number {
    const { bytes } = this;
    let byte = bytes[this.pos++]!;
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let shift = 7; ; shift += 7) {
      byte = this.next();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
      if (shift > 63) throw new WireError('a number is longer than 10 bytes');
    }
  }

  int32(): number {
    return this.uint32() | 0;
  }

  sint32(): number {
    const value = this.uint32();
    return (value >>> 1) ^ -(value & 1);
  }

  bool(): boolean {
    const start = this.pos;
    const low = this.uint32();
    if (low !== 0) return true;
    for (let at = start; at < this.pos; at += 1) if ((this.bytes[at]! & 0x7f) !== 0) return true;
    return false;
  }

  /** 64-bit varint as exact decimal text. */
  int64(signed: boolean): string {
    let value = 0;
    let factor = 1;
    const start = this.pos;
    for (let byte = this.next(); ; byte = this.next()) {
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
      factor *= 128;
      if (this.pos - start > 9) throw new WireError('a number is longer than 10 bytes');
    }
    if (value <= Number.MAX_SAFE_INTEGER) return String(value);
    return this.big(start, signed).toString();
  }

  sint64(): string {
    const start = this.pos;
    this.int64(false);
    const value = this.big(start, false);
    return ((value >> 1n) ^ -(value & 1n)).toString();
  }

  private big(start: number, signed: boolean): bigint {
    let value = 0n;
    for (let at = start, shift = 0n; at < this.pos; at += 1, shift += 7n) value |= BigInt(this.bytes[at]! & 0x7f) << shift;
    return signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
  }

  fixed32(signed: boolean): string {
    const at = this.skipBytes(4);
    return String(signed ? this.bytes.readInt32LE(at) : this.bytes.readUInt32LE(at));
  }

  fixed64(signed: boolean): string {
    const at = this.skipBytes(8);
    return String(signed ? this.bytes.readBigInt64LE(at) : this.bytes.readBigUInt64LE(at));
  }

  float(): string {
    return JSON.stringify(this.bytes.readFloatLE(this.skipBytes(4)));
  }

  /** JSON has no NaN and no infinities: they are null. */
  double(): string {
    return JSON.stringify(this.bytes.readDoubleLE(this.skipBytes(8)));
  }

  base64(): string {
    const end = this.delimited();
    const text = this.bytes.toString('base64', this.pos, end);
    this.pos = end;
    return `"${text}"`;
  }

  /** A text as a JSON string. */
  quoted(): string {
    const { bytes, pos } = this;
    const end = this.delimited();
    const start = this.pos;
    this.pos = end;
    if (end - pos < 256) {
      let at = start;
      while (at < end && plain[bytes[at]!] === 1) at += 1;
      if (at === end) return `"${bytes.latin1Slice(start, end)}"`;
    }
    return JSON.stringify(bytes.utf8Slice(start, end));
  }

  /** A text as it is. */
  text(): string {
    const end = this.delimited();
    const text = this.bytes.utf8Slice(this.pos, end);
    this.pos = end;
    return text;
  }

  /** Passes over a value that nobody asked for. */
  skip(wireType: number): void {
    switch (wireType) {
      case 0:
        while (this.next() >= 0x80);
        return;
      case 1:
        this.skipBytes(8);
        return;
      case 2:
        this.pos = this.delimited();
        return;
      case 5:
        this.skipBytes(4);
        return;
      default:
        throw new WireError(`wire type ${wireType} is not in use`);
    }
  }

  private skipBytes(count: number): number {
    const at = this.pos;
    if (at + count > this.end) throw new WireError('a value ends after its message');
    this.pos = at + count;
    return at;
  }

  private next(): number {
    if (this.pos >= this.end) throw new WireError('a number ends after its message');
    return this.bytes[this.pos++]!;
  }
}

/** 1 for the bytes that stand for themselves in a JSON string. */
const plain = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c ? 1 : 0));
