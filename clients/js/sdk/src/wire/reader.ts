import * as fault from "../errors/faults.js";
import { isProtocolError, ProtocolError } from "../errors/protocol-error.js";

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads the msgpack subset of PROTOCOL.md section 1 from bytes of a server that may lie. Every count is checked against the
 * bytes that are left before anything is allocated or looped over, so the work is bounded by the message's length. Throws
 * {@link ProtocolError}.
 */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Bytes not yet read. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** Another reader of what is left, which does not move this one. */
  fork(): Reader {
    return new Reader(this.#bytes.subarray(this.#at));
  }

  /** Takes a nil if the next value is one. */
  nil(): boolean {
    if (this.peek() !== 0xc0) return false;
    this.#at++;
    return true;
  }

  bool(): boolean {
    const b = this.#u8();
    if (b !== 0xc2 && b !== 0xc3) throw this.#unexpected(b);
    return b === 0xc3;
  }

  /** An integer of any width from 0 to `max`. */
  uint(max = 0xffffffff): number {
    const n = this.int();
    if (n < 0 || n > max) throw new ProtocolError(fault.outOfRange, "integer", n, 0, max);
    return n;
  }

  /** An integer of any width that a JavaScript number holds exactly. */
  int(): number {
    const at = this.#at;
    if (at < this.#bytes.length) {
      // One byte for -32 to 127, as most are.
      const small = (this.#bytes[at]! << 24) >> 24;
      if (small >= -32) {
        this.#at = at + 1;
        return small;
      }
    }
    return this.#wideInt();
  }

  #wideInt(): number {
    const b = this.#u8();
    const n = this.#intAfter(b);
    if (n === undefined) throw this.#unexpected(b);
    return n;
  }

  /** A float32 that is finite. */
  f32(): number {
    const b = this.#u8();
    if (b !== 0xca) throw this.#unexpected(b);
    return this.#finite(this.#float(4));
  }

  /** Any finite number; the schema's `base` and `step`. */
  number(): number {
    const b = this.#u8();
    const f = b === 0xca ? this.#float(4) : b === 0xcb ? this.#float(8) : this.#intAfter(b);
    if (f === undefined) throw this.#unexpected(b);
    return this.#finite(f);
  }

  /** UTF-8 text of at most `max` bytes. */
  str(max: number): string {
    const n = this.#length(0xa0, 0xbf, 0xd9, 0xdb);
    if (n > max) throw new ProtocolError(fault.stringTooLong, n, max);
    try {
      return decoder.decode(this.#raw(n));
    } catch (error) {
      throw isProtocolError(error) ? error : new ProtocolError(fault.notUtf8);
    }
  }

  /** Raw bytes, not copied: valid as long as the message is. */
  bin(): Uint8Array {
    return this.#raw(this.#length(1, 0, 0xc4, 0xc6));
  }

  /** The length of the array that follows; never more than the bytes that are left. */
  array(): number {
    const n = this.#length(0x90, 0x9f, 0xdc, 0xdd);
    if (n > this.left) throw new ProtocolError(fault.beyondEnd, n, this.left);
    return n;
  }

  /** An array whose length must be exactly `want`. */
  arrayOf(want: number): void {
    const n = this.array();
    if (n !== want) throw new ProtocolError(fault.arrayLength, n, want);
  }

  /** The number of pairs in the map that follows. */
  map(): number {
    const n = this.#length(0x80, 0x8f, 0xde, 0xdf);
    if (2 * n > this.left) throw new ProtocolError(fault.beyondEnd, n, this.left);
    return n;
  }

  /** Leaves what is left unread. */
  toEnd(): void {
    this.#at = this.#bytes.length;
  }

  /** Checks that the message ends here. */
  end(): void {
    if (this.left !== 0) throw new ProtocolError(fault.bytesLeft, this.left);
  }

  #intAfter(b: number): number | undefined {
    if (b <= 0x7f) return b;
    if (b >= 0xe0) return b - 0x100;
    if (b < 0xcc || b > 0xd3) return undefined;
    // Unsigned ones of 1, 2, 4 and 8 bytes from 0xcc on, then signed ones.
    const size = 1 << (b & 3);
    const signed = b >= 0xd0;
    if (size < 8) {
      const n = this.#big(size);
      const shift = 32 - 8 * size;
      return signed ? (n << shift) >> shift : n;
    }
    const high = this.#big(4);
    const n = (signed ? high | 0 : high) * 2 ** 32 + this.#big(4);
    if (!Number.isSafeInteger(n)) throw new ProtocolError(fault.intTooLarge);
    return n;
  }

  /** The length of what begins with the next byte: `from` to `to` hold it, `first` to `last` stand before one of 1, 2 or 4 bytes. */
  #length(from: number, to: number, first: number, last: number): number {
    const b = this.#u8();
    if (b >= from && b <= to) return b - from;
    if (b < first || b > last) throw this.#unexpected(b);
    return this.#big(4 >> (last - b));
  }

  #float(size: 4 | 8): number {
    const at = this.#take(size);
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + at, size);
    return size === 4 ? view.getFloat32(0) : view.getFloat64(0);
  }

  #finite(f: number): number {
    if (!Number.isFinite(f)) throw new ProtocolError(fault.notFinite, "number");
    return f;
  }

  #raw(n: number): Uint8Array {
    const start = this.#take(n);
    return this.#bytes.subarray(start, start + n);
  }

  /** `size` bytes, the highest first. */
  #big(size: number): number {
    const end = this.#take(size) + size;
    let n = 0;
    for (let at = end - size; at < end; at++) n = n * 256 + this.#bytes[at]!;
    return n;
  }

  /** The first byte of the next value. */
  peek(): number {
    const b = this.#bytes[this.#at];
    if (b === undefined) throw new ProtocolError(fault.endsEarly);
    return b;
  }

  #u8(): number {
    const b = this.peek();
    this.#at++;
    return b;
  }

  #take(n: number): number {
    if (n > this.left) throw new ProtocolError(fault.endsEarly);
    const start = this.#at;
    this.#at += n;
    return start;
  }

  #unexpected(type: number): ProtocolError {
    return new ProtocolError(fault.unexpectedType, type, this.#at - 1);
  }
}
