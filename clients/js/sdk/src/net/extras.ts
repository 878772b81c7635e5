import type { Emitter } from "../emitter.js";
import type { Hint } from "../predict/prediction.js";
import type { RoomSchema } from "../schema-type.js";
import type { Curves } from "../state/curves.js";
import type { World } from "../state/world.js";
import type { Reader } from "../wire/reader.js";
import type { HelloParts } from "../wire/server-messages.js";
import type { Connection } from "./connection.js";
import type { LifecycleEvents } from "./room-options.js";

/**
 * What `Room` has and `CoreRoom` does without. The core asks for each where it would be used, and goes on when it is not there, so that
 * a page with the core alone does not load it.
 */
export interface Extras extends HelloParts {
  /** The checksum of a world, to compare with the one that a body names. */
  readonly checksum?: (world: World) => number;
  /** How `hermite` fields are drawn; otherwise on straight lines. */
  readonly curves?: Curves;
  /** Says in words why a connection ended. */
  readonly words?: (code: number) => string;
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
  /** Something is likely wrong with the page. */
  hint?(hint: Hint, to: Emitter<LifecycleEvents>): void;
  /** Something is wrong that the people who make the game should know. */
  wrong?(code: number, words: string): void;
}
