// Decodes recorded messages of both codecs and compares what they lead to, tick by tick and word by word:
//
//   go run ./bench/wire --trace FILE --step 0.25 --dump DIR     (in the repository's root)
//   npm run bench:replay DIR
//
// Prints what decoding costs, in nanoseconds of processor time per live entity and snapshot: the median of 25 rounds, of all that
// the process does meanwhile, collecting garbage included. bench/wire itself has compared what Go decodes with the movement that was
// recorded.
import { readFileSync } from "node:fs";
import { checksum } from "../src/state/checksum.js";
import { readSchema } from "../src/state/schema.js";
import type { Codec } from "../src/state/codec.js";
import { packed } from "../src/state/packed.js";
import { plain } from "../src/state/plain.js";
import { World } from "../src/state/world.js";
import { Reader } from "../src/wire/reader.js";
import { readDeltaHead } from "../src/wire/server-messages.js";

const player = 1;
const rounds = 25;
const folder = process.argv[2];
if (folder === undefined) throw new Error("give the folder that bench/wire has dumped into");

const fromHex = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const schemaBytes = fromHex(readFileSync(`${folder}/schema.hex`, "utf8").trim());

/** The messages of one codec, and how many entities are live in all of them together. */
function load(name: string): { messages: Uint8Array[]; live: number } {
  const lines = readFileSync(`${folder}/${name}.csv`, "utf8").trim().split("\n").slice(1);
  const rows = lines.map((line) => line.split(","));
  return { messages: rows.map((r) => fromHex(r[3]!)), live: rows.reduce((sum, r) => sum + Number(r[1]), 0) };
}

function apply(world: World, message: Uint8Array): void {
  const r = new Reader(message);
  const n = r.array();
  if (r.uint() === 1) world.full(r, r.uint());
  else world.delta(r, readDeltaHead(r, n, world.tick).tick);
  r.end();
}

const newWorld = (codec: Codec) => new World(readSchema(new Reader(schemaBytes)), codec, player);

const plainly = load("plain");
const packedly = load("packed");
if (plainly.messages.length !== packedly.messages.length) throw new Error("the codecs have different numbers of messages");
const [a, b] = [newWorld(plain), newWorld(packed)];
plainly.messages.forEach((message, i) => {
  apply(a, message);
  apply(b, packedly.messages[i]!);
  if (a.tick !== b.tick || checksum(a) !== checksum(b)) throw new Error(`the codecs disagree after message ${i}`);
});
console.log(`${plainly.messages.length} messages: both codecs lead to the same state after each`);

for (const [name, codec, { messages, live }] of [
  ["plain", plain, plainly],
  ["packed", packed, packedly],
] as const) {
  const costs = Array.from({ length: rounds }, () => {
    const world = newWorld(codec);
    const start = process.cpuUsage();
    for (const message of messages) apply(world, message);
    const { user, system } = process.cpuUsage(start);
    return ((user + system) * 1e3) / live;
  }).sort((x, y) => x - y);
  const bytes = messages.reduce((sum, m) => sum + m.length, 0) / live;
  console.log(`${name}: ${costs[rounds >> 1]!.toFixed(1)} ns and ${bytes.toFixed(2)} bytes per live entity, ${process.version}`);
}
