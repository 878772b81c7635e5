import { ProtocolError } from "../errors/protocol-error.js";

const decoder = new TextDecoder("utf-8", { fatal: true });
const maxDepth = 16;
const scratch = new DataView(new ArrayBuffer(8));

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
    if (b !== 0xc2 && b !== 0xc3) throw this.#unexpected("a bool", b);
    return b === 0xc3;
  }

  /** An integer of any width from 0 to `max`. */
  uint(max = 0xffffffff): number {
    const n = this.int();
    if (n < 0 || n > max) throw new ProtocolError(`integer ${n} is not in 0..${max}`);
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
    if (n === undefined) throw this.#unexpected("an integer", b);
    return n;
  }

  /** A float32 that is finite. */
  f32(): number {
    const b = this.#u8();
    if (b !== 0xca) throw this.#unexpected("a float32", b);
    const f = this.#float32();
    if (!Number.isFinite(f)) throw new ProtocolError("float is not finite");
    return f;
  }

  /** Any finite number; the schema's `base` and `step`. */
  number(): number {
    const b = this.#u8();
    let f = this.#intAfter(b);
    if (b === 0xca) f = this.#float32();
    if (b === 0xcb) f = this.#float64();
    if (f === undefined) throw this.#unexpected("a number", b);
    if (!Number.isFinite(f)) throw new ProtocolError("number is not finite");
    return f;
  }

  /** UTF-8 text of at most `max` bytes. */
  str(max: number): string {
    const b = this.#u8();
    let n: number;
    if (b >= 0xa0 && b <= 0xbf) n = b & 0x1f;
    else if (b === 0xd9) n = this.#u8();
    else if (b === 0xda) n = this.#big(2);
    else if (b === 0xdb) n = this.#big(4);
    else throw this.#unexpected("a string", b);
    if (n > max) throw new ProtocolError(`string of ${n} bytes; at most ${max} are allowed`);
    const start = this.#take(n);
    try {
      return decoder.decode(this.#bytes.subarray(start, start + n));
    } catch {
      throw new ProtocolError("string is not UTF-8");
    }
  }

  /** Raw bytes, not copied: valid as long as the message is. */
  bin(): Uint8Array {
    const b = this.#u8();
    let n: number;
    if (b === 0xc4) n = this.#u8();
    else if (b === 0xc5) n = this.#big(2);
    else if (b === 0xc6) n = this.#big(4);
    else throw this.#unexpected("bytes", b);
    const start = this.#take(n);
    return this.#bytes.subarray(start, start + n);
  }

  /** The length of the array that follows; never more than the bytes that are left. */
  array(): number {
    const b = this.#u8();
    let n: number;
    if (b >= 0x90 && b <= 0x9f) n = b & 0x0f;
    else if (b === 0xdc) n = this.#big(2);
    else if (b === 0xdd) n = this.#big(4);
    else throw this.#unexpected("an array", b);
    if (n > this.left) throw new ProtocolError(`array of ${n} elements in ${this.left} bytes`);
    return n;
  }

  /** An array whose length must be exactly `want`. */
  arrayOf(want: number): void {
    const n = this.array();
    if (n !== want) throw new ProtocolError(`array of ${n} elements; ${want} are expected`);
  }

  /** The number of pairs in the map that follows. */
  map(): number {
    const b = this.#u8();
    let n: number;
    if (b >= 0x80 && b <= 0x8f) n = b & 0x0f;
    else if (b === 0xde) n = this.#big(2);
    else if (b === 0xdf) n = this.#big(4);
    else throw this.#unexpected("a map", b);
    if (2 * n > this.left) throw new ProtocolError(`map of ${n} pairs in ${this.left} bytes`);
    return n;
  }

  /** Skips one value of any type: the value of a map key this client does not know. */
  skip(depth = 0): void {
    if (depth > maxDepth) throw new ProtocolError("nested too deeply");
    const b = this.peek();
    if (b === 0xc0 || b === 0xc2 || b === 0xc3) this.#at++;
    else if ((b >= 0xa0 && b <= 0xbf) || (b >= 0xd9 && b <= 0xdb)) this.str(this.#bytes.length);
    else if (b >= 0xc4 && b <= 0xc6) this.bin();
    else if ((b >= 0x90 && b <= 0x9f) || b === 0xdc || b === 0xdd) {
      for (let n = this.array(); n > 0; n--) this.skip(depth + 1);
    } else if ((b >= 0x80 && b <= 0x8f) || b === 0xde || b === 0xdf) {
      for (let n = 2 * this.map(); n > 0; n--) this.skip(depth + 1);
    } else this.number();
  }

  /** Checks that the message ends here. */
  end(): void {
    if (this.left !== 0) throw new ProtocolError(`${this.left} bytes left over`);
  }

  #intAfter(b: number): number | undefined {
    if (b <= 0x7f) return b;
    if (b >= 0xe0) return b - 0x100;
    switch (b) {
      case 0xcc:
        return this.#u8();
      case 0xcd:
        return this.#big(2);
      case 0xce:
        return this.#big(4);
      case 0xcf:
        return this.#safe(this.#big(4) * 2 ** 32 + this.#big(4));
      case 0xd0:
        return (this.#u8() << 24) >> 24;
      case 0xd1:
        return (this.#big(2) << 16) >> 16;
      case 0xd2:
        return this.#big(4) | 0;
      case 0xd3:
        return this.#safe((this.#big(4) | 0) * 2 ** 32 + this.#big(4));
      default:
        return undefined;
    }
  }

  #safe(n: number): number {
    if (!Number.isSafeInteger(n)) throw new ProtocolError("integer is too large");
    return n;
  }

  #float32(): number {
    scratch.setUint32(0, this.#big(4));
    return scratch.getFloat32(0);
  }

  #float64(): number {
    scratch.setUint32(0, this.#big(4));
    scratch.setUint32(4, this.#big(4));
    return scratch.getFloat64(0);
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
    if (b === undefined) throw new ProtocolError("message ends early");
    return b;
  }

  #u8(): number {
    const b = this.peek();
    this.#at++;
    return b;
  }

  #take(n: number): number {
    if (n > this.left) throw new ProtocolError("message ends early");
    const start = this.#at;
    this.#at += n;
    return start;
  }

  #unexpected(want: string, got: number): ProtocolError {
    return new ProtocolError(`${want} is expected, found byte 0x${got.toString(16)} at ${this.#at - 1}`);
  }
}
