import type { BackoffOptions } from "../time/backoff.js";
import type { Hint, Prediction, SpawnPrediction } from "../predict/prediction.js";
import type { GameTypes } from "../schema-type.js";
import type { Curves } from "../state/curves.js";
import type { Codec } from "../state/codec.js";
import type { Environment } from "../time/environment.js";

/** A place in a room, good for one dial. */
export interface Seat {
  /** WebSocket URL with the one-use seat token. */
  readonly url: string;
  readonly roomId: string;
}

/**
 * Gets a seat from the lobby. It is called for the first connection and again for every one after a loss, then with the seat
 * before, so that the player can come back into the same room; `previous` is undefined when that room is over.
 */
export type SeatSource = (previous: Seat | undefined) => Promise<Seat>;

/** How smooth fields are drawn between snapshots, and beyond the newest one. */
export interface InterpolationOptions {
  /** Draws this far behind the newest snapshot, in milliseconds, instead of as far as the measured network asks for. */
  readonly delayMs?: number;
  /** A motion goes on for at most this long when the next snapshot is late; 0 holds it. @default 250 */
  readonly extrapolateMs?: number;
}

/** Predictions of own rows by table. */
export type Predictions<G extends GameTypes> = {
  readonly [K in keyof G["tables"]]?: Prediction<G["tables"][K], G["input"]> | SpawnPrediction<G["tables"][K]>;
};

/** Options of `CoreRoom.join`. */
export interface CoreRoomOptions<G extends GameTypes = GameTypes> extends BackoffOptions {
  /** A lost connection is tried again for this long, then the room is closed. @default 120000 */
  readonly giveUpAfterMs?: number;
  /** How the server writes snapshots; the import `plain` is the other way. @default packed */
  readonly codec?: Codec;
  /** How `hermite` fields are drawn. @default curves; in a `CoreRoom` straight on */
  readonly curves?: Curves;
  /** How entities are drawn that the page does not predict. */
  readonly interpolation?: InterpolationOptions;
  /** Tables whose own rows run ahead of the server: `{ ship: predict(moveShip), shot: predictSpawns({ from: "ship", ... }) }`. */
  readonly predict?: Predictions<G>;
  /** Clock, timers, randomness and WebSocket to use instead of the browser's. */
  readonly environment?: Partial<Environment>;
}

/** Options of `Room.join`. */
export interface RoomOptions<G extends GameTypes = GameTypes> extends CoreRoomOptions<G> {
  /** Asks the server for a checksum in every snapshot and verifies it: costs a few bytes and some work. @default false */
  readonly check?: boolean;
}

/**
 * Where a room stands. `connecting`: asking for a seat and dialling. `joining`: the socket is open, the state is on its way.
 * `playing`. `reconnecting`: lost, coming back by itself. `closed`: over.
 */
export type RoomState = "connecting" | "joining" | "playing" | "reconnecting" | "closed";

/** What the connection of a `CoreRoom` tells; see `room.lifecycle`. */
export interface CoreLifecycleEvents {
  state: RoomState;
  /** The connection was lost; it is tried again after `retryInMs`. */
  disconnect: { readonly code: number; readonly reason: string; readonly retryInMs: number; readonly cause: Error | undefined };
  /**
   * It is back after `attempts`. `resumed`: in the place that the room kept, as the same player; otherwise as a new one, whose ids
   * are new.
   */
  reconnect: { readonly attempts: number; readonly resumed: boolean };
  /** A snapshot of this tick was applied. */
  snapshot: number;
}

/** What the connection of a `Room` tells; see `room.lifecycle`. */
export interface LifecycleEvents extends CoreLifecycleEvents {
  /** What is likely wrong with the page, once for each table; the console says it when nobody listens. */
  hint: Hint;
}

/** Figures about a room's connection, for a net graph. */
export interface RoomStats {
  /** Smallest recent round trip in milliseconds; 0 before the first. */
  readonly pingMs: number;
  /** Mean deviation of snapshot arrivals in milliseconds. */
  readonly jitterMs: number;
  /** How far behind the newest snapshot others are drawn, in milliseconds. */
  readonly delayMs: number;
  /** Ticks between two snapshots when none is left out: the least on this connection. */
  readonly sendInterval: number;
  readonly snapshots: number;
  /** How often a snapshot came to another result than the prediction of an own row. */
  readonly corrections: number;
  /** Snapshots that the room left out on this connection, because it was behind. */
  readonly skipped: number;
  /**
   * The newest snapshot was cut to fit, or others were left out before it: the link or the byte budget of this client is too small
   * for all that it may see. What was left out comes later. `Player.Limited` is the game's word for it.
   */
  readonly limited: boolean;
  /** How often on this connection inputs began to come too late, after a time in which none did: times, not inputs. */
  readonly timesLate: number;
  /** How long before its tick the latest input of the last second came; negative: too late. Undefined before the first report. */
  readonly marginMs: number | undefined;
  /** Bytes received by kind of message; a delta's events count as delta. */
  readonly bytes: Readonly<Record<"full" | "delta" | "events" | "other", number>>;
  /** How often the connection was lost and made again. */
  readonly reconnects: number;
}
