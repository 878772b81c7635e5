import { cos, sin, turn } from "@skirmish-dev/sdk";
import type { ArenaInput, ArenaTableShip } from "./arena.gen.js";

// The twin of game/arena/move.go, which must come to the same bits: every float32 operation is rounded on its own.
const f = Math.fround;

const world = 4000;
const radius = 18;
const maxSpeed = 420;
const headings = turn;
const turning = f(0.6 * headings);
const thrust = 520;
const drag = f(0.35);
const bounce = 0.5;
const reload = f(0.2);

/** One tick of the own ship, `dt` seconds long: flight, then the gun. Returns whether that goes off. */
export function moveShip(s: ArenaTableShip, input: Readonly<ArenaInput>, dt: number): boolean {
  if (s.hp === 0) return false;
  move(s, input, dt);
  return pull(s, input.fire, dt);
}

/** The unit vector of an angle, which is one of the headings, give or take its last bit. */
export function directionOf(angle: number): readonly [number, number] {
  const heading = headingOf(angle);
  return [cos(heading), sin(heading)];
}

function headingOf(angle: number): number {
  return Math.floor(angle * (headings / (2 * Math.PI)) + 0.5);
}

function move(s: ArenaTableShip, input: Readonly<ArenaInput>, dt: number): void {
  const step = Math.trunc(f(f(turning * dt) + 0.5));
  const heading = (headingOf(s.angle) + input.turn * step) & (headings - 1);
  s.angle = f(heading * ((2 * Math.PI) / headings));

  if (input.thrust) {
    const push = f(thrust * dt);
    s.vx = f(s.vx + f(cos(heading) * push));
    s.vy = f(s.vy + f(sin(heading) * push));
  }
  const keep = f(1 - f(drag * dt));
  s.vx = f(s.vx * keep);
  s.vy = f(s.vy * keep);
  const v2 = f(f(s.vx * s.vx) + f(s.vy * s.vy));
  if (v2 > maxSpeed * maxSpeed) {
    const slow = f(maxSpeed / f(Math.sqrt(v2)));
    s.vx = f(s.vx * slow);
    s.vy = f(s.vy * slow);
  }
  [s.x, s.vx] = along(s.x, s.vx, dt);
  [s.y, s.vy] = along(s.y, s.vy, dt);
}

/** Moves one coordinate and turns it back at the walls. */
function along(from: number, v: number, dt: number): [number, number] {
  const x = f(from + f(v * dt));
  if (x < radius) return [radius, f(-bounce * v)];
  if (x > world - radius) return [world - radius, f(-bounce * v)];
  return [x, v];
}

/** A held trigger shoots whenever the gun is ready; a tap while it reloads is kept until then. */
function pull(s: ArenaTableShip, fire: boolean, dt: number): boolean {
  s.tapped ||= fire && !s.held;
  s.held = fire;
  if (s.reload > 0) s.reload--;
  if (s.reload > 0 || (!s.held && !s.tapped)) return false;
  s.tapped = false;
  s.reload = Math.trunc(Math.max(1, f(f(reload / dt) + 0.5))) & 0xff;
  return true;
}
