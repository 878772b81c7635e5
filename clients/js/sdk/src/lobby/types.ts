import type { Seat } from "../net/room-options.js";

/** Who this client is to the lobby. */
export interface Account {
  /** Stable account id; not the player id inside a room. */
  readonly playerId: string;
  readonly name: string;
}

/** One line of the public room list. */
export interface RoomInfo {
  readonly id: string;
  readonly game: string;
  readonly name: string;
  readonly players: number;
  readonly maxPlayers: number;
  /** Who watches without playing. */
  readonly watchers: number;
  readonly state: string;
}

/** A place in the matchmaking queue. */
export interface Ticket {
  readonly id: string;
  readonly state: "queued" | "matched" | "cancelled" | "expired";
  /** While queued: 1 is next. Otherwise 0. */
  readonly position: number;
  /** When matched: dial it within 30 s; each answer has a new one. */
  readonly seat: Seat | undefined;
}
