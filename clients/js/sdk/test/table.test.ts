import { beforeEach, describe, expect, test } from "vitest";
import { ProtocolError } from "../src/errors/protocol-error.js";
import { StringTable } from "../src/state/strings.js";
import { Table } from "../src/state/table.js";
import { curves } from "../src/state/curves.js";
import { plain } from "../src/state/plain.js";
import { World } from "../src/state/world.js";
import { Reader } from "../src/wire/reader.js";
import { pack, pond, type Pond, type Wire } from "./support/pond.js";

const none = new Uint8Array(0);

let world: World;
let strings: StringTable;
let ducks: Table<Pond["tables"]["duck"]>;
let renderTick: number;

beforeEach(() => {
  world = new World(pond, plain, 7);
  strings = new StringTable();
  ducks = new Table("duck");
  renderTick = 0;
  ducks.attach({ state: world.tables[1]!, strings, renderTick: () => renderTick, reach: 4 });
});

/** A body in which only the duck table says something. */
function body(leaves: number[], enters: number[][], bits: Uint8Array = none, values: number[] = []): Reader {
  const table: Wire = [leaves, bits, values, enters.flat()];
  return new Reader(pack([0, null, table]));
}

/** Slot, generation, owner, x word, angle word, awake. */
const duck = (slot: number, x: number, angle = 0, generation = 1) => [slot, generation, 7, x, angle, 1];

function seen(tick: number): { id: number; x: number; angle: number }[] {
  renderTick = tick;
  const all: { id: number; x: number; angle: number }[] = [];
  ducks.forEach((row, id) => all.push({ id, x: row.x, angle: row.angle }));
  return all;
}

const id = (slot: number, generation = 1) => (1 << 26) | (generation << 16) | slot;

describe("a table drawn between snapshots", () => {
  test("moves smoothly", () => {
    world.full(body([], [duck(3, 40)]), 10);
    world.delta(body([], [], Uint8Array.from([0b1100_0000]), [8]), 12);
    expect(seen(10).map((d) => d.x)).toEqual([10]);
    expect(seen(11).map((d) => d.x)).toEqual([11]);
    expect(seen(11.5).map((d) => d.x)).toEqual([11.5]);
  });

  test("moves on a curve through rows at unequal distances, and goes on where it ends", () => {
    const bent = structuredClone(pond) as { tables: { fields: { interp?: string }[] }[] } & typeof pond;
    bent.tables[1]!.fields[1]!.interp = "hermite";
    world = new World(bent, plain, 7);
    ducks.attach({ state: world.tables[1]!, strings, renderTick: () => renderTick, reach: 4, curves });
    // x is the square of the ticks since 10, a parabola: 0, 4, 9, 36.
    world.full(body([], [duck(3, 0)]), 10);
    for (const [tick, residual] of [[12, 16], [13, 12], [16, 48]] as const)
      world.delta(body([], [], Uint8Array.from([0b1100_0000]), [residual]), tick);
    expect([13, 14, 14.5, 16, 17].map((t) => seen(t)[0]!.x)).toEqual([9, 16, 20.25, 36, 48]);
  });

  test("goes on beyond the newest state, and stops after its reach", () => {
    world.full(body([], [duck(3, 40)]), 10);
    world.delta(body([], [], Uint8Array.from([0b1100_0000]), [8]), 12);
    expect([12, 13, 16, 20].map((t) => seen(t)[0]!.x)).toEqual([12, 13, 16, 16]);
  });

  test("holds what has just entered, and what was seen too long ago", () => {
    world.full(body([], [duck(3, 40)]), 10);
    expect(seen(12)[0]!.x).toBe(10);
    world.delta(body([], [], Uint8Array.from([0b1100_0000]), [8]), 27);
    expect(seen(29)[0]!.x).toBe(12);
  });

  test("does not go on out of the field's range", () => {
    world.full(body([], [duck(3, 3190)]), 10);
    world.delta(body([], [], Uint8Array.from([0b1100_0000]), [8]), 11);
    expect(seen(15)[0]!.x).toBe(800);
  });

  test("holds what is not smooth at its newest state", () => {
    world.full(body([], [duck(3, 40)]), 10);
    world.delta(body([], [], Uint8Array.from([0b1001_0000]), [0]), 11);
    const awake: boolean[] = [];
    for (const tick of [10.5, 11, 13]) {
      renderTick = tick;
      ducks.forEach((row) => awake.push(row.awake));
    }
    expect(awake).toEqual([true, false, false]);
  });

  test("turns the shorter way round", () => {
    world.full(body([], [duck(3, 0, 250)]), 10);
    world.delta(body([], [], Uint8Array.from([0b1010_0000]), [10]), 11);
    expect(seen(10.5)[0]!.angle).toBeCloseTo(255 * 1.40625, 3);
    expect(seen(11)[0]!.angle).toBeCloseTo(4 * 1.40625, 3);
  });

  test("an entity that has left stays on its way while the others go on at their pace", () => {
    world.full(body([], [duck(3, 40), duck(5, 40)]), 10);
    world.delta(body([], [], Uint8Array.from([0b1100_1100]), [4, 4]), 11);
    for (let tick = 12; tick < 16; tick++) world.delta(body([], []), tick);
    world.delta(body([3], []), 16);
    world.delta(body([], []), 17);
    expect(seen(14.5).map((d) => d.x)).toEqual([14.5, 14.5]);
    expect(seen(15.5).map((d) => d.x)).toEqual([15.5, 15.5]);
    expect(seen(16).map((d) => d.x)).toEqual([16]);
  });

  test("shows an entity from the tick at which it entered until the one at which it left", () => {
    world.full(body([], [duck(3, 0)]), 10);
    world.delta(body([], [duck(4, 0)]), 11);
    world.delta(body([3], []), 12);
    expect(seen(10.9).map((d) => d.id)).toEqual([id(3)]);
    expect(
      seen(11.5)
        .map((d) => d.id)
        .sort(),
    ).toEqual([id(3), id(4)]);
    expect(seen(12).map((d) => d.id)).toEqual([id(4)]);
  });

  test("shows what a FULL brings at once", () => {
    world.full(body([], [duck(3, 0)]), 500);
    expect(seen(490)).toHaveLength(1);
  });

  test("keeps an entity that was sent anew in one piece", () => {
    world.full(body([], [duck(3, 0)]), 10);
    world.delta(body([3], [duck(3, 40)]), 11);
    expect(seen(10.5)).toEqual([{ id: id(3), x: 5, angle: 0 }]);
    // Sent anew, it has no speed yet.
    world.delta(new Reader(pack([0])), 12);
    expect(seen(12)[0]!.x).toBe(10);
  });

  test("tells a new entity in an old slot from the old one", () => {
    world.full(body([], [duck(3, 0)]), 10);
    world.delta(body([3], [duck(3, 400, 0, 2)]), 11);
    expect(seen(10.5)).toEqual([{ id: id(3), x: 0, angle: 0 }]);
    expect(seen(11)).toEqual([{ id: id(3, 2), x: 100, angle: 0 }]);
  });

  test("does not keep what left long ago, drawn or not", () => {
    world.full(body([], []), 1);
    for (let tick = 2; tick < 2000; tick += 2) {
      world.delta(body([], [duck(1, 0)]), tick);
      world.delta(body([1], []), tick + 1);
      world.collect(0);
    }
    expect(seen(1e9)).toEqual([]);
    expect(seen(1990.5).length).toBe(1);
    expect(seen(100.5)).toEqual([]);
  });
});

describe("the newest state", () => {
  test("is found by id", () => {
    world.full(body([], [duck(3, 40), duck(9, 80)]), 10);
    expect(ducks.get(id(9))).toEqual({ owner: 7, x: 20, angle: 0, awake: true });
    expect(ducks.get(id(9, 2))).toBeUndefined();
    expect(ducks.get(id(4))).toBeUndefined();
    expect(ducks.rows().map((d) => d.entityId)).toEqual([id(3), id(9)]);
  });

  test("has the strings that ids stand for", () => {
    const players = new Table<Pond["tables"]["players"]>("players");
    players.attach({ state: world.tables[0]!, strings, renderTick: () => 1, reach: 0 });
    strings.set(5, "Ann <b>");
    world.full(new Reader(pack([0, [[], none, [], [0, 1, 7, 5, 0]]])), 1);
    expect(players.rows()[0]).toMatchObject({ id: 7, name: "Ann <b>", bot: false });
  });
});

describe("a body that does not fit", () => {
  beforeEach(() => world.full(body([], [duck(3, 40), duck(9, 80)]), 10));

  test.each([
    ["leaves an unknown slot", body([4], [])],
    ["leaves out of order", body([9, 3], [])],
    ["enters a known slot", body([], [duck(3, 0)])],
    ["enters out of order", body([], [duck(12, 0), duck(11, 0)])],
    ["enters with generation 0", body([], [duck(12, 0, 0, 0)])],
    ["enters half a row", body([], [[12, 1, 7]])],
    ["has too few bits", body([], [], Uint8Array.from([0xe0]), [1, 1, 0])],
    ["has bits too many", body([], [], Uint8Array.from([0, 0]), [])],
    ["sets an unused bit", body([], [], Uint8Array.from([1]), [])],
    ["changes no field", body([], [], Uint8Array.from([0x80]), [])],
    ["has a value too many", body([], [], Uint8Array.from([0xc0]), [1, 1])],
    ["leaves the range", body([], [], Uint8Array.from([0xc0]), [3300])],
    ["has a table too many", new Reader(pack([0, null, null, null]))],
    ["has an unknown flag", new Reader(pack([4]))],
  ])("%s", (_, r) => expect(() => world.delta(r, 11)).toThrow(ProtocolError));
});
