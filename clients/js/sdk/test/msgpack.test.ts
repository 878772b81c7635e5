import { describe, expect, test } from "vitest";
import { ProtocolError } from "../src/errors/protocol-error.js";
import { Reader } from "../src/wire/reader.js";
import { skip } from "../src/wire/skip.js";
import { Writer } from "../src/wire/writer.js";
import { between, seeded } from "./support/random.js";
import { fromHex, toHex } from "./support/vectors.js";

const edges = [
  0,
  1,
  31,
  32,
  127,
  128,
  255,
  256,
  32767,
  32768,
  65535,
  65536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
];

describe("integers", () => {
  test.each([...edges, ...edges.map((n) => -n)])("%d comes back", (n) => {
    const bytes = new Writer().int(n).done();
    expect(new Reader(bytes).int()).toBe(n === 0 ? 0 : n);
  });

  test.each([
    [0, "00"],
    [127, "7f"],
    [128, "cc80"],
    [256, "cd0100"],
    [65536, "ce00010000"],
    [2 ** 32, "cf0000000100000000"],
    [-1, "ff"],
    [-32, "e0"],
    [-33, "d0df"],
    [-129, "d1ff7f"],
    [-32769, "d2ffff7fff"],
    [-(2 ** 31) - 1, "d3ffffffff7fffffff"],
  ])("%d is written in its shortest form", (n, hex) => {
    expect(toHex(new Writer().int(n).done())).toBe(hex);
  });

  test.each(["05", "cc05", "cd0005", "ce00000005", "cf0000000000000005", "d005", "d10005", "d200000005", "d30000000000000005"])(
    "5 is read from %s",
    (hex) => expect(new Reader(fromHex(hex)).int()).toBe(5),
  );

  test.each(["cf0020000000000000", "d3ffdfffffffffffff", "c0", "ca3f800000", "a0", "90"])("%s is no integer", (hex) => {
    expect(() => new Reader(fromHex(hex)).int()).toThrow(ProtocolError);
  });
});

/** Writes a random value and returns how to read it again. */
function anything(w: Writer, random: () => number): (r: Reader) => void {
  switch (between(random, 0, 4)) {
    case 0: {
      const n = Math.floor((random() - 0.5) * 2 ** between(random, 1, 53));
      w.int(n);
      return (r) => expect(r.int()).toBe(n);
    }
    case 1: {
      const s = "ü".repeat(between(random, 0, 200));
      w.str(s);
      return (r) => expect(r.str(400)).toBe(s);
    }
    case 2: {
      const b = Uint8Array.from({ length: between(random, 0, 300) }, () => between(random, 0, 255));
      w.bin(b);
      return (r) => expect(toHex(r.bin())).toBe(toHex(b));
    }
    case 3: {
      const f = Math.fround(random() * 1e6);
      w.f32(f);
      return (r) => expect(r.f32()).toBe(f);
    }
    default:
      w.nil();
      return (r) => expect(r.nil()).toBe(true);
  }
}

test.each(Array.from({ length: 20 }, (_, seed) => seed))(
  "a message written with seed %d reads back, and no prefix of it does",
  (seed) => {
    const random = seeded(seed);
    const n = between(random, 0, 40);
    const w = new Writer().array(n);
    const checks = Array.from({ length: n }, () => anything(w, random));
    const bytes = w.done();
    const read = (r: Reader) => {
      r.arrayOf(n);
      for (const check of checks) check(r);
      r.end();
    };
    read(new Reader(bytes));
    for (let cut = 0; cut < bytes.length; cut += 1 + (bytes.length >> 6))
      expect(() => read(new Reader(bytes.subarray(0, cut))), `cut at ${cut}`).toThrow(ProtocolError);
  },
);

describe("hostile bytes", () => {
  test.each(["ddffffffff", "dfffffffff", "dcffff", "deffff"])("%s claims more than there is", (hex) => {
    const r = new Reader(fromHex(hex));
    expect(() => (hex.startsWith("dd") || hex.startsWith("dc") ? r.array() : r.map())).toThrow(ProtocolError);
  });

  test.each(["dbffffffff", "c6ffffffff", "d9ff61"])("%s has no such length", (hex) => {
    expect(() => skip(new Reader(fromHex(hex)))).toThrow(ProtocolError);
  });

  test("text must be UTF-8 and no longer than allowed", () => {
    expect(() => new Reader(fromHex("a2c328")).str(10)).toThrow(ProtocolError);
    expect(() => new Reader(fromHex("a3616161")).str(2)).toThrow(ProtocolError);
  });

  test("deep nesting is refused, not followed", () => {
    expect(() => skip(new Reader(new Uint8Array(100_000).fill(0x91)))).toThrow(ProtocolError);
  });

  test.each(["ca7fc00000", "ca7f800000", "cb7ff0000000000000"])("%s is not finite", (hex) => {
    const r = new Reader(fromHex(hex));
    expect(() => (hex.startsWith("ca") ? r.f32() : r.number())).toThrow(ProtocolError);
  });

  test("random bytes never do anything but throw or end", () => {
    const random = seeded(7);
    for (let i = 0; i < 2000; i++) {
      const bytes = Uint8Array.from({ length: between(random, 0, 64) }, () => between(random, 0, 255));
      try {
        skip(new Reader(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }
  });
});
