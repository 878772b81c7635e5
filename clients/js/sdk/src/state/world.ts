import { ProtocolError } from "../errors/protocol-error.js";
import type { RoomSchema } from "../schema-type.js";
import type { Reader } from "../wire/reader.js";
import { TableState } from "./table-state.js";

const flagPartial = 1;
const flagChecksum = 2;

/**
 * The room's replicated state as this client holds it: the tables, and the tick they stand at. FULL and DELTA bodies of codec
 * `plain` (PROTOCOL.md section 7) are applied to it. After an error it holds a half-applied message and must be given a FULL.
 */
export class World {
  readonly tables: readonly TableState[];
  /** Tick of the newest FULL or DELTA; 0 before the first. */
  tick = 0;

  constructor(schema: RoomSchema) {
    this.tables = schema.tables.map((t, i) => new TableState(t, i));
  }

  /** Applies a FULL's body. */
  full(r: Reader, tick: number): void {
    for (const table of this.tables) table.clear();
    this.#body(r, tick, true);
  }

  /** Applies a DELTA's body; the caller has checked its baseline. */
  delta(r: Reader, tick: number): void {
    this.#body(r, tick, false);
  }

  /** Frees what left the room before `tick`, the one being drawn. */
  collect(tick: number): void {
    for (const table of this.tables) table.collect(tick, this.tick);
  }

  /** The checksum of PROTOCOL.md section 7 over all tables. */
  checksum(): number {
    return this.tables.reduce((h, table) => table.checksum(h), 2166136261);
  }

  #body(r: Reader, tick: number, first: boolean): void {
    let left = r.array() - 1;
    const flags = r.uint();
    if (flags & ~flagChecksum)
      throw new ProtocolError(flags & flagPartial ? "body: partial bodies are not known" : "body: unknown flag");
    let want: number | undefined;
    if (flags & flagChecksum) {
      want = r.uint();
      left--;
    }
    if (left < 0 || left > this.tables.length)
      throw new ProtocolError(`body: ${left} tables; the schema has ${this.tables.length}`);
    for (const table of this.tables) {
      if (left-- <= 0 || r.nil()) table.applyNothing(tick);
      else {
        r.arrayOf(4);
        table.apply(r, tick, first);
      }
    }
    this.tick = tick;
    if (want !== undefined && want !== this.checksum()) throw new ProtocolError(`checksum does not match at tick ${tick}`);
  }
}
