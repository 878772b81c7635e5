import { describe, expect, test } from "vitest";
import { StringTable } from "../src/state/strings.js";
import { Table } from "../src/state/table.js";
import { plain } from "../src/state/plain.js";
import { World } from "../src/state/world.js";
import { TickClock } from "../src/time/tick-clock.js";
import { Reader } from "../src/wire/reader.js";
import { pack, pond, type Pond } from "./support/pond.js";
import { seeded } from "./support/random.js";

const rate = 30;
const tickMs = 1000 / rate;
const seconds = 40;
/** A page has got used to its network by then. */
const settleMs = 12_000;

/** Where the duck swims at a tick, in its steps of 0.25. */
function word(tick: number): number {
  const s = tick / rate;
  return Math.round(4 * (500 * Math.sin(0.7 * s) + 150 * Math.sin(1.9 * s) + 50 * Math.sin(4.1 * s)));
}

/** One way of a network, in milliseconds, and the part of the messages that comes a quarter of a second late. */
interface Net {
  readonly delay: number;
  readonly jitter: number;
  readonly stalls: number;
}

interface Snapshot {
  readonly tick: number;
  readonly lag: number;
  readonly at: number;
}

/**
 * The snapshots of a server behind a network that holds up what is behind a lost message, both ways, as TCP does. While the oldest
 * one under way is acknowledged over 400 ms late the server leaves snapshots out, and for the seconds after it sends every other one: its
 * rate has fallen.
 */
function sent(net: Net, seed: number): Snapshot[] {
  const random = seeded(seed);
  const way = (before: number, at: number) =>
    Math.max(before, at + net.delay + net.jitter * random() + (random() < net.stalls ? 250 : 0));
  const all: Snapshot[] = [];
  const acks: { readonly tick: number; readonly at: number }[] = [];
  let [here, lastAck, acked, slowUntil] = [0, 0, 0, 0];
  for (let tick = 1; tick <= seconds * rate; tick++) {
    const now = tick * tickMs;
    while (here < all.length && all[here]!.at <= now) here++;
    acks.push({ tick: all[here - 1]?.tick ?? 0, at: (lastAck = way(lastAck, now)) });
    while (acks.length > 0 && acks[0]!.at <= now) acked = acks.shift()!.tick;
    const oldest = all.find((s) => s.tick > acked);
    const late = oldest === undefined ? 0 : now - oldest.tick * tickMs - 2 * net.delay;
    if (late > 300) slowUntil = now + 2500;
    if (late > 400 || (now < slowUntil && tick % 2 === 1)) continue;
    const last = all.at(-1);
    all.push({ tick, lag: tick - (last?.tick ?? 0), at: way(last?.at ?? 0, now) });
  }
  return all;
}

interface Drawn {
  /** Differences between what is drawn and where the duck was at the tick drawn, in world units, ascending. */
  readonly errors: readonly number[];
  /** How old what is drawn is, in milliseconds, ascending. */
  readonly ages: readonly number[];
  /** Pictures that went back in time. */
  readonly back: number;
}

/** Draws the duck that these snapshots tell of, 60 times a second. */
function drawn(snapshots: readonly Snapshot[], fixedMs?: number, reach = 0.25 * rate): Drawn {
  const clock = new TickClock(rate, fixedMs);
  const world = new World(pond, plain, 7);
  const ducks = new Table<Pond["tables"]["duck"]>("duck");
  let renderTick = 0;
  ducks.attach({ state: world.tables[1]!, strings: new StringTable(), renderTick: () => renderTick, reach });
  const errors: number[] = [];
  const ages: number[] = [];
  let back = 0;
  let n = 0;
  for (let now = 200; now < seconds * 1000; now += 1000 / 60) {
    for (; n < snapshots.length && snapshots[n]!.at <= now; n++) {
      const { tick, lag, at } = snapshots[n]!;
      const none = new Uint8Array(0);
      if (n === 0) world.full(new Reader(pack([0, null, [[], none, [], [3, 1, 7, word(tick), 0, 1]]])), tick);
      else world.delta(new Reader(pack([0, null, [[], Uint8Array.of(0xc0), [residual(snapshots, n)], []]])), tick);
      clock.arrived(at, tick, n === 0 ? undefined : lag);
    }
    const before = renderTick;
    renderTick = clock.renderTick(now);
    if (now < settleMs) continue;
    if (renderTick < before) back++;
    ducks.forEach((duck) => errors.push(Math.abs(duck.x - word(renderTick) / 4)));
    ages.push(now - renderTick * tickMs);
  }
  const ascending = (a: number[]) => a.sort((x, y) => x - y);
  return { errors: ascending(errors), ages: ascending(ages), back };
}

/** What codec plain says of the duck in the n-th snapshot: how far it is from where the line through the two before leads. */
function residual(snapshots: readonly Snapshot[], n: number): number {
  const { tick, lag } = snapshots[n]!;
  const one = snapshots[n - 1]!;
  const two = snapshots[n - 2];
  if (two === undefined || lag > 8 || one.lag > 8) return word(tick) - word(one.tick);
  return word(tick) - word(one.tick) - Math.floor(((word(one.tick) - word(two.tick)) * lag) / one.lag);
}

const percentile = (ascending: readonly number[], part: number) => ascending[Math.floor(part * ascending.length)]!;

/** Two pages, each behind its own network of the same kind: one at a fixed 100 ms that goes on with no motion, and one that adapts. */
function compared(net: Net, seed: number): { readonly fixed: Drawn; readonly own: Drawn } {
  return { fixed: drawn(sent(net, 2 * seed), 100, 0), own: drawn(sent(net, 2 * seed + 1)) };
}

/** A percentile of what all runs together have drawn. */
function overall(runs: readonly Drawn[], of: "errors" | "ages", part: number): number {
  return percentile(runs.flatMap((r) => r[of]).sort((x, y) => x - y), part);
}

/** The 99th percentile of the error. */
const error = (runs: readonly Drawn[]) => overall(runs, "errors", 0.99);

function tell(network: string, runs: readonly { readonly fixed: Drawn; readonly own: Drawn }[]): void {
  const figures = (of: readonly Drawn[]) =>
    `error p99 ${error(of).toFixed(1)}, age p50 ${overall(of, "ages", 0.5).toFixed(0)}, p99 ${overall(of, "ages", 0.99).toFixed(0)} ms`;
  console.log(`${network}: adaptive ${figures(runs.map((r) => r.own))}; fixed delay ${figures(runs.map((r) => r.fixed))}`);
}

const seeds = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe.each([0, 50, 150, 300])("at %d ms, with a stall in each twentieth message", (rtt) => {
  const net = { delay: rtt / 2, jitter: rtt === 0 ? 0 : 10, stalls: 0.05 };
  const runs = seeds(rtt === 150 ? 24 : 8).map((seed) => ({ seed, ...compared(net, seed) }));

  test("the error is under a third of a fixed delay's", () => {
    tell(`${rtt} ms, 5 % stalls`, runs);
    expect(error(runs.map((r) => r.own))).toBeLessThan(error(runs.map((r) => r.fixed)) / 3);
  });

  test.each([0.5, 0.99])("the age is no greater than with a fixed delay, at %d of the pictures of each run", (part) => {
    for (const { seed, own, fixed } of runs) {
      const [a, b] = [percentile(own.ages, part), percentile(fixed.ages, part)];
      expect(a, `seed ${seed}: ${a.toFixed(1)} ms against ${b.toFixed(1)}`).toBeLessThanOrEqual(b);
    }
  });

  test("no picture goes back in time", () => expect(runs.filter((r) => r.own.back > 0).map((r) => r.seed)).toEqual([]));
});

describe.each([0, 50, 150, 300])("at %d ms without stalls", (rtt) => {
  const net = { delay: rtt / 2, jitter: rtt === 0 ? 0 : 10, stalls: 0 };
  const runs = seeds(4).map((seed) => compared(net, seed));

  test("as small an error comes 50 ms sooner", () => {
    tell(`${rtt} ms, no stalls`, runs);
    expect(error(runs.map((r) => r.own))).toBeLessThan(0.5);
    for (const { own, fixed } of runs)
      for (const part of [0.5, 0.99]) expect(percentile(own.ages, part)).toBeLessThan(percentile(fixed.ages, part) - 50);
  });
});
