import type { ProtocolError } from "../errors/protocol-error.js";
import type { Watch } from "../predict/prediction.js";
import type { RoomSchema } from "../schema-type.js";
import type { Curves } from "../state/curves.js";
import type { TableState } from "../state/table-state.js";
import type { World } from "../state/world.js";
import type { Reader } from "../wire/reader.js";
import type { HelloParts } from "../wire/server-messages.js";
import type { Connection } from "./connection.js";

/**
 * What `Room` has and `CoreRoom` does without. The core asks for each where it would be used, and goes on when it is not there, so that
 * a page with the core alone does not load it.
 */
export interface Extras extends HelloParts {
  /** The checksum of a world, to compare with the one that a body names. */
  readonly checksum?: (world: World) => number;
  /** The server shall name one in every body. */
  readonly check?: boolean;
  /** How `hermite` fields are drawn; otherwise on straight lines. */
  readonly curves?: Curves;
  /** Says in words why a connection ended. */
  readonly words?: (code: number) => string;
  /** Puts words into an error about the server's bytes. */
  readonly explain?: (error: ProtocolError) => void;
  /** Stands before the tables of a room and names what is not there. */
  readonly guard?: <T extends object>(tables: T) => T;
  /** A message of that type and so many bytes came. */
  heard?(type: number, bytes: number): void;
  /** The room's schema is not the page's. */
  stale?(room: RoomSchema): void;
  /** HELLO is here. */
  began?(connection: Connection): void;
  /** REPLY is here, read up to its type. */
  reply?(r: Reader, n: number): void;
  /** The connection is over. */
  ended?(connection: Connection): void;
  /** Watches what becomes of the predictions of a table, at so many ticks per second. */
  watch?(table: TableState, tickRate: number): Watch;
  /** Something is wrong that the people who make the game should know. */
  wrong?(code: number, words: string): void;
}
