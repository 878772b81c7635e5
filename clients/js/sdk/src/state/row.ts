import type { Curves } from "./curves.js";
import type { Entity } from "./entity.js";
import type { Value } from "./field.js";
import type { Around } from "./rows.js";
import type { StringTable } from "./strings.js";
import type { TableState } from "./table-state.js";

/** What rows are read from. */
export interface RowSource {
  readonly state: TableState;
  readonly strings: StringTable;
  readonly curves?: Curves | undefined;
}

/** A row as games see it, by field name. */
type Named = Record<string, Value>;

const newest: Around = { earlier: 0, later: 0, part: 0 };

/** Reads an entity's row between two that {@link Rows.around} has found; otherwise its newest. */
export function readRow({ state, strings, curves }: RowSource, row: Named, entity: Entity, around = newest): void {
  const { fields, words, rows } = state;
  const { part } = around;
  const earlier = rows.beginOf(entity, around.earlier);
  const later = rows.beginOf(entity, around.later);
  const curve = part > 0 && state.layout.curved ? curves?.(state, entity, around) : undefined;
  for (let f = 0; f < fields.length; f++) {
    const field = fields[f]!;
    const word = words[(part < 1 ? earlier : later) + f]!;
    if (curve !== undefined && field.curved) row[field.name] = curve(f);
    else if (field.smooth && part > 0) row[field.name] = field.between(words[earlier + f]!, words[later + f]!, part);
    else if (field.kind === "text") row[field.name] = strings.get(word >>> 0);
    else row[field.name] = field.value(word);
  }
}
