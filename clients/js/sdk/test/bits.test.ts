import { describe, expect, test } from "vitest";
import * as fault from "../src/errors/faults.js";
import { ProtocolError } from "../src/errors/protocol-error.js";
import { BitReader } from "../src/state/bits.js";
import { Field } from "../src/state/field.js";
import { between, seeded } from "./support/random.js";
import { fails } from "./support/fails.js";

/** A reader of bits written as text. */
function reader(text: string): BitReader {
  const bytes = text.replaceAll(" ", "").match(/.{1,8}/g) ?? [];
  return new BitReader().reset(Uint8Array.from(bytes, (b) => Number.parseInt(b.padEnd(8, "0"), 2)));
}

describe("bits", () => {
  test("are read from the highest down, across bytes", () => {
    const r = reader("1 0 110 00000000000000000000000000000101 1111");
    expect([r.bit(), r.bit(), r.take(3), r.take(32), r.take(4)]).toEqual([true, false, 6, 5, 15]);
    r.end();
  });

  test.each([1, 7, 8, 24, 25, 31, 32])("of %d at every offset", (n) => {
    const random = seeded(n);
    for (let offset = 0; offset < 16; offset++) {
      const value = between(random, 0, 2 ** n - 1);
      const r = reader("1".repeat(offset) + value.toString(2).padStart(n, "0"));
      r.take(offset);
      expect(r.take(n)).toBe(value);
    }
  });

  test.each([
    ["1", 0],
    ["010", 1],
    ["011", 2],
    ["00111", 6],
    [`${"0".repeat(16)}1${"0".repeat(16)}`, 65535],
  ])("a count written %s is %d", (text, want) => expect(reader(text).count(65536)).toBe(want));

  test("a count over what is possible is refused", () => {
    expect(() => reader("011").count(1)).toThrow(ProtocolError);
    expect(() => reader("0".repeat(40)).count(65536)).toThrow(ProtocolError);
  });

  test("left over, set behind the end and missing are refused", () => {
    expect(() => reader("00000000 00000000").end()).toThrow(fails(fault.bitsLeft));
    const set = reader("00000001");
    set.take(5);
    expect(() => set.end()).toThrow(fails(fault.unusedBit));
    const r = reader("1111");
    r.take(9);
    expect(() => r.check()).toThrow(fails(fault.bitsEndEarly));
  });

  test("of a message before do not come back", () => {
    const r = reader("1".repeat(64)).reset(Uint8Array.of(0));
    expect(r.take(8)).toBe(0);
    r.end();
  });
});

describe("a Rice code", () => {
  /** As PROTOCOL.md section 8 writes it. */
  function rice(r: number, k: number, width: number): string {
    const z = r >= 0 ? 2 * r : -2 * r - 1;
    const q = Math.floor(z / 2 ** k);
    if (q > 11) return "1".repeat(12) + (r < 0 ? r + 2 ** width : r).toString(2).padStart(width, "0");
    return `${"1".repeat(q)}0${k > 0 ? (z % 2 ** k).toString(2).padStart(k, "0") : ""}`;
  }

  test.each([1, 2, 8, 17, 27, 28, 31, 32])("of %d bits is read for every parameter", (width) => {
    const random = seeded(width);
    const field = new Field({ name: "f", kind: "int", bits: width, lo: -(2 ** (width - 1)), hi: 2 ** (width - 1) - 1 });
    for (let k = 0; k < width; k++) {
      for (let i = 0; i < 40; i++) {
        const most = Math.min(2 ** (width - 1) - 1, i % 2 === 0 ? 12 * 2 ** k : 2 ** width);
        const residual = between(random, -most - 1, most);
        if (residual < -(2 ** (width - 1))) continue;
        const r = reader(rice(residual, k, width));
        expect(field.reduce(r.rice(k, width)), `${residual} with ${k}`).toBe(residual | 0);
        r.end();
      }
    }
  });
});
