/**
 * The shape of the module that `skirmish gen` writes: one constant of type {@link GameSchema} and one interface per table
 * row, event, input and call. The field tables are those of PROTOCOL.md section 6, key by key, so HELLO's schema and the
 * generated one are compiled by the same code.
 */

/** How a field's 32-bit word is read. */
export type FieldKind = "bool" | "uint" | "int" | "fixed" | "f32" | "player" | "text" | "ref" | "str";

/** One field of a table, an event, a call or the input. Absent optional keys mean false, zero or empty. */
export interface FieldSchema {
  readonly name: string;
  readonly kind: FieldKind;
  /** Width of the word, 1 to 32: arithmetic on it is modulo `2 ** bits`. */
  readonly bits: number;
  /** Smallest and largest word allowed, both included. */
  readonly lo: number;
  readonly hi: number;
  /** Set when the value moves smoothly between two snapshots. */
  readonly interp?: "lerp" | "hermite";
  /** Kind `fixed`: the value is `base + word * step`. */
  readonly base?: number;
  readonly step?: number;
  /** The value goes round (an angle): interpolation takes the shorter way. */
  readonly wrap?: boolean;
  /** Sent when the entity enters and never again. */
  readonly once?: boolean;
  /** Sent to the row's owner alone, and 0 for everybody else. */
  readonly owneronly?: boolean;
  /** How much a row of the table weighs when not everything fits a snapshot, 1 to 15. For information. */
  readonly pri?: number;
  /** Inputs: a one-shot such as a trigger, sent in one input and then cleared. */
  readonly edge?: boolean;
  /** Kind `str`: most bytes of UTF-8. */
  readonly max?: number;
  /** Kind `ref`: the table it points into. */
  readonly of?: string;
}

/** A named list of fields: an event or a call. */
export interface RecordSchema {
  readonly name: string;
  readonly fields: readonly FieldSchema[];
}

/** A replicated table. */
export interface TableSchema extends RecordSchema {
  /** The client may run this table ahead of the server. */
  readonly predicted?: boolean;
}

/** A room's schema as HELLO carries it. */
export interface RoomSchema {
  readonly game: string;
  /** Table 0 is always `players`. */
  readonly tables: readonly TableSchema[];
  /** Event n on the wire is `events[n - 1]`. */
  readonly events: readonly RecordSchema[];
  readonly input: readonly FieldSchema[];
  readonly calls: readonly RecordSchema[];
}

/** What a game's generated interface must name: row types by table, payloads by event and call, and the input. */
export interface GameTypes {
  tables: object;
  events: object;
  calls: object;
  input: object;
}

/**
 * The generated constant of one game.
 *
 * @example
 * ```ts
 * export interface Arena { tables: ArenaTables; events: ArenaEvents; calls: ArenaCalls; input: ArenaInput }
 * export const arena: GameSchema<Arena> = { game: "arena", schemaHash: "…", inputHash: "…", tables: [...], ... };
 * ```
 */
export interface GameSchema<G extends GameTypes = GameTypes> extends RoomSchema {
  /** The first 8 bytes of the schema's SHA-256, as 16 hex digits. A room with the same hash does not send its schema. */
  readonly schemaHash: string;
  /** The same over the input fields alone. A room with another input schema refuses this client (close code 4001). */
  readonly inputHash: string;
  /** Carries `G` for the type checker; there is never a value. */
  readonly types?: G;
}
