import type { OwnRows } from "../predict/prediction.js";
import { readRow, type RowSource } from "./row.js";

/** What a {@link Table} reads from: one connection's state. A reconnect replaces it. */
export interface TableSource extends RowSource {
  /** The (fractional) tick being drawn. */
  readonly renderTick: () => number;
  /** For this many ticks beyond the newest row a motion goes on. */
  readonly reach: number;
  /** The rows that are drawn ahead of the server, if there are any. */
  readonly own?: OwnRows | undefined;
}

/**
 * A replicated table as the game sees it. It stays the same object over reconnects; it is empty while there is no state.
 */
export class Table<Row extends object> {
  readonly name: string;
  #source: TableSource | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** Number of entities in the newest snapshot. */
  get size(): number {
    return this.#source?.state.size ?? 0;
  }

  /**
   * Calls `visit` for each entity as it looks at the render tick, which `room.update()` moves: smooth fields are
   * interpolated, and go on for a moment when the next snapshot is late; others hold; entities that had not entered or had
   * already left at that tick are left out. Own rows that are predicted come first, as they look at this moment.
   *
   * @param visit - gets a row that is reused for the next entity (copy what you keep), the entity's id, and how much of it is to
   * be seen: 1, or less while something fades that was predicted and never came to be. What `predictSpawns` has drawn ahead has an
   * id below 0 for as long as it is drawn.
   *
   * @example
   * ```ts
   * room.update();
   * room.tables.ship.forEach((ship, id) => draw(ship.x, ship.y, ship.angle));
   * ```
   */
  forEach(visit: (row: Readonly<Row>, id: number, alpha: number) => void): void {
    const source = this.#source;
    if (source === undefined) return;
    const tick = source.renderTick();
    const row = {};
    source.own?.each((own, id, alpha) => visit(own as Row, id, alpha));
    source.state.eachAt(tick, (entity) => {
      if (source.own?.owns(entity)) return;
      readRow(source, row, entity, source.state.rows.around(entity, tick, source.reach));
      visit(row as Row, source.state.id(entity), 1);
    });
  }

  /** Calls `visit` for each entity of the newest snapshot, not interpolated. The row is reused for the next entity. */
  forEachLatest(visit: (row: Readonly<Row>, id: number) => void): void {
    const source = this.#source;
    if (source === undefined) return;
    const row = {};
    source.state.eachKnown((entity) => {
      readRow(source, row, entity);
      visit(row as Row, source.state.id(entity));
    });
  }

  /** An entity of the newest snapshot by its id, as a row of its own, or undefined. */
  get(id: number): Row | undefined {
    const entity = this.#source?.state.find(id);
    if (this.#source === undefined || entity === undefined) return undefined;
    const row = {};
    readRow(this.#source, row, entity);
    return row as Row;
  }

  /**
   * All entities of the newest snapshot as rows of their own, each with its id. Makes garbage: for scoreboards, not for
   * drawing.
   */
  rows(): (Row & { readonly entityId: number })[] {
    const all: (Row & { readonly entityId: number })[] = [];
    this.forEachLatest((row, id) => all.push({ ...row, entityId: id }));
    return all;
  }

  /** @internal */
  attach(source: TableSource | undefined): void {
    this.#source = source;
  }
}
