import * as fault from "../errors/faults.js";
import { ProtocolError } from "../errors/protocol-error.js";
import type { FieldKind, FieldSchema } from "../schema-type.js";
import type { Reader } from "../wire/reader.js";
import type { Writer } from "../wire/writer.js";

const floatBits = new Float32Array(1);
const floatWord = new Uint32Array(floatBits.buffer);
/** The largest finite float32. */
export const maxFloat = 3.4028234663852886e38;

/** The bits of a float32. */
export function floatWordOf(n: number): number {
  floatBits[0] = n;
  return floatWord[0]! | 0;
}

/** What a field's value looks like in a row, an event, a call or an input. */
export type Value = number | boolean | string;

/** A field compiled for decoding: the arithmetic of PROTOCOL.md sections 2 and 7 on one 32-bit word. */
export class Field {
  readonly name: string;
  readonly kind: FieldKind;
  readonly lo: number;
  readonly hi: number;
  readonly base: number;
  readonly step: number;
  readonly max: number;
  readonly once: boolean;
  readonly edge: boolean;
  /** Sent to the row's owner alone. */
  readonly ownerOnly: boolean;
  /** Width of the word, 1 to 32; a `str` has none. */
  readonly bits: number;
  /** Drawn between two snapshots rather than held. */
  readonly smooth: boolean;
  /** And on a curve rather than on a line. */
  readonly curved: boolean;
  readonly wrap: boolean;
  /** Sent as the difference to its extrapolation. */
  readonly extrapolated: boolean;
  /** Words are two's complement. */
  readonly isSigned: boolean;
  readonly #mask: number;
  readonly #shift: number;

  constructor(s: FieldSchema) {
    this.name = s.name;
    this.kind = s.kind;
    this.lo = s.lo;
    this.hi = s.hi;
    this.base = s.base ?? 0;
    this.step = s.step ?? 1;
    this.max = s.max ?? 0;
    this.once = s.once ?? false;
    this.edge = s.edge ?? false;
    this.ownerOnly = s.owneronly ?? false;
    this.bits = s.bits;
    this.smooth = s.interp !== undefined;
    this.curved = s.interp === "hermite";
    this.wrap = s.wrap ?? false;
    this.extrapolated = s.interp !== undefined && s.kind !== "f32" && !this.once && !this.ownerOnly;
    this.isSigned = s.kind === "int" || (s.kind === "fixed" && s.lo < 0);
    this.#shift = 32 - s.bits;
    this.#mask = (0xffffffff >>> this.#shift) | 0;
  }

  /** Reads `n` modulo `2 ** bits` as a signed number. */
  signed(n: number): number {
    return (n << this.#shift) >> this.#shift;
  }

  /** Modulo `2 ** bits`, as the signed 32-bit number that rows hold; the words of signed fields are sign-extended. */
  reduce(n: number): number {
    return this.isSigned ? (n << this.#shift) >> this.#shift : n & this.#mask;
  }

  /** The word's number: signed or unsigned as the kind says, before `base` and `step`. */
  index(word: number): number {
    return this.isSigned ? word | 0 : word >>> 0;
  }

  /** Throws unless the word lies in the field's range, or is a finite float. */
  check(word: number): void {
    if (this.kind === "f32") {
      if ((word & 0x7f800000) === 0x7f800000) throw new ProtocolError(fault.notFinite, this.name);
      return;
    }
    const n = this.index(word);
    if (n < this.lo || n > this.hi) throw new ProtocolError(fault.outOfRange, this.name, n, this.lo, this.hi);
  }

  /** Reads a value off the wire as a word. */
  read(r: Reader): number {
    if (this.kind === "f32") return floatWordOf(r.f32());
    const n = r.int();
    if (n < this.lo || n > this.hi) throw new ProtocolError(fault.outOfRange, this.name, n, this.lo, this.hi);
    return n | 0;
  }

  /** The value a word stands for; not for kinds `text` and `str`. */
  value(word: number): number | boolean {
    return this.kind === "bool" ? word !== 0 : this.number(word);
  }

  /** The number a word stands for. */
  number(word: number): number {
    if (this.kind === "f32") {
      floatWord[0] = word;
      return floatBits[0]!;
    }
    return this.scaled(this.index(word));
  }

  /**
   * The number `part` of the way from word `a` to word `b`, the shorter way round for `wrap`. A part over 1 goes on beyond
   * `b`, but not out of the field's range.
   */
  between(a: number, b: number, part: number): number {
    return this.from(a, this.moved(a, b) * part);
  }

  /** The way from word `a` to word `b`, the shorter one round for `wrap`: in steps, of an f32 in its own unit. */
  moved(a: number, b: number): number {
    if (this.kind === "f32") {
      const from = this.number(a);
      return this.number(b) - from;
    }
    return this.wrap ? this.signed(b - a) : this.index(b) - this.index(a);
  }

  /** The number that lies a way from word `a`, not out of the field's range. */
  from(a: number, way: number): number {
    if (this.kind === "f32") return Math.min(maxFloat, Math.max(-maxFloat, this.number(a) + way));
    const n = this.index(a) + way;
    if (!this.wrap) return this.scaled(Math.min(this.hi, Math.max(this.lo, n)));
    const turn = 2 ** this.bits;
    const low = this.isSigned ? -turn / 2 : 0;
    return this.scaled(n - low - Math.floor((n - low) / turn) * turn + low);
  }

  /**
   * Writes a number or a bool of an input or a call. Numbers are rounded to the field's step and clamped to its range, NaN counts as 0:
   * the server closes the connection of a client that sends anything else.
   */
  write(w: Writer, value: unknown): void {
    if (this.kind === "f32") w.f32(this.sendable(value));
    else w.int(this.sendable(value));
  }

  /** What is sent of a value: a float32, or an index in the range. */
  sendable(value: unknown): number {
    const n = Number(value ?? 0) || 0;
    if (this.kind === "f32") return Number.isFinite(Math.fround(n)) ? Math.fround(n) : 0;
    const index = this.kind === "fixed" ? Math.floor((n - this.base) / this.step + 0.5) : Math.round(n);
    return Math.min(this.hi, Math.max(this.lo, index));
  }

  /** The number that an index stands for. */
  scaled(index: number): number {
    return this.kind === "fixed" ? Math.fround(this.base + index * this.step) : index;
  }
}
