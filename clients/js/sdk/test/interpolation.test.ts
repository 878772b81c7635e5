import { expect, test } from "vitest";
import { StringTable } from "../src/state/strings.js";
import { Table } from "../src/state/table.js";
import { plain } from "../src/state/plain.js";
import { World } from "../src/state/world.js";
import { TickClock } from "../src/time/tick-clock.js";
import { Reader } from "../src/wire/reader.js";
import { pack, pond, type Pond } from "./support/pond.js";
import { seeded } from "./support/random.js";

const rate = 30;
const seconds = 60;

/** Where the duck swims at a tick, in its steps of 0.25. */
function word(tick: number): number {
  const s = tick / rate;
  return Math.round(4 * (500 * Math.sin(0.7 * s) + 150 * Math.sin(1.9 * s) + 50 * Math.sin(4.1 * s)));
}

interface Outcome {
  /** Difference between what is drawn and where the duck was at the tick drawn, in world units; the 99th percentile. */
  readonly error: number;
  /** How old what is drawn is, in milliseconds; the median. */
  readonly age: number;
}

/**
 * Swims a duck over a way of `delay` ms with `jitter` ms more, on which the part `stalls` of the snapshots is lost and comes again
 * a quarter of a second later, holding up those behind it, as TCP does.
 */
function swim(net: { delay: number; jitter: number; stalls: number }, fixedMs?: number, reach = 0.25 * rate): Outcome {
  const random = seeded(5);
  const arrivals: number[] = [];
  for (let tick = 1; tick <= seconds * rate; tick++) {
    const way = net.delay + net.jitter * random() + (random() < net.stalls ? 250 : 0);
    arrivals.push(Math.max(arrivals.at(-1) ?? 0, (tick * 1000) / rate + way));
  }
  const clock = new TickClock(rate, fixedMs);
  const world = new World(pond, plain, 7);
  const ducks = new Table<Pond["tables"]["duck"]>("duck");
  let renderTick = 0;
  ducks.attach({ state: world.tables[1]!, strings: new StringTable(), renderTick: () => renderTick, reach });
  const errors: number[] = [];
  const ages: number[] = [];
  let tick = 0;
  for (let now = 200; now < seconds * 1000; now += 1000 / 60) {
    for (; arrivals[tick]! <= now; tick++) {
      const none = new Uint8Array(0);
      const at = tick + 1;
      if (at === 1) world.full(new Reader(pack([0, null, [[], none, [], [3, 1, 7, word(1), 0, 1]]])), 1);
      else {
        const residual = at === 2 ? word(2) - word(1) : word(at) - 2 * word(at - 1) + word(at - 2);
        world.delta(new Reader(pack([0, null, [[], Uint8Array.of(0xc0), [residual], []]])), at);
      }
      clock.arrived(arrivals[tick]!, at, at === 1 ? undefined : 1);
    }
    renderTick = clock.renderTick(now);
    if (now < 10_000) continue;
    ducks.forEach((duck) => errors.push(Math.abs(duck.x - word(renderTick) / 4)));
    ages.push(now - (renderTick * 1000) / rate);
  }
  const sorted = (a: number[], part: number) => a.sort((x, y) => x - y)[Math.floor(part * a.length)]!;
  return { error: sorted(errors, 0.99), age: sorted(ages, 0.5) };
}

function tell(net: string, fixed: Outcome, own: Outcome): void {
  const words = ({ error, age }: Outcome) => `error ${error.toFixed(2)} at ${age.toFixed(0)} ms`;
  console.log(`150 ms, ${net}: fixed delay ${words(fixed)}, adaptive ${words(own)}`);
}

test("with stalls the error is under a third of a fixed delay's, at no greater age", () => {
  const net = { delay: 75, jitter: 10, stalls: 0.05 };
  const fixed = swim(net, 100, 0);
  const own = swim(net);
  tell("5 % stalls", fixed, own);
  expect(own.error).toBeLessThan(fixed.error / 3);
  expect(own.age).toBeLessThanOrEqual(fixed.age + 1);
});

test("without stalls the same error comes at two thirds of the age", () => {
  const net = { delay: 75, jitter: 10, stalls: 0 };
  const fixed = swim(net, 100, 0);
  const own = swim(net);
  tell("no stalls", fixed, own);
  expect(own.error).toBeLessThan(0.5);
  expect(own.age).toBeLessThan((fixed.age * 2) / 3 + 1);
});
