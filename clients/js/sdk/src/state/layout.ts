import type { TableSchema } from "../schema-type.js";
import { Field } from "./field.js";

/** A field that is sent as residuals, with what the arithmetic on its words needs. */
export interface Predicted {
  /** Its position in `fields`. */
  readonly index: number;
  /** 32 less the field's bits. */
  readonly shift: number;
  readonly lo: number;
  /** `hi - lo`. */
  readonly span: number;
  /** Where its speed stands in a row, with its note behind it; see {@link Records}. */
  readonly speed: number;
}

/** A table's fields sorted by how bodies send them. The lists hold positions in `fields`, ascending. */
export class Layout {
  readonly name: string;
  readonly fields: readonly Field[];
  /** Words of a row: one per field, and behind them two per predicted field. */
  readonly stride: number;
  /** Sent as residuals. */
  readonly predicted: readonly Predicted[];
  /** All that are not: a row begins with what they were in the one before. */
  readonly kept: readonly number[];
  /** The other fields of a record. */
  readonly held: readonly number[];
  /** Both, in field order. */
  readonly shared: readonly number[];
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
    this.stride = fields.length + 2 * this.predicted.length;
    this.kept = those((f) => !f.extrapolated);
    this.shared = those((f) => !f.once && !f.ownerOnly);
    this.held = this.shared.filter((i) => !fields[i]!.extrapolated);
    this.entering = those((f) => !f.ownerOnly);
    this.owned = those((f) => f.ownerOnly);
    this.owner = fields.findIndex((f) => f.kind === "player" && f.once);
  }
}

function predicted({ bits, lo, hi }: Field, index: number, speed: number): Predicted {
  return { index, shift: 32 - bits, lo: lo | 0, span: (hi - lo) >>> 0, speed };
}
