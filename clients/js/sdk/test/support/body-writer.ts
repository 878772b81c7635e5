import type { FieldSchema } from "../../src/schema-type.js";

/** A row and the tick in which it is sent. Words as in rows: signed fields are negative numbers. */
export interface SentRow {
  readonly tick: number;
  readonly words: readonly number[];
}

/** Ticks between rows that a line may be drawn through. */
const reach = 8;

export const isPredicted = (f: FieldSchema) => f.interp !== undefined && f.kind !== "f32" && !f.once && !f.owneronly;

/**
 * What PROTOCOL.md section 7 says about one field of an entity whose rows were sent at t1 > t2 > t3, in the text's words and with
 * whole numbers of any size: slow, and nothing like the decoder.
 */
class Line {
  readonly drawn: boolean;
  readonly curved: boolean;
  readonly #bits: number;
  readonly #words: readonly bigint[];
  readonly #ticks: readonly number[];

  constructor(f: FieldSchema, index: number, sent: readonly SentRow[], tick: number) {
    this.#bits = f.bits;
    this.#words = sent.map((row) => BigInt(row.words[index]!));
    this.#ticks = [tick, ...sent.map((row) => row.tick)];
    const near = (n: number) => sent.length >= n && this.#ticks[n - 1]! - this.#ticks[n]! <= reach;
    this.drawn = near(1) && near(2);
    this.curved = this.drawn && near(3);
  }

  signed(n: bigint): bigint {
    return BigInt.asIntN(this.#bits, n);
  }

  /** The field at the tick of row `back`, counted from the message on, from the two rows before it. */
  at(back: number): bigint {
    const [s1, s2] = [this.#words[back]!, this.#words[back + 1]];
    if (s2 === undefined || !(back === 0 ? this.drawn : this.curved)) return s1;
    const [t, t1, t2] = [this.#ticks[back]!, this.#ticks[back + 1]!, this.#ticks[back + 2]!].map(BigInt) as [bigint, bigint, bigint];
    const way = this.signed(s1 - s2) * (t - t1);
    const floored = way >= 0n ? way / (t1 - t2) : -((-way + (t1 - t2) - 1n) / (t1 - t2));
    return s1 + floored;
  }

  /** The residual of a word in this message. */
  residual(word: number): bigint {
    return this.signed(BigInt(word) - this.at(0));
  }

  /** The residual that s1 had; only when the line is curved. */
  get missed(): bigint {
    return this.signed(this.#words[0]! - this.at(1));
  }

  /** The parameter of the Rice code. */
  get k(): number {
    if (!this.drawn) return Math.min(6, Math.floor(this.#bits / 2));
    const speed = size(this.signed(this.#words[0]! - this.#words[1]!));
    const wrong = this.curved ? size(this.missed) : speed / 4n;
    const n = wrong + speed / 16n;
    return Math.min(this.#bits - 1, n === 0n ? 0 : n.toString(2).length);
  }
}

const size = (n: bigint) => (n < 0n ? -n : n);

/** Writes bits, most significant first, as codec `packed` has them (PROTOCOL.md section 8). */
export class BitWriter {
  #text = "";

  put(n: number | bigint, width: number): void {
    if (width > 0) this.#text += BigInt.asUintN(width, BigInt(n)).toString(2).padStart(width, "0");
  }

  count(n: number): void {
    const digits = (n + 1).toString(2);
    this.#text += "0".repeat(digits.length - 1) + digits;
  }

  rice(residual: bigint, k: number, width: number): void {
    const z = residual >= 0n ? 2n * residual : -2n * residual - 1n;
    const q = z >> BigInt(k);
    this.#text += "1".repeat(q > 11n ? 12 : Number(q));
    if (q > 11n) this.put(residual, width);
    else {
      this.put(0, 1);
      this.put(z, k);
    }
  }

  /** An entity that enters `gap` slots behind the one before, with generation 1. */
  enter(gap: number, fields: readonly FieldSchema[], words: readonly number[]): void {
    this.count(gap);
    this.put(1, 10);
    fields.forEach((f, i) => {
      if (!f.owneronly) this.put(words[i]!, f.bits);
    });
  }

  /** One entity's record: the fields of a table without owneronly ones, the rows sent so far, newest first, and the new one. */
  record(fields: readonly FieldSchema[], sent: readonly SentRow[], now: SentRow): void {
    const predicted = fields.flatMap((f, i) => (isPredicted(f) ? [{ f, i, line: new Line(f, i, sent, now.tick) }] : []));
    if (predicted.length > 0 && predicted.every(({ line }) => line.curved && line.missed === 0n)) {
      const calm = predicted.every(({ i, line }) => line.residual(now.words[i]!) === 0n) && !this.#changed(fields, sent, now);
      this.put(calm ? 1 : 0, 1);
      if (calm) return;
    }
    for (const { f, i, line } of predicted) this.rice(line.residual(now.words[i]!), line.k, f.bits);
    const held = fields.flatMap((f, i) => (f.once || isPredicted(f) ? [] : [i]));
    if (held.length === 0) return;
    this.put(this.#changed(fields, sent, now) ? 1 : 0, 1);
    if (!this.#changed(fields, sent, now)) return;
    for (const i of held) {
      const changed = now.words[i] !== sent[0]!.words[i];
      this.put(changed ? 1 : 0, 1);
      if (changed) this.put(now.words[i]!, fields[i]!.bits);
    }
  }

  #changed(fields: readonly FieldSchema[], sent: readonly SentRow[], now: SentRow): boolean {
    return fields.some((f, i) => !f.once && !isPredicted(f) && now.words[i] !== sent[0]!.words[i]);
  }

  /** All bits, the last byte filled up with zeros. */
  done(): Uint8Array {
    const bytes = this.#text.match(/.{1,8}/g) ?? [];
    return Uint8Array.from(bytes, (b) => Number.parseInt(b.padEnd(8, "0"), 2));
  }
}

/** Writes records of codec `plain`: the bits of its columns, and the values. */
export class PlainWriter {
  readonly #bits = new BitWriter();
  readonly values: number[] = [];

  put(n: number, width: number): void {
    this.#bits.put(n, width);
  }

  record(fields: readonly FieldSchema[], sent: readonly SentRow[], now: SentRow): void {
    const residuals = fields.map((f, i) =>
      isPredicted(f) ? Number(new Line(f, i, sent, now.tick).residual(now.words[i]!)) : undefined,
    );
    const changed = fields.map((f, i) => !f.once && (residuals[i] ?? now.words[i]! - sent[0]!.words[i]!) !== 0);
    const any = changed.includes(true);
    this.#bits.put(any ? 1 : 0, 1);
    if (!any) return;
    fields.forEach((f, i) => {
      if (f.once) return;
      this.#bits.put(changed[i] ? 1 : 0, 1);
      if (changed[i]) this.values.push(residuals[i] ?? now.words[i]!);
    });
  }

  get bits(): Uint8Array {
    return this.#bits.done();
  }
}
