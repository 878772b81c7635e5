import { describe, expect, test } from "vitest";
import type { FieldSchema } from "../src/schema-type.js";
import * as fault from "../src/errors/faults.js";
import { Field } from "../src/state/field.js";
import { writeCall } from "../src/wire/client-messages.js";
import { Reader } from "../src/wire/reader.js";
import { Writer } from "../src/wire/writer.js";
import { fails } from "./support/fails.js";

const fixed = (bits: number, lo: number, hi: number, more: Partial<FieldSchema> = {}) =>
  new Field({ name: "f", kind: "fixed", bits, lo, hi, interp: "lerp", step: 0.5, ...more });

describe("interpolation", () => {
  test("goes straight", () => expect(fixed(16, -3200, 3200).between(0, 10, 0.25)).toBe(1.25));

  test.each([
    [250, 4, 0.25, 252.5],
    [250, 4, 0.75, 1.5],
    [4, 250, 0.75, 252.5],
    [0, 128, 0.5, 192],
  ])("of an angle goes the shorter way: %d to %d", (a, b, part, want) => {
    expect(fixed(8, 0, 255, { wrap: true, step: 1 }).between(a, b, part)).toBe(want);
  });

  test("of floats is by value", () => {
    const f = new Field({ name: "f", kind: "f32", bits: 32, lo: 0, hi: 0, interp: "lerp" });
    const words = [1, 2].map((n) => f.read(new Reader(new Writer().f32(n).done())));
    expect(f.between(words[0]!, words[1]!, 0.5)).toBe(1.5);
  });
});

describe("a value to send", () => {
  const int = new Field({ name: "n", kind: "int", bits: 2, lo: -1, hi: 1 });
  const sent = (field: Field, value: unknown) => {
    const w = new Writer();
    field.write(w, value);
    return new Reader(w.done()).int();
  };

  test.each([
    [5, 1],
    [-5, -1],
    [0.4, 0],
    [NaN, 0],
    [undefined, 0],
    [Infinity, 1],
    [true, 1],
  ])("%s is clamped to %d", (value, want) => expect(sent(int, value)).toBe(want));

  test("a fixed one is rounded to its step from its base", () => {
    expect(sent(fixed(16, -100, 100, { base: 10 }), 12.3)).toBe(5);
  });

  test("text may have as many bytes as its field, and is never cut", () => {
    const w = new Writer();
    const field = new Field({ name: "s", kind: "str", bits: 0, lo: 0, hi: 0, max: 5 });
    const call = (s: string) => new Reader(writeCall(w, 1, 0, [field], { s }));
    expect(() => call("aéé€")).toThrow(new TypeError("s has 8 bytes; at most 5 are allowed"));
    const r = call("aéé");
    for (let n = r.array(); n > 1; n--) r.uint();
    expect([r.array(), r.str(5)]).toEqual([1, "aéé"]);
  });
});

describe("a value from the wire", () => {
  test.each([256, -1])("%d outside lo..hi is refused", (n) => {
    const field = new Field({ name: "n", kind: "uint", bits: 8, lo: 0, hi: 255 });
    expect(() => field.read(new Reader(new Writer().int(n).done()))).toThrow(fails(fault.outOfRange));
  });

  test("a fixed one is base + index * step, as a float32", () => {
    expect(
      new Field({ name: "a", kind: "fixed", bits: 10, lo: 0, hi: 1023, base: 0.1, step: 0.006135923151542565 }).number(511),
    ).toBe(Math.fround(0.1 + 511 * 0.006135923151542565));
  });
});
