import { expect, test } from "vitest";
import type { FieldSchema } from "../src/schema-type.js";
import { Field } from "../src/state/field.js";
import { vectors } from "./support/vectors.js";

interface BetweenVector {
  readonly field: FieldSchema;
  readonly a: number;
  readonly b: number;
  readonly part: number;
  readonly value: number;
}

test("draws between two words what the server takes for drawn", () => {
  const all = vectors<BetweenVector[]>("between.json");
  expect(all.length).toBeGreaterThan(100);
  for (const v of all) expect(new Field(v.field).between(v.a, v.b, v.part), JSON.stringify(v)).toBe(v.value);
});
