const encoder = new TextEncoder();

/** Writes msgpack, every integer in its shortest form. One writer is reused for all messages of a connection. */
export class Writer {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
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
    return this.#u8(0xc0);
  }

  /** An integer that a number holds exactly. */
  int(n: number): this {
    if (n >= 0) {
      if (n <= 0x7f) return this.#u8(n);
      if (n <= 0xff) return this.#u8(0xcc).#u8(n);
      if (n <= 0xffff) return this.#u8(0xcd).#u16(n);
      if (n <= 0xffffffff) return this.#u8(0xce).#u32(n);
      this.#u8(0xcf);
      const start = this.#room(8);
      this.#view.setBigUint64(start, BigInt(n));
      return this;
    }
    if (n >= -0x20) return this.#u8(n & 0xff);
    if (n >= -0x80) return this.#u8(0xd0).#u8(n & 0xff);
    if (n >= -0x8000) return this.#u8(0xd1).#u16(n & 0xffff);
    if (n >= -0x80000000) return this.#u8(0xd2).#u32(n >>> 0);
    this.#u8(0xd3);
    const start = this.#room(8);
    this.#view.setBigInt64(start, BigInt(n));
    return this;
  }

  f32(f: number): this {
    this.#u8(0xca);
    const start = this.#room(4);
    this.#view.setFloat32(start, f);
    return this;
  }

  array(n: number): this {
    if (n <= 15) return this.#u8(0x90 | n);
    if (n <= 0xffff) return this.#u8(0xdc).#u16(n);
    return this.#u8(0xdd).#u32(n);
  }

  str(s: string): this {
    return this.text(encoder.encode(s));
  }

  /** A string given as its UTF-8 bytes. */
  text(utf8: Uint8Array): this {
    const n = utf8.length;
    if (n <= 31) this.#u8(0xa0 | n);
    else if (n <= 0xff) this.#u8(0xd9).#u8(n);
    else if (n <= 0xffff) this.#u8(0xda).#u16(n);
    else this.#u8(0xdb).#u32(n);
    return this.#raw(utf8);
  }

  bin(b: Uint8Array): this {
    const n = b.length;
    if (n <= 0xff) this.#u8(0xc4).#u8(n);
    else if (n <= 0xffff) this.#u8(0xc5).#u16(n);
    else this.#u8(0xc6).#u32(n);
    return this.#raw(b);
  }

  #raw(b: Uint8Array): this {
    const start = this.#room(b.length);
    this.#bytes.set(b, start);
    return this;
  }

  #u8(n: number): this {
    const start = this.#room(1);
    this.#bytes[start] = n;
    return this;
  }

  #u16(n: number): this {
    const start = this.#room(2);
    this.#view.setUint16(start, n);
    return this;
  }

  #u32(n: number): this {
    const start = this.#room(4);
    this.#view.setUint32(start, n);
    return this;
  }

  #room(n: number): number {
    const start = this.#at;
    this.#at += n;
    if (this.#at > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#at, 2 * this.#bytes.length));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return start;
  }
}
