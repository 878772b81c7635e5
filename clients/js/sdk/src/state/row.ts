import type { Entity } from "./entity.js";
import type { Field, Value } from "./field.js";
import type { StringTable } from "./strings.js";
import type { TableState } from "./table-state.js";

/** What rows are read from. */
interface RowSource {
  readonly state: TableState;
  readonly strings: StringTable;
}

/** A row as games see it, by field name. */
type Named = Record<string, Value>;

/** Reads the row `part` of the way between two rows of the state, which begin at `earlier` and `later`. */
export function drawRow(
  { state, strings }: RowSource,
  row: Named,
  { earlier, later, part }: { readonly earlier: number; readonly later: number; readonly part: number },
): void {
  const fields = state.fields;
  for (let f = 0; f < fields.length; f++) {
    const field = fields[f]!;
    const word = state.words[part < 1 ? earlier + f : later + f]!;
    if (field.curved && part > 0 && state.rows.gap1 > 0) row[field.name] = bend(state, field, f, earlier, later, part);
    else if (field.smooth && part > 0) row[field.name] = field.between(state.words[earlier + f]!, state.words[later + f]!, part);
    else if (field.kind === "text") row[field.name] = strings.get(word >>> 0);
    else row[field.name] = field.kind === "bool" ? word !== 0 : field.number(word);
  }
}

/** A field on its curve, between rows that {@link Rows.around} has found. */
function bend(state: TableState, field: Field, f: number, earlier: number, later: number, part: number): number {
  const { words, gap0, gap1, gap2, before0, before1 } = state.rows;
  const w0 = words[before0 + f]!;
  const w1 = words[before1 + f]!;
  return field.curve(w0, w1, words[earlier + f]!, words[later + f]!, gap0, gap1, gap2, part);
}

/** Reads an entity's newest row. */
export function holdRow({ state, strings }: RowSource, row: Named, entity: Entity): void {
  const fields = state.fields;
  const newest = state.newestRow(entity);
  for (let f = 0; f < fields.length; f++) {
    const field = fields[f]!;
    const word = state.words[newest + f]!;
    if (field.kind === "text") row[field.name] = strings.get(word >>> 0);
    else row[field.name] = field.kind === "bool" ? word !== 0 : field.number(word);
  }
}
