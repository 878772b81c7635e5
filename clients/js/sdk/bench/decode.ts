// Measures what decoding a snapshot of codec `packed` costs per entity:
//
//   npm run bench:decode [ENTITIES] [TICKS]
//
// Ships with position, heading, hull and score fly curves, every one in every snapshot; each sixth fires or is hit. Prints the
// median of several rounds, in nanoseconds of processor time per entity, and bytes per entity.
import { codec, World } from "../src/state/world.js";
import { Reader } from "../src/wire/reader.js";
import { Writer } from "../src/wire/writer.js";
import type { RoomSchema } from "../src/schema-type.js";
import { Field } from "../src/state/field.js";
import { Motion } from "../src/state/motion.js";

const entities = Number(process.argv[2] ?? 100);
const ticks = Number(process.argv[3] ?? 3000);
const rounds = 9;

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
const fields = schema.tables[1]!.fields.map((f) => new Field(f));

/** Collects bits, most significant first. */
class Bits {
  #text = "";
  put(n: number, width: number): void {
    if (width > 0) this.#text += n.toString(2).padStart(width, "0");
  }
  count(n: number): void {
    const digits = (n + 1).toString(2);
    this.#text += "0".repeat(digits.length - 1) + digits;
  }
  rice(residual: number, k: number, width: number): void {
    const z = residual >= 0 ? 2 * residual : -2 * residual - 1;
    const q = Math.floor(z / 2 ** k);
    if (q > 11) {
      this.#text += "1".repeat(12);
      this.put(residual < 0 ? residual + 2 ** width : residual, width);
    } else {
      this.#text += `${"1".repeat(q)}0`;
      this.put(z % 2 ** k, k);
    }
  }
  message(): Uint8Array {
    const bytes = this.#text.match(/.{1,8}/g)!.map((b) => Number.parseInt(b.padEnd(8, "0"), 2));
    return Uint8Array.from(new Writer().bin(Uint8Array.from(bytes)).done());
  }
}

/** Where ship i is at a tick. */
function row(i: number, tick: number): number[] {
  const t = tick * (0.01 + 0.0003 * i);
  const x = Math.round(64000 + (20000 + 90 * i) * Math.sin(t) + 3000 * Math.sin(3.7 * t));
  const y = Math.round(64000 + (20000 + 70 * i) * Math.cos(1.3 * t));
  return [i + 1, x, y, Math.round(163 * t) & 1023, (tick + i) % 6 === 0 ? tick & 255 : 100, 7];
}

function full(): Uint8Array {
  const b = new Bits();
  b.put(0, 2);
  for (let n = 0; n < 2; n++) b.count(0); // table players: no leaves, no enters
  b.count(0);
  b.count(entities);
  for (let i = 0; i < entities; i++) {
    b.count(0);
    b.put(1, 10);
    row(i, 1).forEach((word, f) => b.put(word, fields[f]!.bits));
  }
  return b.message();
}

function delta(tick: number): Uint8Array {
  const b = new Bits();
  b.put(0, 2);
  for (let n = 0; n < 3; n++) b.count(0);
  const motion = new Motion();
  motion.set(tick, tick - 1, tick - 2, tick - 3, Math.min(3, tick - 1));
  for (let i = 0; i < entities; i++) {
    const now = row(i, tick);
    const [s1, s2, s3] = [1, 2, 3].map((n) => row(i, Math.max(1, tick - n))) as [number[], number[], number[]];
    const missed = [1, 2, 3].map((f) => (motion.curve ? motion.missed(fields[f]!, s1[f]!, s2[f]!, s3[f]!) : 0));
    const residuals = [1, 2, 3].map((f) => fields[f]!.signed(now[f]! - motion.predict(fields[f]!, s1[f]!, s2[f]!)));
    if (motion.curve && missed.every((m) => m === 0)) {
      const calm = residuals.every((r) => r === 0) && now[4] === s1[4];
      b.put(calm ? 1 : 0, 1);
      if (calm) continue;
    }
    [1, 2, 3].forEach((f, n) => b.rice(residuals[n]!, motion.rice(fields[f]!, s1[f]!, s2[f]!, missed[n]!), fields[f]!.bits));
    const hit = now[4] !== s1[4];
    b.put(hit ? 1 : 0, 1);
    if (hit) {
      b.put(1, 1);
      b.put(now[4]!, 8);
      b.put(0, 1);
    }
  }
  b.count(0);
  return b.message();
}

const messages = [full(), ...Array.from({ length: ticks }, (_, n) => delta(n + 2))];
const costs: number[] = [];
for (let round = 0; round < rounds; round++) {
  const world = new World(schema, codec.packed, 1);
  world.full(new Reader(messages[0]!), 1);
  const start = process.cpuUsage().user;
  for (let n = 1; n <= ticks; n++) world.delta(new Reader(messages[n]!), n + 1);
  costs.push(((process.cpuUsage().user - start) * 1e3) / ticks / entities);
  // What was decoded must be what was encoded.
  const table = world.tables[1]!;
  for (let i = 0; i < entities; i++) {
    const at = table.newestRow(table.find(((1 << 26) | (1 << 16) | i) >>> 0));
    if (row(i, ticks + 1).some((word, f) => table.words[at + f] !== word)) throw new Error(`ship ${i} is not where it was sent`);
  }
}
costs.sort((a, b) => a - b);
const bytes = messages.slice(1).reduce((sum, m) => sum + m.length, 0) / ticks / entities;
console.log(
  `${costs[rounds >> 1]!.toFixed(1)} ns per entity (fastest round ${costs[0]!.toFixed(1)}), ${bytes.toFixed(2)} bytes per entity, ` +
    `${entities} entities, ${ticks} snapshots, node ${process.version}`,
);
