import type { TableSchema } from "../schema-type.js";
import { Field } from "./field.js";

/** A field that is sent as residuals. */
export interface Predicted {
  /** Its position in `fields`. */
  readonly index: number;
  /** Where its speed stands in a row, with its note behind it; see {@link Records}. */
  readonly speed: number;
  /** 32 less its bits. */
  readonly shift: number;
  /**
   * For the arithmetic on its words: that shift, the bits less one, the lowest word, how many there are above it. V8 knows
   * numbers from a typed array to be integers and has them in registers before a loop; those of an object it looks at in each
   * turn.
   */
  readonly numbers: Int32Array;
}

/** A table's fields sorted by how bodies send them. The lists hold positions in `fields`, ascending. */
export class Layout {
  readonly name: string;
  readonly fields: readonly Field[];
  /** Words of a row: one per field, and behind them two per predicted field. */
  readonly stride: number;
  /** Sent as residuals. */
  readonly predicted: readonly Predicted[];
  /** The shift of each. */
  readonly shifts: Int32Array;
  /** All that are not: a row begins with what they were in the one before. */
  readonly kept: readonly number[];
  /** The other fields of a record. */
  readonly held: readonly number[];
  /** What an entering row brings. */
  readonly entering: readonly number[];
  /** What the owner alone is told. */
  readonly owned: readonly number[];
  /** The field that says whose row it is, or -1. */
  readonly owner: number;
  /** Some fields are drawn on curves. */
  readonly curved: boolean;

  constructor(schema: TableSchema) {
    this.name = schema.name;
    const fields = (this.fields = schema.fields.map((f) => new Field(f)));
    this.curved = fields.some((f) => f.curved);
    const those = (test: (f: Field) => boolean) => fields.flatMap((f, i) => (test(f) ? [i] : []));
    this.predicted = those((f) => f.extrapolated).map((index, j) => predicted(fields[index]!, index, fields.length + 2 * j));
    this.shifts = Int32Array.from(this.predicted, (p) => p.shift);
    this.stride = fields.length + 2 * this.predicted.length;
    this.kept = those((f) => !f.extrapolated);
    this.held = those((f) => !f.once && !f.ownerOnly && !f.extrapolated);
    this.entering = those((f) => !f.ownerOnly);
    this.owned = those((f) => f.ownerOnly);
    this.owner = fields.findIndex((f) => f.kind === "player" && f.once);
  }
}

function predicted({ bits, lo, hi }: Field, index: number, speed: number): Predicted {
  return { index, speed, shift: 32 - bits, numbers: Int32Array.of(32 - bits, bits - 1, lo, hi - lo) };
}
