import { predictSpawns } from "@skirmish-dev/sdk";
import type { ArenaTableShip, ArenaTableShot } from "./arena.gen.js";
import { shipRadius, worldHeight, worldWidth } from "./constants.js";
import { directionOf } from "./move.js";

/** As in game/arena: units and seconds. */
const shotSpeed = 900;
const shotLife = 1.5;

/** A shot of one's own that the server has not shown yet. */
export interface FlyingShot extends ArenaTableShot {
  readonly vx: number;
  readonly vy: number;
  life: number;
}

/** A ship as it is drawn: what a shot is seen to hit, the server lets it hit. */
export interface Target {
  readonly owner: number;
  readonly x: number;
  readonly y: number;
}

/** The shot that a ship fires, as `shoot` of game/arena makes it: from the middle of the ship. */
export function shotOf(ship: Readonly<ArenaTableShip>): FlyingShot {
  const [x, y] = directionOf(ship.angle);
  const { owner } = ship;
  return { owner, fired: 0, x: ship.x, y: ship.y, vx: ship.vx + x * shotSpeed, vy: ship.vy + y * shotSpeed, life: shotLife };
}

/** Flies straight on until it meets another's ship, leaves the world or has had its time; then it returns false. */
export function flyShot(shot: FlyingShot, targets: readonly Target[], dt: number): boolean {
  const { x, y } = shot;
  shot.x += shot.vx * dt;
  shot.y += shot.vy * dt;
  shot.life -= dt;
  if (targets.some((ship) => ship.owner !== shot.owner && meets(x, y, shot, ship))) return false;
  return shot.life > 0 && shot.x >= 0 && shot.x <= worldWidth && shot.y >= 0 && shot.y <= worldHeight;
}

/** The prediction of table shot; `targets` gives the ships as they were drawn last. */
export function predictShots(targets: () => readonly Target[]) {
  return predictSpawns({
    from: "ship",
    tick: "fired",
    make: shotOf,
    move: (shot: FlyingShot, dt) => flyShot(shot, targets(), dt),
    jumpOver: 200,
  });
}

/** Whether the way from x, y to `to` touches the ship. */
function meets(x: number, y: number, to: { readonly x: number; readonly y: number }, ship: Target): boolean {
  const [wx, wy] = [to.x - x, to.y - y];
  const along = wx * wx + wy * wy;
  const part = along === 0 ? 0 : Math.min(1, Math.max(0, ((ship.x - x) * wx + (ship.y - y) * wy) / along));
  return Math.hypot(ship.x - x - part * wx, ship.y - y - part * wy) <= shipRadius;
}
