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
  readonly state: string;
}

/** A place in the matchmaking queue. */
export interface Ticket {
  readonly id: string;
  readonly status: string;
  /** Set once players are found. */
  readonly seat: { readonly url: string; readonly roomId: string } | undefined;
}
