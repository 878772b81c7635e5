import { beforeEach, expect, test } from "vitest";
import { Doubt } from "../src/predict/doubt.js";
import { predict } from "../src/predict/predict.js";
import type { Hint, Inputs, OwnRows, PredictOptions } from "../src/predict/prediction.js";
import type { RoomSchema } from "../src/schema-type.js";
import { Field } from "../src/state/field.js";
import { StringTable } from "../src/state/strings.js";
import { Table } from "../src/state/table.js";
import { plain } from "../src/state/plain.js";
import { World } from "../src/state/world.js";
import { Reader } from "../src/wire/reader.js";
import { pack } from "./support/pond.js";

interface Boat {
  owner: number;
  x: number;
  speed: number;
}

interface Oar {
  pull: number;
}

const word = { bits: 32, lo: 0, hi: 4294967295 } as const;
const schema: RoomSchema = {
  game: "lake",
  tables: [
    { name: "players", fields: [{ name: "id", kind: "player", ...word, once: true }] },
    {
      name: "boat",
      predicted: true,
      fields: [
        { name: "owner", kind: "player", ...word, once: true },
        { name: "x", kind: "fixed", bits: 20, lo: -400000, hi: 400000, interp: "lerp", step: 0.25 },
        { name: "speed", kind: "fixed", bits: 16, lo: -8000, hi: 8000, step: 0.125, owneronly: true },
      ],
    },
  ],
  events: [],
  input: [],
  calls: [],
};

const me = 7;
/** The rules: what a step would leave between the fields' steps must be rounded as the server rounds it. */
function row(boat: Boat, input: Oar, dt: number): void {
  boat.speed = boat.speed * 0.9 + input.pull * 3;
  boat.x += boat.speed * dt * 10;
}

/** Words of a boat of the server's, which rounds after every tick. */
interface ServerBoat {
  x: number;
  speed: number;
}
const dt = Math.fround(1 / 30);

function serve(b: ServerBoat, pull: number): void {
  const boat = { owner: me, x: b.x / 4, speed: b.speed / 8 };
  row(boat, { pull }, dt);
  b.x = Math.floor(boat.x * 4 + 0.5);
  b.speed = Math.floor(boat.speed * 8 + 0.5);
}

let world: World;
let inputs: Inputs & { label: number };
let pulls: Map<number, number>;
let holding: number;
let own: OwnRows;
let hints: Hint[];
let boats: Table<Boat>;

function start(options?: PredictOptions, step = row): void {
  hints = [];
  world = new World(schema, plain, me);
  pulls = new Map();
  holding = 0;
  const sent = new Map<number, number[]>();
  inputs = {
    label: 0,
    fields: [new Field({ name: "pull", kind: "int", bits: 8, lo: -100, hi: 100 })],
    get held() {
      return [holding];
    },
    sent: (label) => {
      const pull = pulls.get(label) ?? 0;
      if (sent.get(label)?.[0] !== pull) sent.set(label, [pull]);
      return sent.get(label);
    },
  };
  const strings = new StringTable();
  const drawn = { strings, curves: undefined, renderTick: () => world.tick - 2, reach: 0 };
  own = predict(step, options).start({
    ...drawn,
    table: world.tables[1]!,
    player: me,
    tickRate: 30,
    inputs,
    watch: ({ name, fields }) => new Doubt(name, fields.map((field) => field.name), 30, (hint) => hints.push(hint)),
    steps: () => undefined,
  });
  boats = new Table("boat");
  boats.attach({ ...drawn, state: world.tables[1]!, own });
}

beforeEach(() => start());

/** A snapshot: our boat in slot 2, another's in slot 5. */
function snapshot(tick: number, b: ServerBoat): void {
  const none = new Uint8Array(0);
  world.full(new Reader(pack([0, null, [[], none, [], [2, 1, me, b.x, 5, 1, 9, 400], [1, b.speed]]])), tick);
  own.reconcile(tick);
}

/** An input goes out. */
function send(label: number, pull: number): void {
  holding = pull;
  pulls.set(label, pull);
  inputs.label = label;
}

function drawn(): number[] {
  const all: number[] = [];
  boats.forEach((boat) => all.push(boat.x));
  return all;
}

/** Plays `ticks` ticks over a way of `lag` ticks, 8 pictures per tick, and returns where our boat was drawn. */
function play(
  ticks: number,
  lag: number,
  pull: (tick: number) => number,
  push: (tick: number, b: ServerBoat) => void = () => {},
): number[] {
  const b = { x: 0, speed: 0 };
  const seen: number[] = [];
  for (let now = 1; now <= ticks; now++) {
    send(now, pull(now));
    if (now > lag) {
      serve(b, pulls.get(now - lag)!);
      push(now - lag, b);
      snapshot(now - lag, b);
    } else if (now === lag) snapshot(0, b);
    for (let part = 0; part < 8; part++) {
      own.advance((now + part / 8) * (1000 / 30), now + part / 8);
      if (now >= lag) seen.push(drawn()[0]!);
    }
  }
  return seen;
}

test("the own row is what the server will come to, without a correction", () => {
  const pull = (tick: number) => (tick % 17 < 9 ? 1 : -1);
  play(200, 6, pull);
  expect(own.corrections).toBe(0);
  const truth = { x: 0, speed: 0 };
  for (let tick = 1; tick <= 200; tick++) serve(truth, pull(tick));
  own.advance(1e6, 200);
  expect(drawn()[0]).toBe(truth.x / 4);
});

test("a key shows in the next picture, whatever the round trip", () => {
  play(40, 10, () => 0);
  own.advance(2000, 40.5);
  const before = drawn()[0]!;
  holding = 1;
  own.advance(2001, 40.55);
  expect(drawn()[0]).toBeGreaterThan(before);
});

test("others stay as the snapshots have them", () => {
  play(20, 5, () => 1);
  expect(drawn().slice(1)).toEqual([100]);
});

test("motion is even between ticks", () => {
  const seen = play(120, 6, () => 1).slice(-400);
  const steps = seen.slice(1).map((x, i) => x - seen[i]!);
  expect(Math.max(...steps) - Math.min(...steps)).toBeLessThan(0.08);
});

test("what the server knows better is taken over smoothly, and once", () => {
  const push = (tick: number, b: ServerBoat) => {
    if (tick === 60) b.x += 80;
  };
  const seen = play(150, 6, () => 1, push);
  expect(own.corrections).toBe(1);
  const steps = seen.slice(1).map((x, i) => x - seen[i]!);
  // 20 units are made up for over many pictures: no single one jumps by a fifth of it.
  expect(Math.max(...steps)).toBeLessThan(4);
  start();
  expect(seen.at(-1)! - play(150, 6, () => 1).at(-1)!).toBeCloseTo(20, 1);
});

test("a new place is taken at once when it is too far", () => {
  start({ jumpOver: 100 });
  const push = (tick: number, b: ServerBoat) => {
    if (tick === 60) b.x += 4000;
  };
  const seen = play(80, 6, () => 1, push);
  const steps = seen.slice(1).map((x, i) => x - seen[i]!);
  expect(Math.max(...steps)).toBeGreaterThan(999);
});

test("only inputs after the snapshot's tick are played again", () => {
  send(1, 1);
  snapshot(0, { x: 0, speed: 0 });
  own.advance(0, 1);
  const once = drawn()[0]!;
  // The server has consumed input 1: nothing is left to play.
  const b = { x: 0, speed: 0 };
  serve(b, 1);
  snapshot(1, b);
  own.advance(0, 1);
  expect(drawn()[0]).toBe(once);
  expect(own.corrections).toBe(0);
});

test("a snapshot ahead of every input is shown as it is", () => {
  send(3, 1);
  snapshot(20, { x: 400, speed: 80 });
  own.advance(0, 3.5);
  expect(drawn()[0]).toBe(100);
});

test("after a long silence nothing is run ahead", () => {
  snapshot(1, { x: 400, speed: 80 });
  send(1000, 1);
  own.advance(0, 1000.5);
  expect(drawn()[0]).toBe(100);
});

test("a row that has left is not drawn from here", () => {
  play(10, 3, () => 1);
  world.full(new Reader(pack([0, null, [[], new Uint8Array(0), [], [5, 1, 9, 400], []]])), 50);
  own.reconcile(50);
  own.advance(0, 10);
  expect(drawn()).toEqual([100]);
});

const seconds = (n: number) => n * 30;

test("a step that is not the server's is hinted at, once, with the fields that it gets wrong", () => {
  start({}, (boat, input, dt) => {
    row(boat, input, dt);
    boat.x += 0.5;
  });
  play(seconds(4), 6, () => 1);
  expect(hints).toEqual([]);
  play(seconds(30), 6, () => 1);
  expect(hints).toMatchObject([{ table: "boat", fields: ["x"] }]);
  expect(hints[0]!.message).toMatch(/^Most predictions of boat\.x are corrected\..*prediction\.md#when-the-steps-differ$/);
});

test.each([
  ["never", () => false],
  ["in half of all ticks", (tick: number) => tick % 2 === 0],
  ["always, for two seconds", (tick: number) => tick > 100 && tick < 100 + seconds(2)],
])("nothing is hinted at when others push the boat %s", (_, pushed) => {
  play(seconds(30), 6, () => 1, (tick, b) => {
    if (pushed(tick)) b.x += 20;
  });
  expect(hints).toEqual([]);
});
