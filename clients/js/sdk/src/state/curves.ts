import type { Entity } from "./entity.js";
import type { Field } from "./field.js";
import { longestSpan, type Around, type Rows } from "./rows.js";
import type { TableState } from "./table-state.js";

/**
 * How fields of kind `hermite` are drawn: gives what reads a field on the curve through an entity's rows, or undefined when there are too
 * few of them. `curves` is one; without it such fields are drawn on straight lines.
 */
export type Curves = (state: TableState, entity: Entity, around: Around) => ((f: number) => number) | undefined;

/** Draws them as the server's lag compensation reads them. */
export const curves: Curves = ({ rows, fields, words }, entity, { earlier, later, part }) => {
  const back1 = rows.older(entity, earlier);
  const g1 = shortGap(rows, entity, back1, earlier);
  if (g1 === 0) return undefined;
  const back0 = rows.older(entity, back1);
  const g0 = shortGap(rows, entity, back0, back1);
  const g2 = rows.tickAt(entity, later) - rows.tickAt(entity, earlier);
  const begin = (back: number) => rows.beginOf(entity, back);
  const [w0, w1, a, b] = [begin(g0 > 0 ? back0 : back1), begin(back1), begin(earlier), begin(later)];
  return (f) => curve(fields[f]!, [words[w0 + f]!, words[w1 + f]!, words[a + f]!, words[b + f]!], [g0, g1, g2], part);
};

/** The ticks between two rows; 0 if there is no earlier one (-1) or if they are too many. */
function shortGap(rows: Rows, entity: Entity, earlier: number, later: number): number {
  if (earlier < 0) return 0;
  const ticks = rows.tickAt(entity, later) - rows.tickAt(entity, earlier);
  return ticks <= longestSpan ? ticks : 0;
}

/**
 * The number `part` of the way from the third word to the fourth on the curve that comes from the two before: g0, g1 and
 * g2 ticks lie between the four, and g0 is 0 when there is no first. A part over 1 goes straight on from where the curve ends.
 * The arithmetic, step by step, is that of the server's `Field.Curve`.
 */
export function curve(
  field: Field,
  [w0, w1, a, b]: readonly [number, number, number, number],
  [g0, g1, g2]: readonly [number, number, number],
  part: number,
): number {
  const before = field.moved(w1, a);
  const way = field.moved(a, b);
  const end = way + ((way - (before * g2) / g1) * g2) / (g1 + g2);
  if (part > 1) return field.from(b, end * (part - 1));
  let start = before;
  if (g0 > 0) start += ((before - (field.moved(w0, w1) * g1) / g0) * g1) / (g0 + g1);
  start = (start * g2) / g1;
  const turn = part * (start + end - 2 * way);
  return field.from(a, part * (start + part * (3 * way - 2 * start - end + turn)));
}
