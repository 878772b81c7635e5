import type { Seat, SeatSource } from "../net/room-options.js";
import type { Ticket } from "./api.gen.js";

export type {
  AccountInfo,
  BoardRow,
  CreateRoomRequest,
  Leaderboard,
  MatchList,
  ModeInfo,
  Party,
  PartyMember,
  PlayedMatch,
  Profile,
  RoomInfo,
  RoomList,
  ServerConfig,
  Ticket,
  TicketReason,
} from "./api.gen.js";

/** Which rooms to list, and how. */
export interface RoomFilter {
  readonly game?: string;
  /** As the creator has said. */
  readonly mode?: string;
  /** At least so many places are left. */
  readonly free?: number;
  /** A part of the name, in whatever case. */
  readonly name?: string;
  /** Newest, fullest or emptiest first. @default by game, then oldest first */
  readonly sort?: "newest" | "players" | "free";
  /** @default 100 */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly cursor?: string;
}

/** A part of a list. */
export interface Page {
  /** `next` of the page before. */
  readonly after?: string;
  /** @default 20 */
  readonly limit?: number;
}

/** A part of a leaderboard. */
export interface BoardPage extends Page {
  /** A player id: its row, with `limit` rows above and below it. Not together with `after`. */
  readonly around?: string;
}

/** Who this client is to the lobby. */
export interface Account {
  /** Stable account id; not the player id inside a room. */
  readonly playerId: string;
  readonly name: string;
}

/** How a wait for a match stands: what `lobby.queue` yields whenever it changes. */
export interface QueueStep extends Omit<Ticket, "url"> {
  /** When matched: for `Room.join`. It finds the room of the match again after a lost connection. */
  readonly seats: SeatSource | undefined;
  /** When matched: the first of them. */
  readonly seat: Seat | undefined;
  /** When `ready`: a match is found, and begins once all its players have accepted. */
  accept(): Promise<void>;
  /** When `ready`: leaves the queue; the others wait on. */
  decline(): Promise<void>;
}
