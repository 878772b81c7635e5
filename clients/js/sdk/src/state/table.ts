import type { OwnRows } from "../predict/prediction.js";
import type { Field, Value } from "./field.js";
import type { StringTable } from "./strings.js";
import type { TableState } from "./table-state.js";

/** What a {@link Table} reads from: one connection's state. A reconnect replaces it. */
export interface TableSource {
  readonly state: TableState;
  readonly strings: StringTable;
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
   * @param visit - gets a row that is reused for the next entity (copy what you keep) and the entity's id.
   *
   * @example
   * ```ts
   * room.update();
   * room.tables.ship.forEach((ship, id) => draw(ship.x, ship.y, ship.angle));
   * ```
   */
  forEach(visit: (row: Readonly<Row>, id: number) => void): void {
    const source = this.#source;
    if (source === undefined) return;
    const tick = source.renderTick();
    const row = {};
    source.own?.each((own, id) => visit(own as Row, id));
    source.state.eachAt(tick, (cell) => {
      if (source.own?.owns(cell)) return;
      source.state.rowsAt(cell, tick, source.reach, (earlier, later, part) => draw(source, row, earlier, later, part));
      visit(row as Row, source.state.id(cell));
    });
  }

  /** Calls `visit` for each entity of the newest snapshot, not interpolated. The row is reused for the next entity. */
  forEachLatest(visit: (row: Readonly<Row>, id: number) => void): void {
    const source = this.#source;
    if (source === undefined) return;
    const row = {};
    source.state.eachKnown((cell) => {
      hold(source, row, cell);
      visit(row as Row, source.state.id(cell));
    });
  }

  /** An entity of the newest snapshot by its id, as a row of its own, or undefined. */
  get(id: number): Row | undefined {
    const cell = this.#source?.state.find(id) ?? -1;
    if (this.#source === undefined || cell < 0) return undefined;
    const row = {};
    hold(this.#source, row, cell);
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

type Draft = Record<string, Value>;

function draw(source: TableSource, row: Draft, earlier: number, later: number, part: number): void {
  const { state, strings } = source;
  const fields = state.fields;
  for (let f = 0; f < fields.length; f++) {
    const field = fields[f]!;
    const word = state.words[part < 1 ? earlier + f : later + f]!;
    if (field.curved && part > 0 && state.gap1 > 0) row[field.name] = bend(state, field, f, earlier, later, part);
    else if (field.smooth && part > 0) row[field.name] = field.between(state.words[earlier + f]!, state.words[later + f]!, part);
    else if (field.kind === "text") row[field.name] = strings.get(word >>> 0);
    else row[field.name] = field.kind === "bool" ? word !== 0 : field.number(word);
  }
}

/** A field on its curve, between rows that {@link TableState.rowsAt} has found. */
function bend(state: TableState, field: Field, f: number, earlier: number, later: number, part: number): number {
  const { words, gap0, gap1, gap2 } = state;
  const w0 = words[state.before0 + f]!;
  const w1 = words[state.before1 + f]!;
  return field.curve(w0, w1, words[earlier + f]!, words[later + f]!, gap0, gap1, gap2, part);
}

function hold(source: TableSource, row: Draft, cell: number): void {
  const { state, strings } = source;
  const fields = state.fields;
  const newest = state.newestRow(cell);
  for (let f = 0; f < fields.length; f++) {
    const field = fields[f]!;
    const word = state.words[newest + f]!;
    if (field.kind === "text") row[field.name] = strings.get(word >>> 0);
    else row[field.name] = field.kind === "bool" ? word !== 0 : field.number(word);
  }
}
