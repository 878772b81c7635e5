// Measures what decoding a snapshot costs per entity, in both codecs:
//
//   npm run bench:decode [ENTITIES] [TICKS]
//
// Ships with position, heading, hull and score fly curves, every one in every snapshot; each sixth fires or is hit. Prints the
// median of several rounds, in nanoseconds of processor time per entity, and bytes per entity.
import type { RoomSchema } from "../src/schema-type.js";
import { packed } from "../src/state/packed.js";
import { plain } from "../src/state/plain.js";
import { World } from "../src/state/world.js";
import { Reader } from "../src/wire/reader.js";
import { BitWriter, PlainWriter, type SentRow } from "../test/support/body-writer.js";
import { pack } from "../test/support/pond.js";

const entities = Number(process.argv[2] ?? 100);
const ticks = Number(process.argv[3] ?? 1000);
const rounds = 25;

const schema: RoomSchema = {
  game: "bench",
  tables: [
    { name: "players", fields: [{ name: "id", kind: "player", bits: 32, lo: 0, hi: 4294967295, once: true }] },
    {
      name: "ship",
      fields: [
        { name: "owner", kind: "player", bits: 32, lo: 0, hi: 4294967295, once: true },
        { name: "x", kind: "fixed", bits: 17, lo: 0, hi: 128000, interp: "lerp", step: 0.03125 },
        { name: "y", kind: "fixed", bits: 17, lo: 0, hi: 128000, interp: "lerp", step: 0.03125 },
        { name: "angle", kind: "fixed", bits: 10, lo: 0, hi: 1023, interp: "lerp", step: Math.PI / 512, wrap: true },
        { name: "hp", kind: "uint", bits: 8, lo: 0, hi: 255 },
        { name: "score", kind: "uint", bits: 16, lo: 0, hi: 65535 },
      ],
    },
  ],
  events: [],
  input: [],
  calls: [],
};
const { fields } = schema.tables[1]!;
const none = new Uint8Array(0);

/** Where ship i is at a tick. */
function row(i: number, tick: number): SentRow {
  const t = tick * (0.01 + 0.0003 * i);
  const x = Math.round(64000 + (20000 + 90 * i) * Math.sin(t) + 3000 * Math.sin(3.7 * t));
  const y = Math.round(64000 + (20000 + 70 * i) * Math.cos(1.3 * t));
  return { tick, words: [i + 1, x, y, Math.round(163 * t) & 1023, (tick + i) % 6 === 0 ? tick & 255 : 100, 7] };
}

/** The rows of ship i that were sent before a tick. */
function sentBefore(i: number, tick: number): SentRow[] {
  return [1, 2, 3].filter((n) => tick - n >= 1).map((n) => row(i, tick - n));
}

const everyone = Array.from({ length: entities }, (_, i) => i);

/** The body of a tick: everyone enters in the first, and moves in the others. */
const bodies = {
  plain(tick: number): Uint8Array {
    if (tick === 1) return pack([0, null, [[], none, [], everyone.flatMap((i) => [i, 1, ...row(i, 1).words])]]);
    const b = new PlainWriter();
    for (const i of everyone) b.record(fields, sentBefore(i, tick), row(i, tick));
    return pack([0, null, [[], b.bits, b.values, []]]);
  },
  packed(tick: number): Uint8Array {
    const b = new BitWriter();
    b.put(0, 2);
    // Of the table of players: no leaves, no enters. Then no ship leaves.
    for (let n = 0; n < 3; n++) b.count(0);
    if (tick > 1) for (const i of everyone) b.record(fields, sentBefore(i, tick), row(i, tick));
    b.count(tick === 1 ? entities : 0);
    if (tick === 1) for (const i of everyone) b.enter(0, fields, row(i, 1).words);
    return pack(b.done());
  },
};

for (const name of ["plain", "packed"] as const) {
  const messages = Array.from({ length: ticks }, (_, n) => bodies[name](n + 1));
  const costs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const world = new World(schema, { plain, packed }[name], 1);
    world.full(new Reader(messages[0]!), 1);
    const start = process.cpuUsage().user;
    for (let n = 1; n < ticks; n++) world.delta(new Reader(messages[n]!), n + 1);
    costs.push(((process.cpuUsage().user - start) * 1e3) / (ticks - 1) / entities);
    // What was decoded must be what was encoded.
    const table = world.tables[1]!;
    for (const i of everyone) {
      const at = table.newestRow(table.find(((1 << 26) | (1 << 16) | i) >>> 0)!);
      if (row(i, ticks).words.some((word, f) => table.words[at + f] !== word)) throw new Error(`ship ${i} is not where it was sent`);
    }
  }
  costs.sort((a, b) => a - b);
  const bytes = messages.slice(1).reduce((sum, m) => sum + m.length, 0) / (ticks - 1) / entities;
  console.log(
    `${name}: ${costs[rounds >> 1]!.toFixed(1)} ns per entity (fastest round ${costs[0]!.toFixed(1)}), ${bytes.toFixed(2)} bytes per entity, ` +
      `${entities} entities, ${ticks} snapshots, node ${process.version}`,
  );
}
