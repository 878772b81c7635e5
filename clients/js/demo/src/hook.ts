import type { Room, RoomStats } from "@skirmish-dev/sdk";
import type { Arena } from "./arena.gen.js";
import type { Play } from "./play.js";
import type { DrawnShip, DrawnShot } from "./scene.js";

/** A ship of the newest snapshot. */
export interface SeenShip {
  readonly owner: number;
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly angle: number;
  readonly hp: number;
  readonly score: number;
}

export interface SeenShot {
  readonly owner: number;
  readonly x: number;
  readonly y: number;
}

/**
 * What `window.skirmish` shows to tests, to the screenshot script and to anyone with the browser's console open: the room as
 * this page knows it. It can only be read; the game is played by keyboard and pointer alone.
 */
export interface Hook {
  /** `closed` also before the first Play. */
  readonly state: string;
  readonly playerId: number;
  readonly roomId: string;
  readonly tick: number;
  readonly ships: readonly SeenShip[];
  readonly shots: readonly SeenShot[];
  /** The own ship as it was last drawn, ahead of the server. */
  readonly drawn: { readonly x: number; readonly y: number; readonly angle: number } | undefined;
  /** All ships as they were last drawn, and the (fractional) tick at which others were. */
  readonly drawnShips: readonly DrawnShip[];
  readonly renderTick: number;
  /** All shots as they were last drawn, own ones ahead of the server. */
  readonly drawnShots: readonly DrawnShot[];
  /** Names of the places on the map; empty while it is not here. */
  readonly places: readonly string[];
  readonly pingMs: number;
  readonly corrections: number;
  readonly reconnects: number;
  /** Everything that is known of the connection; undefined without one. */
  readonly stats: RoomStats | undefined;
}

declare global {
  interface Window {
    readonly skirmish: Hook;
  }
}

/** Puts the hook on the window. `room` gives the room being played and `play` what is drawn of it. */
export function showHook(room: () => Room<Arena> | undefined, play: () => Play | undefined): void {
  const hook: Hook = {
    get state() {
      return room()?.state ?? "closed";
    },
    get playerId() {
      return room()?.playerId ?? 0;
    },
    get roomId() {
      return room()?.roomId ?? "";
    },
    get tick() {
      return room()?.tick ?? 0;
    },
    get ships() {
      const names = new Map(
        room()
          ?.tables.players.rows()
          .map((p) => [p.id, p.name]),
      );
      return (room()?.tables.ship.rows() ?? []).map((s) => ({ ...s, name: names.get(s.owner) ?? "" }));
    },
    get shots() {
      return room()?.tables.shot.rows() ?? [];
    },
    get drawn() {
      const ship = play()?.mine;
      return ship && { x: ship.x, y: ship.y, angle: ship.angle };
    },
    get drawnShips() {
      return play()?.ships ?? [];
    },
    get renderTick() {
      return room()?.renderTick ?? 0;
    },
    get stats() {
      return room()?.stats;
    },
    get drawnShots() {
      return play()?.shots ?? [];
    },
    get corrections() {
      return room()?.stats.corrections ?? 0;
    },
    get places() {
      return play()?.chart.places.map((p) => p.name) ?? [];
    },
    get pingMs() {
      return room()?.stats.pingMs ?? 0;
    },
    get reconnects() {
      return room()?.stats.reconnects ?? 0;
    },
  };
  Object.defineProperty(window, "skirmish", { value: Object.freeze(hook) });
}
