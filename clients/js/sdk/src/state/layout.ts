import type { TableSchema } from "../schema-type.js";
import { Field } from "./field.js";

/** A table's fields sorted by how bodies send them. The lists hold positions in `fields`, ascending. */
export class Layout {
  readonly name: string;
  readonly fields: readonly Field[];
  /** Sent as residuals. */
  readonly predicted: readonly number[];
  /** Of the predicted fields, in their order: the width, 32 less it, 1 for signed ones, the lower bound, and hi - lo. */
  readonly width: Int32Array;
  readonly shift: Int32Array;
  readonly signed: Int32Array;
  readonly lo: Int32Array;
  readonly span: Uint32Array;
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
    this.predicted = those((f) => f.extrapolated);
    this.shared = those((f) => !f.once && !f.ownerOnly);
    this.held = this.shared.filter((i) => !fields[i]!.extrapolated);
    this.entering = those((f) => !f.ownerOnly);
    this.owned = those((f) => f.ownerOnly);
    const predicted = this.predicted.map((i) => fields[i]!);
    this.width = Int32Array.from(predicted, (f) => f.bits);
    this.shift = Int32Array.from(predicted, (f) => 32 - f.bits);
    this.signed = Int32Array.from(predicted, (f) => (f.isSigned ? 1 : 0));
    this.lo = Int32Array.from(predicted, (f) => f.lo);
    this.span = Uint32Array.from(predicted, (f) => f.hi - f.lo);
    this.owner = fields.findIndex((f) => f.kind === "player" && f.once);
  }
}
