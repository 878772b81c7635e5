import { expect, test } from "vitest";
import { drag, maxSpeed, thrust } from "../src/constants.js";
import { Motion } from "../src/motion.js";

/**
 * Flies a ship along x for a second as the rules do, 60 pictures per second, and returns how hard its engine seems to burn.
 */
function engineAfter(o: { speed: number; burning: boolean; angle?: number }): number {
  const motion = new Motion();
  const dt = 1 / 60;
  let [x, v, push] = [0, o.speed, 0];
  for (let i = 0; i < 60; i++) {
    v = Math.min(maxSpeed, v + (o.burning ? thrust * dt : 0) - drag * v * dt);
    x += v * dt;
    motion.begin(dt);
    motion.place(1, x, 0);
    push = motion.engine(1, o.angle ?? 0);
  }
  return push;
}

test("an engine that burns shows, at rest and at full speed", () => {
  expect(engineAfter({ speed: 0, burning: true })).toBeGreaterThan(0.8);
  expect(engineAfter({ speed: maxSpeed, burning: true })).toBeGreaterThan(0.8);
});

test("a ship that only drifts has no flame, whichever way it points", () => {
  for (const angle of [0, 1.5, 3]) expect(engineAfter({ speed: 300, burning: false, angle })).toBeLessThan(0.1);
});

test("something new has no speed yet", () => {
  const motion = new Motion();
  motion.begin(1 / 60);
  expect(motion.place(1, 500, 500)).toEqual({ vx: 0, vy: 0 });
  expect(motion.engine(1, 0)).toBe(0);
});
