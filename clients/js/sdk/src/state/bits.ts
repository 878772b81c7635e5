import { ProtocolError } from "../errors/protocol-error.js";

/** Reads bits, most significant first. Empty bytes read as zeros without end, as a body's `bits` does. */
export class BitReader {
  #at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  next(): boolean {
    if (this.#bytes.length === 0) return false;
    const byte = this.#bytes[this.#at >> 3];
    if (byte === undefined) throw new ProtocolError("body: bits end early");
    const bit = (byte >> (7 - (this.#at & 7))) & 1;
    this.#at++;
    return bit === 1;
  }

  /** Checks that all bytes were used and that the last one is filled up with zeros. */
  end(): void {
    if ((this.#at + 7) >> 3 !== this.#bytes.length) throw new ProtocolError("body: bits left over");
    while (this.#at & 7) if (this.next()) throw new ProtocolError("body: an unused bit is set");
  }
}
