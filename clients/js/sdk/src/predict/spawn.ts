import type { Entity } from "../state/entity.js";
import type { TableState } from "../state/table-state.js";
import { difference, wordOf } from "./words.js";
import type { Made } from "./prediction.js";

/** One predicted entity, from the picture in which it is made to the last in which it is seen. */
export class Spawn<Row extends object> {
  /** Below 0, and the same when the server's entity has taken over. */
  readonly id: number;
  /** The own row that made it. */
  readonly by: number;
  /** The tick in which it is made. */
  label: number;
  /** As `make` and `move` left it. */
  readonly row: Row;
  /** `move` has not ended it. */
  flies = true;
  /** The steps make it, as the inputs are now known; of what the server has run they tell nothing. */
  meant = true;
  /** The server's rows did not tell of its tick yet when this was last looked at. */
  open = true;
  /** How much of it is to be seen. */
  alpha = 1;
  /** How long it has been drawn without a word from the server, in seconds. */
  age = 0;
  /** The server's entity once that is here, and its id, because an entity that has left makes room for another. */
  entity: Entity | undefined;
  entityId = 0;
  /** The ticks at which the server's entity came and left. */
  entered = Infinity;
  left = Infinity;
  /** What is added to smooth fields of the server's rows since they are drawn; decays. */
  offset: Float64Array | undefined;

  constructor(id: number, made: Made, row: Row) {
    this.id = id;
    this.by = made.by;
    this.label = made.label;
    this.row = row;
  }

  /** This entity of the server's is this one. */
  found(table: TableState, entity: Entity): void {
    this.entity = entity;
    this.entityId = table.id(entity);
    this.entered = entity.entered;
    this.left = Infinity;
  }

  /** From now on the server's rows are drawn, of which `drawn` is the first. What is seen stays where it is and moves over. */
  takeOver(table: TableState, drawn: Readonly<Record<string, unknown>>, jumpOver: number): void {
    const seen = this.row as Record<string, unknown>;
    this.offset = new Float64Array(table.fields.length);
    if (!this.flies) return;
    table.fields.forEach((field, f) => {
      if (!field.smooth) return;
      const off = difference(field, wordOf(field, seen[field.name] as number), wordOf(field, drawn[field.name] as number));
      this.offset![f] = Math.abs(off) > jumpOver ? 0 : off;
    });
  }
}
