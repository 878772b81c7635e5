import * as fault from "../errors/faults.js";
import { ProtocolError } from "../errors/protocol-error.js";
import type { RoomSchema } from "../schema-type.js";
import type { Reader } from "../wire/reader.js";
import { BitReader } from "./bits.js";
import type { Codec } from "./codec.js";
import { TableState } from "./table-state.js";

/**
 * The room's replicated state as this client holds it: the tables, and the tick they stand at. FULL and DELTA bodies of one codec
 * (PROTOCOL.md sections 7 and 8) are applied to it. After an error it holds a half-applied message and must be given a FULL.
 */
export class World {
  readonly tables: readonly TableState[];
  /** Tick of the newest FULL or DELTA; 0 before the first. */
  tick = 0;
  /** The newest FULL or DELTA was cut to fit the client's budget. */
  partial = false;
  readonly #codec: Codec;
  readonly #player: number;
  readonly #bits = new BitReader();
  readonly #checksum: ((world: World) => number) | undefined;

  /** For the codec and the player id that HELLO named. With `checksum` bodies that name one are checked. */
  constructor(schema: RoomSchema, codec: Codec, player: number, checksum?: (world: World) => number) {
    this.tables = schema.tables.map((t, i) => new TableState(t, i, codec.noted));
    this.#codec = codec;
    this.#player = player;
    this.#checksum = checksum;
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

  #body(r: Reader, tick: number, first: boolean): void {
    const body = { r, bits: this.#bits, tables: this.tables, tick, first, player: this.#player, partial: false };
    const want = this.#codec.apply(body);
    this.tick = tick;
    this.partial = body.partial;
    if (want !== undefined && want !== (this.#checksum?.(this) ?? want)) throw new ProtocolError(fault.checksum, tick);
  }
}
