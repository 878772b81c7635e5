import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { wordOf } from "../../sdk/src/predict/words.js";
import { cos, sin } from "../../sdk/src/sim/sine.js";
import { Field } from "../../sdk/src/state/field.js";
import { arena, type ArenaTableShip } from "../src/arena.gen.js";
import { moveShip } from "../src/move.js";

interface Move {
  /** Turn, thrust, fire. */
  readonly input: readonly [number, number, number];
  readonly rate: number;
  /** Rows of table ship as the wire has them. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** float32 bits that the step leaves in x, y, angle, vx, vy, before the row is rounded. */
  readonly bits: readonly number[];
  readonly shoots: boolean;
}

/** Golden vectors that the Go side writes. */
const vectors = JSON.parse(readFileSync(new URL("../../../../game/arena/testdata/move.json", import.meta.url), "utf8")) as {
  readonly fields: readonly string[];
  readonly directions: readonly (readonly [number, number])[];
  readonly moves: readonly Move[];
};

const fields = arena.tables.find((t) => t.name === "ship")!.fields.map((f) => new Field(f));

function row(words: readonly number[]): ArenaTableShip {
  return Object.fromEntries(
    fields.map((f, i) => [f.name, f.kind === "bool" ? words[i] !== 0 : f.number(words[i]!)]),
  ) as unknown as ArenaTableShip;
}

const bitsOf = (n: number) => new Uint32Array(Float32Array.of(n).buffer)[0]!;

test("the vectors are of this table", () => expect(vectors.fields).toEqual(fields.map((f) => f.name)));

test("directions are those of the server", () => {
  expect(vectors.directions.map((_, i) => [cos(i), sin(i)].map((n) => n * 65536 + 0))).toEqual(vectors.directions);
});

test("the step comes to the server's bits in every vector, and its row to the server's words", () => {
  expect(vectors.moves.length).toBeGreaterThan(100);
  for (const [i, move] of vectors.moves.entries()) {
    const ship = row(move.before);
    const [turn, thrust, fire] = move.input;
    const shoots = moveShip(ship, { turn, thrust: thrust === 1, fire: fire === 1 }, Math.fround(1 / move.rate));
    const moved = [ship.x, ship.y, ship.angle, ship.vx, ship.vy];
    expect(moved.map(bitsOf), `vector ${i}`).toEqual(move.bits);
    expect(shoots, `vector ${i}`).toBe(move.shoots);
    const words = fields.map((f) => wordOf(f, ship[f.name as keyof ArenaTableShip]) >>> 0);
    expect(words, `vector ${i}`).toEqual(move.after);
  }
});

test("a ship without hull stays where it is", () => {
  const wreck = { ...row(vectors.moves[0]!.before), hp: 0, vx: 100 };
  const before = { ...wreck };
  expect(moveShip(wreck, { turn: 1, thrust: true, fire: true }, 1 / 30)).toBe(false);
  expect(wreck).toEqual(before);
});
