import { ProtocolError } from "../errors/protocol-error.js";
import type { RoomSchema } from "../schema-type.js";
import type { Reader } from "../wire/reader.js";
import { BitReader } from "./bits.js";
import { applyPacked } from "./packed.js";
import { applyPlain, type Message } from "./plain.js";
import { TableState } from "./table-state.js";

const flagPartial = 1;
const flagChecksum = 2;

/** Codecs of bodies, as HELLO names the one in use. */
export const codec = { plain: 0, packed: 1 } as const;

/**
 * The room's replicated state as this client holds it: the tables, and the tick they stand at. FULL and DELTA bodies of one codec
 * (PROTOCOL.md sections 7 and 8) are applied to it. After an error it holds a half-applied message and must be given a FULL.
 */
export class World {
  readonly tables: readonly TableState[];
  /** Tick of the newest FULL or DELTA; 0 before the first. */
  tick = 0;
  readonly #codec: number;
  readonly #player: number;
  readonly #bits = new BitReader();

  /** For the codec and the player id that HELLO named. */
  constructor(schema: RoomSchema, used: number, player: number) {
    this.tables = schema.tables.map((t, i) => new TableState(t, i, used === codec.packed));
    this.#codec = used;
    this.#player = player;
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
    const want = this.#codec === codec.packed ? this.#packed(r, tick, first) : this.#plain(r, tick, first);
    this.tick = tick;
    if (want !== undefined && want !== this.checksum()) throw new ProtocolError(`checksum does not match at tick ${tick}`);
  }

  /** Returns the checksum that the message names. */
  #plain(r: Reader, tick: number, first: boolean): number | undefined {
    let left = r.array() - 1;
    const flags = r.uint();
    if (flags & ~(flagPartial | flagChecksum)) throw new ProtocolError("body: unknown flag");
    let want: number | undefined;
    if (flags & flagChecksum) {
      want = r.uint();
      left--;
    }
    if (left < 0 || left > this.tables.length)
      throw new ProtocolError(`body: ${left} tables; the schema has ${this.tables.length}`);
    const message: Message = { tick, first, partial: (flags & flagPartial) !== 0, player: this.#player };
    for (const table of this.tables) {
      if (left-- <= 0 || r.nil()) {
        table.begin(tick);
        table.calm();
      } else applyPlain(table, r, this.#bits, message);
    }
    return want;
  }

  #packed(r: Reader, tick: number, first: boolean): number | undefined {
    const bits = this.#bits.reset(r.bin());
    const partial = bits.bit();
    const want = bits.bit() ? bits.take(32) : undefined;
    const message: Message = { tick, first, partial, player: this.#player };
    for (const table of this.tables) applyPacked(table, bits, message);
    bits.end();
    return want;
  }
}
