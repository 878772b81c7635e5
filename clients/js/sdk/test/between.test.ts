import { expect, test } from "vitest";
import { Field } from "../src/state/field.js";
import { betweenVectors } from "./support/vectors.js";

test.each(betweenVectors.map((v) => [`${v.field.name} ${v.a}..${v.b} at ${v.part}`, v] as const))(
  "draws %s where the server takes it to be drawn",
  (_, v) => expect(new Field(v.field).between(v.a, v.b, v.part)).toBe(v.value),
);
