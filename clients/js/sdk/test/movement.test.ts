import { describe, expect, test } from "vitest";
import { ProtocolError } from "../src/errors/protocol-error.js";
import type { FieldSchema, RoomSchema } from "../src/schema-type.js";
import { packed } from "../src/state/packed.js";
import { plain } from "../src/state/plain.js";
import { World } from "../src/state/world.js";
import { Reader } from "../src/wire/reader.js";
import { BitWriter, PlainWriter, type SentRow } from "./support/body-writer.js";
import { pack } from "./support/pond.js";
import { between, seeded } from "./support/random.js";

const int32 = 2 ** 31;

/** Fields of all widths: with and without a sign, at the ends of 32 bits, in ranges that leave words out. */
const fields: readonly FieldSchema[] = [
  { name: "owner", kind: "player", bits: 32, lo: 0, hi: 2 * int32 - 1, once: true },
  { name: "x", kind: "fixed", bits: 17, lo: 0, hi: 128000, interp: "lerp", step: 1 },
  { name: "angle", kind: "fixed", bits: 10, lo: 0, hi: 1023, interp: "lerp", step: 1, wrap: true },
  { name: "hp", kind: "uint", bits: 8, lo: 0, hi: 255 },
  { name: "tilt", kind: "fixed", bits: 9, lo: -200, hi: 250, interp: "hermite", step: 1 },
  { name: "far", kind: "int", bits: 32, lo: -int32, hi: int32 - 1, interp: "lerp" },
  { name: "free", kind: "uint", bits: 32, lo: 0, hi: 2 * int32 - 1, interp: "lerp" },
  { name: "lamp", kind: "uint", bits: 1, lo: 0, hi: 1, interp: "lerp" },
  { name: "odd", kind: "int", bits: 31, lo: -(2 ** 30), hi: 2 ** 30 - 1, interp: "lerp" },
];
const schema: RoomSchema = { game: "fair", tables: [{ name: "ride", fields }], events: [], input: [], calls: [] };

/** A row after `row`: often near where a line leads, sometimes anywhere, seldom the same. */
function moved(random: () => number, row: readonly number[], speeds: number[]): number[] {
  return row.map((word, i) => {
    const { lo, hi, once, wrap } = fields[i]!;
    if (once) return word;
    const span = hi - lo + 1;
    const luck = random();
    if (luck < 0.05) return between(random, lo, hi);
    if (luck < 0.1) speeds[i] = Math.floor((random() - 0.5) * span * random() ** 8);
    else if (luck < 0.5) speeds[i]! += between(random, -3, 3);
    const next = word + speeds[i]!;
    if (wrap) return ((next % span) + span) % span;
    return next < lo || next > hi ? word : next;
  });
}

describe.each([1, 2, 3, 4, 5, 6, 7, 8])("movement of seed %d", (seed) => {
  test.each(["plain", "packed"] as const)("comes out of codec %s as it went in, word by word", (name) => {
    const random = seeded(seed);
    const world = new World(schema, { plain, packed }[name], 1);
    const rides = Array.from({ length: 20 }, () => {
      const words = fields.map(({ lo, hi }) => between(random, lo, hi));
      return { sent: [{ tick: 1, words }] as SentRow[], speeds: fields.map(() => 0) };
    });
    const first = new BitWriter();
    first.put(0, 2);
    first.count(0);
    first.count(rides.length);
    for (const { sent } of rides) first.enter(0, fields, sent[0]!.words);
    const enters = rides.flatMap(({ sent }, slot) => [slot, 1, ...sent[0]!.words]);
    world.full(new Reader(pack(name === "packed" ? first.done() : [0, [[], none, [], enters]])), 1);

    let tick = 1;
    for (let n = 0; n < 120; n++) {
      // Mostly one tick after the other, or two; now and then so many that no line is drawn over them.
      tick += random() < 0.8 ? 1 : between(random, 2, random() < 0.2 ? 12 : 4);
      const partial = random() < 0.3;
      const writer = name === "packed" ? new BitWriter() : new PlainWriter();
      if (writer instanceof BitWriter) {
        writer.put(partial ? 0b10 : 0, 2);
        writer.count(0);
      }
      for (const ride of rides) {
        const present = !partial || random() < 0.7;
        if (partial) writer.put(present ? 1 : 0, 1);
        if (!present) continue;
        const now = { tick, words: moved(random, ride.sent[0]!.words, ride.speeds) };
        writer.record(fields, ride.sent, now);
        ride.sent = [now, ...ride.sent.slice(0, 2)];
      }
      if (writer instanceof BitWriter) writer.count(0);
      const body = writer instanceof BitWriter ? writer.done() : [partial ? 1 : 0, [[], writer.bits, writer.values, []]];
      world.delta(new Reader(pack(body)), tick);
      const table = world.tables[0]!;
      const got = rides.map((_, slot) => {
        const entity = table.at(slot);
        const row = table.newestRow(entity);
        return [table.rows.sentAt(entity), ...fields.map(({ lo }, f) => (lo < 0 ? table.words[row + f]! : table.words[row + f]! >>> 0))];
      });
      expect(got, `tick ${tick}`).toEqual(rides.map(({ sent }) => [sent[0]!.tick, ...sent[0]!.words]));
    }
  });
});

const none = new Uint8Array(0);

test("what enters in the place of another keeps what it brought", () => {
  const hp: FieldSchema = { name: "hp", kind: "uint", bits: 8, lo: 0, hi: 255 };
  const world = new World({ ...schema, tables: [{ name: "ride", fields: [hp] }] }, plain, 1);
  const body = (leaves: number[], enters: number[]) => new Reader(pack([0, [leaves, none, [], enters]]));
  let tick = 1;
  world.full(body([], [0, 1, 200]), tick);
  while (tick < 50) world.delta(body([], []), ++tick);
  world.delta(body([0], []), ++tick);
  world.collect(tick);
  world.delta(body([], [0, 2, 7]), ++tick);
  world.delta(body([], []), ++tick);
  const [table] = world.tables;
  expect(table!.words[table!.newestRow(table!.at(0))]).toBe(7);
});

test("bits of codec packed that end long before the last entity are missed at once", () => {
  const x: FieldSchema = { name: "x", kind: "uint", bits: 8, lo: 0, hi: 255, interp: "lerp" };
  const world = new World({ ...schema, tables: [{ name: "ride", fields: [x] }] }, packed, 1);
  const each = 500;
  const messages = 100;
  for (let n = 0; n < messages; n++) {
    // A partial message in which nobody is present, and more enter.
    const b = new BitWriter();
    b.put(0b10, 2);
    b.count(0);
    b.put(0, n * each);
    b.count(each);
    for (let i = 0; i < each; i++) b.enter(i === 0 ? n * each : 0, [x], [0]);
    if (n === 0) world.full(new Reader(pack(b.done())), 1);
    else world.delta(new Reader(pack(b.done())), n + 1);
  }
  expect(world.tables[0]!.size).toBe(each * messages);
  // Flags, no leaves, and then 13 bits for everybody.
  expect(() => world.delta(new Reader(pack(Uint8Array.of(0b0010_0000, 0))), messages + 1)).toThrow(ProtocolError);
});

test("bits of codec plain that end long before the last entity are missed at once", () => {
  const x: FieldSchema = { name: "x", kind: "uint", bits: 8, lo: 0, hi: 255, interp: "lerp" };
  const world = new World({ ...schema, tables: [{ name: "ride", fields: [x] }] }, plain, 1);
  const enters = Array.from({ length: 50_000 }, (_, slot) => [slot, 1, 0]).flat();
  world.full(new Reader(pack([0, [[], none, [], enters]])), 1);
  expect(() => world.delta(new Reader(pack([0, [[], Uint8Array.of(0), [], []]])), 2)).toThrow(ProtocolError);
});
