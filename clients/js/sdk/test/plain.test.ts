import { beforeEach, expect, test } from "vitest";
import { ProtocolError } from "../src/errors/protocol-error.js";
import type { RoomSchema } from "../src/schema-type.js";
import { plain } from "../src/state/plain.js";
import { World } from "../src/state/world.js";
import { Reader } from "../src/wire/reader.js";
import { pack, type Wire } from "./support/pond.js";

const schema: RoomSchema = {
  game: "bank",
  tables: [
    {
      name: "purse",
      fields: [
        { name: "owner", kind: "player", bits: 4, lo: 0, hi: 9, once: true },
        { name: "x", kind: "fixed", bits: 8, lo: 0, hi: 200, interp: "lerp", step: 1 },
        { name: "coins", kind: "uint", bits: 8, lo: 0, hi: 99, owneronly: true },
        { name: "notes", kind: "uint", bits: 8, lo: 0, hi: 99, owneronly: true },
      ],
    },
  ],
  events: [],
  input: [],
  calls: [],
};

const none = new Uint8Array(0);
/** Player 7's purse in slot 2 and player 3's in slot 4. */
const enters = [2, 1, 7, 100, 4, 1, 3, 50];

let world: World;

const body = (flags: number, leaves: number[], bits: Uint8Array, values: number[], entering: number[], owned: Wire) =>
  new Reader(pack([flags, [leaves, bits, values, entering, owned]]));

function rows(): number[][] {
  const all: number[][] = [];
  const [table] = world.tables;
  table!.eachKnown((cell) => all.push([...table!.words.subarray(table!.newestRow(cell), table!.newestRow(cell) + 4)]));
  return all;
}

beforeEach(() => {
  world = new World(schema, plain, 7);
  world.full(body(0, [], none, [], enters, [0b11, 20, 5]), 1);
});

test("the owner's fields come with the own entity alone", () => {
  expect(rows()).toEqual([
    [7, 100, 20, 5],
    [3, 50, 0, 0],
  ]);
});

test("the mask's highest bit is the first field, and what it leaves out stays", () => {
  world.delta(body(0, [], none, [], [], [0b10, 21]), 2);
  expect(rows()[0]).toEqual([7, 100, 21, 5]);
  world.delta(body(0, [], none, [], [], [0b01, 6]), 3);
  expect(rows()[0]).toEqual([7, 100, 21, 6]);
});

test("an own entity that is not in a partial message has no mask", () => {
  // Slot 2 absent; slot 4 present and changed in x by 3.
  world.delta(body(1, [], Uint8Array.of(0b0111_0000), [3], [], []), 2);
  expect(rows()).toEqual([
    [7, 100, 20, 5],
    [3, 53, 0, 0],
  ]);
});

test.each([128, -129, 2 ** 40])("a residual of %d is wider than its field", (residual) => {
  expect(() => world.delta(body(0, [], Uint8Array.of(0b1100_0000), [residual], [], []), 2)).toThrow("over 8 bits");
});

test("an own entity that was sent anew begins with zeros", () => {
  world.delta(body(0, [2], none, [], [2, 1, 7, 90], [0]), 2);
  expect(rows()[0]).toEqual([7, 90, 0, 0]);
});

test.each([
  ["a value that belongs to no entity", [0, 9]],
  ["a mask for an entity of another's", [0, 0]],
  ["no mask for an own one", []],
  ["a mask of more fields than there are", [4]],
  ["a value out of range", [0b10, 100]],
])("%s is refused", (_, owned) => {
  expect(() => world.delta(body(0, [], none, [], [], owned), 2)).toThrow(ProtocolError);
});
