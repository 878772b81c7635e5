import { expect, test } from "vitest";
import { cos, sin, turn } from "../src/sim/sine.js";

test("sines are those of the angle in whole 1/65536, all the way round and beyond", () => {
  for (let steps = -3 * turn; steps <= 3 * turn; steps++) {
    const angle = (2 * Math.PI * steps) / turn;
    expect(sin(steps) * 65536 + 0, `sin ${steps}`).toBe(Math.round(Math.sin(angle) * 65536) + 0);
    expect(cos(steps) * 65536 + 0, `cos ${steps}`).toBe(Math.round(Math.cos(angle) * 65536) + 0);
  }
});
