import { expect, test } from "vitest";
import { curve } from "../src/state/curves.js";
import { Field } from "../src/state/field.js";
import { type BetweenVector, betweenVectors } from "./support/vectors.js";

function drawn({ field, before, gaps, a, b, part }: BetweenVector): number {
  if (before === undefined || gaps === undefined) return new Field(field).between(a, b, part);
  return curve(new Field(field), [...before, a, b], gaps, part);
}

test.each(betweenVectors.map((v) => [`${v.field.name} ${v.a}..${v.b} at ${v.part}`, v] as const))(
  "draws %s where the server takes it to be drawn",
  (_, v) => expect(drawn(v)).toBe(v.value),
);

test("a curve goes straight on beyond its end, in the direction in which it ends", () => {
  const field = new Field({ name: "x", kind: "int", bits: 16, lo: -1000, hi: 1000, interp: "hermite" });
  // x = tick squared, at the ticks 0, 2, 3 and 6: at 6 it grows by 12 a tick.
  const at = (part: number) => curve(field, [0, 4, 9, 36], [2, 1, 3], part);
  expect(at(1)).toBeCloseTo(36);
  expect(at(1 + 2 / 3)).toBeCloseTo(36 + 24);
  expect(at(1 + 300)).toBe(1000);
});
