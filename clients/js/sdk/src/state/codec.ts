import type { Reader } from "../wire/reader.js";
import type { BitReader } from "./bits.js";
import type { TableState } from "./table-state.js";

/** A body of a FULL or DELTA that is to be applied. */
export interface Body {
  readonly r: Reader;
  readonly bits: BitReader;
  readonly tables: readonly TableState[];
  readonly tick: number;
  /** A FULL's. */
  readonly first: boolean;
  /** The receiver's player id. */
  readonly player: number;
  /** Not every known entity is in it; set by {@link Codec.apply}, which reads it. */
  partial: boolean;
}

/** The message that a table is part of. */
export type Message = Readonly<Pick<Body, "tick" | "first" | "player" | "partial">>;

/** How bodies of snapshots are written: `packed`, or `plain`. PROTOCOL.md sections 7 and 8. */
export interface Codec {
  /** What HELLO calls it, and which bit offers it in JOIN. */
  readonly number: number;
  /** @internal Rows have notes; see `Records`. */
  readonly noted: boolean;
  /** @internal Skips a body. */
  skip(r: Reader): void;
  /** @internal Applies a body and returns the checksum that it names, if any. */
  apply(body: Body): number | undefined;
}
