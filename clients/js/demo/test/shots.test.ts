import { expect, test } from "vitest";
import type { ArenaTableShip } from "../src/arena.gen.js";
import { flyShot, shotOf, type FlyingShot, type Target } from "../src/shots.js";

const ship = { owner: 1, x: 1000, y: 1000, angle: Math.PI / 2, vx: 30, vy: -40, hp: 100 } as ArenaTableShip;

/** Flies a shot in pictures of 60 per second until it is over, and returns where that was. */
function fly(shot: FlyingShot, targets: readonly Target[] = []): { x: number; y: number; seconds: number } {
  for (let n = 1; ; n++) if (!flyShot(shot, targets, 1 / 60)) return { x: shot.x, y: shot.y, seconds: n / 60 };
}

test("a shot leaves the middle of the ship with the ship's speed and its own", () => {
  expect(shotOf(ship)).toMatchObject({ owner: 1, x: 1000, y: 1000, vx: 30, vy: 860 });
});

test("it ends after its time", () => {
  const { x, y, seconds } = fly(shotOf(ship));
  expect(seconds).toBeCloseTo(1.5, 1);
  expect([Math.round(x), Math.round(y)]).toEqual([1000 + Math.round(30 * seconds), 1000 + Math.round(860 * seconds)]);
});

test("it ends at another's ship, between two pictures too, and not at its own", () => {
  expect(fly(shotOf(ship), [{ owner: 1, x: 1000, y: 1000 }]).seconds).toBeGreaterThan(1.4);
  for (let y = 1200; y < 1220; y++) {
    const end = fly(shotOf(ship), [{ owner: 2, x: 1015, y }]);
    expect(Math.abs(end.y - y), `a ship at ${y}`).toBeLessThan(35);
  }
  expect(fly(shotOf(ship), [{ owner: 2, x: 1060, y: 1200 }]).seconds).toBeGreaterThan(1.4);
});

test("it ends at the edge of the world", () => {
  expect(fly(shotOf({ ...ship, y: 3900 })).seconds).toBeLessThan(0.2);
});
