import { beforeEach, expect, test } from "vitest";
import { ProtocolError } from "../src/errors/protocol-error.js";
import type { RoomSchema } from "../src/schema-type.js";
import { packed } from "../src/state/packed.js";
import { World } from "../src/state/world.js";
import { Reader } from "../src/wire/reader.js";
import { Writer } from "../src/wire/writer.js";

const schema: RoomSchema = {
  game: "mill",
  tables: [
    {
      name: "wheel",
      fields: [
        { name: "owner", kind: "player", bits: 4, lo: 0, hi: 9, once: true },
        { name: "turn", kind: "fixed", bits: 8, lo: 0, hi: 200, interp: "lerp", step: 1 },
        { name: "heat", kind: "f32", bits: 32, lo: 0, hi: 0 },
        { name: "key", kind: "uint", bits: 4, lo: 0, hi: 15, owneronly: true },
      ],
    },
  ],
  events: [],
  input: [],
  calls: [],
};

let world: World;

/** A body of bits written as text. */
function body(text: string): Reader {
  const octets = text.replaceAll(/[ |]/g, "").match(/.{1,8}/g)!;
  const bytes = Uint8Array.from(octets, (b) => Number.parseInt(b.padEnd(8, "0"), 2));
  return new Reader(new Writer().bin(bytes).done());
}

const bits = (n: number, width: number) => n.toString(2).padStart(width, "0");
const heat = (f: number) => bits(new Uint32Array(Float32Array.of(f).buffer)[0]!, 32);
/** Flags, no leaves; one enters: slot 0, generation 1, owner, turn, heat; then, when it is ours, whether its key has changed. */
const entering = (owner: number, turn: number, h: string, own: string) =>
  `00|1|010 1 ${bits(1, 10)} ${bits(owner, 4)} ${bits(turn, 8)} ${h}|${own}`;

function rows(): number[][] {
  const all: number[][] = [];
  const [table] = world.tables;
  table!.eachKnown((entity) => all.push([...table!.words.subarray(table!.newestRow(entity), table!.newestRow(entity) + 4)]));
  return all;
}

beforeEach(() => {
  world = new World(schema, packed, 7);
});

test("an own entity brings its owner's fields, another's does not", () => {
  world.full(body(entering(7, 100, heat(1), `1 ${bits(11, 4)}`)), 1);
  expect(rows()[0]).toMatchObject([7, 100, expect.any(Number), 11]);
  world.full(body(entering(3, 100, heat(1), "")), 2);
  expect(rows()[0]![3]).toBe(0);
});

test("a residual is added, and a held field changed", () => {
  world.full(body(entering(3, 100, heat(1), "")), 1);
  // k is 4 without a line; residual -3 is z 5: no ones, 0101. Then others: yes, heat: yes.
  world.delta(body(`00|1|0 0101 1 1 ${heat(2.5)}|1`), 2);
  expect(rows()[0]!.slice(0, 2)).toEqual([3, 97]);
  expect(new Float32Array(Int32Array.of(rows()[0]![2]!).buffer)[0]).toBe(2.5);
});

test("what a partial message leaves out stays as it is", () => {
  world.full(body(entering(3, 100, heat(1), "")), 1);
  world.delta(body("10|1|0|1"), 2);
  const [table] = world.tables;
  table!.eachKnown((entity) => expect(table!.rows.sentAt(entity)).toBe(1));
  expect(rows()[0]![1]).toBe(100);
});

test.each([
  ["a residual at full width that has a shorter code", () => world.delta(body(`00|1|${"1".repeat(12)}${bits(3, 8)} 0|1`), 2)],
  ["a held field that has changed to what it was", () => world.delta(body(`00|1|0 0000 1 1 ${heat(1)}|1`), 2)],
  ["an own field that has changed to what it was", () => world.full(body(entering(7, 100, heat(1), `1 ${bits(0, 4)}`)), 2)],
  ["a change of nothing", () => world.delta(body("00|1|0 0000 1 0|1"), 2)],
  ["a predicted value out of range", () => world.delta(body(`00|1|${"1".repeat(12)}${bits(120, 8)} 0|1`), 2)],
  ["a held float that is not a number", () => world.delta(body(`00|1|0 0000 1 1 ${bits(0x7fc00000, 32)}|1`), 2)],
  ["an entering value out of range", () => world.full(body(entering(3, 201, heat(1), "")), 2)],
  ["an owner out of range", () => world.full(body(entering(10, 1, heat(1), "")), 2)],
  ["a leave of more than there are", () => world.delta(body("00|011 1 1"), 2)],
  ["a leave beyond the last", () => world.delta(body("00|010 010|0 0000 0|1"), 2)],
  ["a generation of 0", () => world.full(body(`00|1|010 1 ${bits(0, 10)} 0011 ${bits(1, 8)} ${heat(1)}`), 2)],
  ["more enters than bits", () => world.delta(body(`00|1|0 0000 0|${"0".repeat(16)}1${"0".repeat(16)}`), 2)],
  ["bits behind the end", () => world.delta(body("00|1|0 0000 0|1 0000000000000000"), 2)],
  ["a set bit behind the end", () => world.delta(body("00|1|0 0000 0|1 001"), 2)],
])("%s is refused", (_, apply) => {
  world.full(body(entering(3, 100, heat(1), "")), 1);
  expect(apply).toThrow(ProtocolError);
});

test("an entity that was calm and stays so has one record", () => {
  world.full(body(entering(3, 100, heat(1), "")), 1);
  world.delta(body("00|1|0 0000 0|1"), 2); // k is 4 without a line
  world.delta(body("00|1|0 0|1"), 3);
  expect(() => world.delta(body("00|1|0 0 0|1"), 4)).toThrow(ProtocolError);
  world.delta(body("00|1|1|1"), 4);
  expect(rows()[0]!.slice(0, 2)).toEqual([3, 100]);
});

test("a residual that its field has no room for is refused", () => {
  const mood = { name: "mood", kind: "int", bits: 2, lo: -1, hi: 1, interp: "lerp" } as const;
  world = new World({ ...schema, tables: [{ name: "mood", fields: [mood] }] }, packed, 7);
  world.full(body(`00|1|010 1 ${bits(1, 10)} 11|`), 1);
  world.delta(body("00|1|10 0|1"), 2); // k is 1, z is 2: 1
  world.full(body(`00|1|010 1 ${bits(1, 10)} 11|`), 3);
  expect(() => world.delta(body("00|1|110 0|1"), 4)).toThrow(ProtocolError); // z is 4: 2, which would be -2
});

test("a table in which nothing can change has records of no bits", () => {
  const flags: RoomSchema = { ...schema, tables: [{ name: "flag", fields: [{ name: "team", kind: "uint", bits: 1, lo: 0, hi: 1, once: true }] }] };
  world = new World(flags, packed, 7);
  world.full(body(`00|1|010 1 ${bits(1, 10)} 1`), 1);
  for (let tick = 2; tick < 8; tick++) world.delta(body("00|1|1"), tick);
  expect(() => world.delta(body("00|1|1|1"), 8)).toThrow(ProtocolError);
});
