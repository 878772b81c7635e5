import type { TableSchema } from "../schema-type.js";
import { Field } from "./field.js";

/**
 * A field that is sent as residuals, with what the decoder's inner loop needs of it. Numbers are signed, because V8 holds no
 * others of 32 bits in an object as they are.
 */
export interface Predicted {
  /** Its position in `fields`. */
  readonly index: number;
  readonly field: Field;
  /** 32 less the field's bits. */
  readonly shift: number;
  readonly lo: number;
  /** `hi - lo`. */
  readonly span: number;
}

/** A table's fields sorted by how bodies send them. The lists hold positions in `fields`, ascending. */
export class Layout {
  readonly name: string;
  readonly fields: readonly Field[];
  /** Words of a row: one per field, and one per predicted field for the size of its residual. */
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
    this.predicted = those((f) => f.extrapolated).map((index) => predicted(index, fields[index]!));
    this.stride = fields.length + this.predicted.length;
    this.kept = those((f) => !f.extrapolated);
    this.shared = those((f) => !f.once && !f.ownerOnly);
    this.held = this.shared.filter((i) => !fields[i]!.extrapolated);
    this.entering = those((f) => !f.ownerOnly);
    this.owned = those((f) => f.ownerOnly);
    this.owner = fields.findIndex((f) => f.kind === "player" && f.once);
  }
}

function predicted(index: number, field: Field): Predicted {
  return { index, field, shift: 32 - field.bits, lo: field.lo | 0, span: (field.hi - field.lo) | 0 };
}
