import * as fault from "../errors/faults.js";
import { ProtocolError } from "../errors/protocol-error.js";

/** A Rice code's longest unary part; one more 1 announces the residual at its full width. */
export const riceLimit = 11;
/** Bytes that may be read beyond the end before {@link BitReader.check} notices it: a row of the most and widest fields. */
const padding = 2048;

/**
 * Reads bits, most significant first, as bodies of PROTOCOL.md sections 7 and 8 hold them. One reader serves all messages of a
 * world. Reading past the end gives bits without meaning; {@link BitReader.check} notices it, and must be called between two
 * entities, and before anything is done that what was read could make long.
 */
export class BitReader {
  /** The message, and behind it what earlier ones have left: a read of 32 bits is always inside. */
  #bytes = new Uint8Array(2 * padding);
  view = new DataView(this.#bytes.buffer);
  /** How many bits the message has. */
  length = 0;
  /** Where the next bit stands. A loop that reads from {@link BitReader.view} by itself moves it on afterwards. */
  at = 0;

  /** Begins with new bytes, which are copied. */
  reset(bytes: Uint8Array): this {
    if (this.#bytes.length < bytes.length + padding) {
      this.#bytes = new Uint8Array(2 * bytes.length + padding);
      this.view = new DataView(this.#bytes.buffer);
    }
    this.#bytes.set(bytes);
    this.length = 8 * bytes.length;
    this.at = 0;
    return this;
  }

  bit(): boolean {
    const at = this.at++;
    return ((this.#bytes[at >> 3]! >> (7 - (at & 7))) & 1) === 1;
  }

  /** The next `n` bits, 0 to 32, as an unsigned number. */
  take(n: number): number {
    if (n > 24) {
      const high = this.take(n - 16);
      return ((high << 16) | this.take(16)) >>> 0;
    }
    const word = this.#window();
    this.at += n;
    // In two steps, because a shift by 32 would be one by 0.
    return (word >>> 1) >>> (31 - n);
  }

  /** An Elias gamma code of a number that is at most `most`. */
  count(most: number): number {
    this.check();
    const zeros = Math.clz32(this.#window());
    // No count is over 65536, whose code has 16 zeros; fewer than 25 bits of the window mean something.
    if (zeros > 16) throw new ProtocolError(fault.countTooLarge);
    this.at += zeros;
    const n = this.take(zeros + 1) - 1;
    if (n > most) throw new ProtocolError(fault.countOver, n, most);
    return n;
  }

  /** A Rice code with parameter `k` of a residual that is a signed number of `width` bits. */
  rice(k: number, width: number): number {
    const ones = Math.clz32(~this.#window());
    if (ones > riceLimit) {
      this.at += riceLimit + 1;
      const shift = 32 - width;
      const residual = (this.take(width) << shift) >> shift;
      if ((((residual << 1) ^ (residual >> 31)) >>> 0) / 2 ** k < riceLimit + 1) throw this.otherCode(width);
      return residual;
    }
    this.at += ones + 1;
    const low = this.take(k);
    const z = ones * 2 ** k + low;
    if (z >= 2 ** width) throw this.otherCode(width);
    return Math.floor(z / 2) ^ -(z % 2);
  }

  /** Throws when more was read than is there. */
  check(): void {
    if (this.at > this.length) throw this.endsEarly();
  }

  otherCode(width: number): ProtocolError {
    return new ProtocolError(fault.otherCode, `${width} bits`);
  }

  endsEarly(): ProtocolError {
    return new ProtocolError(fault.bitsEndEarly);
  }

  /** Checks that all bytes were used and that the last one is filled up with zeros. */
  end(): void {
    this.check();
    const rest = this.length - this.at;
    if (rest > 7) throw new ProtocolError(fault.bitsLeft);
    if (this.take(rest) !== 0) throw new ProtocolError(fault.unusedBit);
  }

  /** 32 bits from the next one on, of which the last 7 may be missing. */
  #window(): number {
    return this.view.getInt32(this.at >> 3) << (this.at & 7);
  }
}

/** The bit at a position of a message's bits. */
export function bitAt(view: DataView, at: number): boolean {
  return ((view.getUint8(at >> 3) << (at & 7)) & 0x80) !== 0;
}
