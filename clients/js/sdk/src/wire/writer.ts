import { floatWordOf } from "../state/field.js";

const encoder = new TextEncoder();

/** Writes msgpack, every integer in its shortest form. One writer is reused for all messages of a connection. */
export class Writer {
  #bytes = new Uint8Array(256);
  #at = 0;

  /** Starts a new message; what {@link Writer.done} returned before is overwritten. */
  reset(): this {
    this.#at = 0;
    return this;
  }

  /** The message so far, not copied: valid until the next reset. */
  done(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#at);
  }

  nil(): this {
    return this.#big(0xc0);
  }

  /** An integer that a number holds exactly. */
  int(n: number): this {
    if (n >= -0x20 && n <= 0x7f) return this.#big(n);
    // A negative one of so many bits needs as many as one that is twice as far from zero.
    const width = widthOf(n < 0 ? -2 * (n + 1) : n);
    return this.#big((n < 0 ? 0xd0 : 0xcc) + width).#big(n, 1 << width);
  }

  f32(f: number): this {
    return this.#big(0xca).#big(floatWordOf(f), 4);
  }

  array(n: number): this {
    return n <= 15 ? this.#big(0x90 | n) : this.#length(n, Math.max(1, widthOf(n)), 0xdb);
  }

  str(s: string): this {
    return this.text(encoder.encode(s));
  }

  /** A string given as its UTF-8 bytes. */
  text(utf8: Uint8Array): this {
    const n = utf8.length;
    return (n <= 31 ? this.#big(0xa0 | n) : this.#length(n, widthOf(n), 0xd9)).#raw(utf8);
  }

  bin(b: Uint8Array): this {
    return this.#length(b.length, widthOf(b.length), 0xc4).#raw(b);
  }

  /** The type `first` and what follows it by width, and a length of that width. */
  #length(n: number, width: number, first: number): this {
    return this.#big(first + width).#big(n, 1 << width);
  }

  /** The lowest `size` bytes of a number in two's complement, the highest first. */
  #big(n: number, size = 1): this {
    const start = this.#room(size);
    for (let i = 0; i < size; i++) this.#bytes[start + i] = Math.floor(n / 256 ** (size - 1 - i)) & 0xff;
    return this;
  }

  #raw(b: Uint8Array): this {
    const start = this.#room(b.length);
    this.#bytes.set(b, start);
    return this;
  }

  #room(n: number): number {
    const start = this.#at;
    this.#at += n;
    if (this.#at > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#at, 2 * this.#bytes.length));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    return start;
  }
}

/** 0 to 3: a whole number needs 1, 2, 4 or 8 bytes. */
function widthOf(n: number): number {
  return n < 2 ** 8 ? 0 : n < 2 ** 16 ? 1 : n < 2 ** 32 ? 2 : 3;
}
