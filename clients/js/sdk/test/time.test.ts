import { describe, expect, test } from "vitest";
import { Backoff } from "../src/time/backoff.js";
import { BentClock } from "../src/time/bent-clock.js";
import { TickClock } from "../src/time/tick-clock.js";
import { between, seeded } from "./support/random.js";

describe("a bent clock", () => {
  test("starts at its target", () => expect(new BentClock(30).follow(0, 12.5)).toBe(12.5));

  test("runs at most 5 % faster or slower", () => {
    for (const error of [3, -3]) {
      const clock = new BentClock(30);
      clock.follow(0, 0);
      const second = clock.follow(1000, 30 + error);
      expect(second).toBeCloseTo(30 + Math.sign(error) * 1.5, 9);
    }
  });

  test("arrives at its target and stays", () => {
    const clock = new BentClock(30);
    clock.follow(0, 0);
    for (let ms = 10; ms <= 3000; ms += 10) clock.follow(ms, 2 + (ms * 30) / 1000);
    expect(clock.follow(3010, 2 + 90.3)).toBeCloseTo(92.3, 9);
  });

  test("jumps once when it is off by over 150 ms, then not again for 2 s", () => {
    const clock = new BentClock(100);
    clock.follow(0, 0);
    expect(clock.follow(10, 50)).toBe(50);
    expect(clock.follow(120, 100)).toBeLessThan(62);
    expect(clock.follow(2000, 900)).toBeLessThan(260);
    expect(clock.follow(2010, 900)).toBe(900);
  });

  test("stays with its target for as long as a burst may last after a jump", () => {
    const clock = new BentClock(30);
    clock.follow(0, 0);
    expect([100, 130, 200].map((target, i) => clock.follow(10_000 + i, target))).toEqual([100, 130, 200]);
  });

  test("does not go back when time stands still", () => {
    const clock = new BentClock(30);
    clock.follow(100, 10);
    expect(clock.follow(50, 10)).toBe(10);
  });
});

/** Plays a server of 30 ticks per second over a way that takes `delay` ms and up to `jitter` more. */
function played(o: { delay: number; jitter: number; seconds: number; rtt?: number; every?: number }): TickClock {
  const random = seeded(3);
  const clock = new TickClock(30);
  const every = o.every ?? 1;
  let arrival = 0;
  for (let tick = 0; tick <= o.seconds * 30; tick += every) {
    arrival = Math.max(arrival, (tick * 1000) / 30 + o.delay + o.jitter * random());
    clock.arrived(arrival, tick, tick === 0 ? undefined : every);
    if (o.rtt !== undefined && tick % 30 === 0) clock.roundTrip(arrival, o.rtt);
    clock.renderTick(arrival);
    clock.inputTick(arrival);
  }
  return clock;
}

describe("the tick clock", () => {
  test("draws one send interval behind what arrives undelayed, when nothing is late", () => {
    const clock = played({ delay: 80, jitter: 0, seconds: 5 });
    expect(clock.delayMs).toBeCloseTo(1000 / 30, -1);
    expect(clock.renderTick(5080)).toBeCloseTo(150 - (clock.delayMs * 30) / 1000, 1);
  });

  test("counts in send intervals, not in ticks", () => {
    const clock = played({ delay: 80, jitter: 0, seconds: 6, every: 3 });
    expect(clock.sendInterval).toBe(3);
    expect(clock.delayMs).toBeGreaterThan(90);
    expect(clock.delayMs).toBeLessThan(105);
  });

  test("does not take a server that leaves out every other snapshot for some seconds for one that sends less often", () => {
    const clock = played({ delay: 80, jitter: 40, seconds: 20 });
    const most = 1000 / 30 + 56;
    for (let tick = 602; tick <= 780; tick += 2) {
      clock.arrived((tick * 1000) / 30 + 80, tick, 2);
      expect(clock.sendInterval).toBe(1);
      expect(clock.delayMs).toBeLessThanOrEqual(most);
    }
  });

  test("draws a server that goes on so at the delay that it asks for", () => {
    const clock = played({ delay: 80, jitter: 0, seconds: 20 });
    for (let tick = 605; tick <= 2000; tick += 5) clock.arrived((tick * 1000) / 30 + 80, tick, 5);
    expect(clock.sendInterval).toBe(5);
    expect(clock.delayMs).toBeGreaterThan(160);
  });

  test.each([1, 2])("with %d ticks and snapshots a second there is a snapshot on either side of what is drawn", (rate) => {
    const random = seeded(4);
    const clock = new TickClock(rate);
    let newest = 0;
    let ahead = 0;
    let drawn = 0;
    const arrivals = Array.from({ length: 61 * rate }, (_, tick) => (tick * 1000) / rate + 150 + 20 * random());
    for (let now = 0, next = 0; now < 60_000; now += 16) {
      for (; arrivals[next]! <= now; next++) {
        newest = next;
        clock.arrived(arrivals[next]!, next, next === 0 ? undefined : 1);
        clock.roundTrip(now, 300);
      }
      if (now < 10_000) continue;
      drawn++;
      if (clock.renderTick(now) > newest) ahead++;
    }
    expect(ahead / drawn).toBeLessThan(0.06);
    expect(clock.delayMs).toBeGreaterThan(950 / rate);
    expect(clock.delayMs).toBeLessThan(1100 / rate);
  });

  test("does not correct a margin again while the room still tells of the long ticks before", () => {
    const clock = new TickClock(1);
    clock.arrived(0, 0);
    clock.roundTrip(0, 0);
    const before = clock.inputTick(0);
    for (let second = 1; second <= 4; second++) {
      clock.arrived(second * 1000, second, 1);
      clock.margin(second * 1000, -1);
    }
    for (let second = 5; second <= 60; second++) clock.arrived(second * 1000, second, 1);
    expect(clock.inputTick(60_000) - 60 - before).toBeCloseTo(1, 1);
  });

  test("draws further behind with jitter, within bounds", () => {
    const delays = [0, 20, 50, 400].map((jitter) => played({ delay: 80, jitter, seconds: 20 }).delayMs);
    expect(delays).toEqual([...delays].sort((a, b) => a - b));
    expect(delays[2]! - delays[0]!).toBeGreaterThan(20);
    expect(delays[3]).toBeCloseTo(1000 / 30 + 56, 0);
  });

  test("is drawn at a fixed delay if asked", () => {
    const clock = new TickClock(30, 100);
    for (let tick = 0; tick <= 300; tick++) clock.arrived((tick * 1000) / 30 + 60 * (tick % 2), tick, tick === 0 ? undefined : 1);
    expect(clock.delayMs).toBe(100);
  });

  test("takes up more delay within seconds and gives it back within half a minute", () => {
    const clock = new TickClock(30);
    let now = 0;
    let tick = 0;
    const go = (seconds: number, jitter: number) => {
      for (let n = 0; n < seconds * 30; n++, tick++) {
        now = (tick * 1000) / 30 + (tick % 5 === 0 ? jitter : 0);
        clock.arrived(now, tick, tick === 0 ? undefined : 1);
      }
      return clock.delayMs;
    };
    const calm = go(10, 0);
    expect(go(4, 30)).toBeGreaterThan(calm + 15);
    expect(go(30, 0)).toBeLessThan(calm + 3);
  });

  test("does not take a page that slept for jitter", () => {
    const clock = played({ delay: 20, jitter: 0, seconds: 10 });
    const before = clock.delayMs;
    for (let tick = 301; tick < 345; tick++) clock.arrived(11_520, tick, 1);
    for (let tick = 345; tick < 400; tick++) clock.arrived((tick * 1000) / 30 + 20, tick, 1);
    expect(clock.delayMs).toBeLessThan(before + 3);
  });

  test("labels inputs so that they arrive before their tick runs", () => {
    const clock = played({ delay: 50, jitter: 0, seconds: 5, rtt: 100 });
    // Tick 150's snapshot arrives now, and what is sent now gets there when 153 has just run. The lead before any report is
    // 1.5 ticks.
    expect(clock.inputTick(5000 + 50)).toBeCloseTo(153 + 1.5, 1);
  });

  test("counts the smallest round trip", () => {
    const clock = new TickClock(30);
    for (const ms of [90, 40, 250]) clock.roundTrip(1000, ms);
    expect(clock.rttMs).toBe(40);
    clock.roundTrip(12_000, 120);
    expect(clock.rttMs).toBe(120);
  });

  test.each([
    ["late", -1.5],
    ["far too early", 5],
  ])("mends inputs that arrive %s", (_, offset) => {
    const random = seeded(9);
    const clock = new TickClock(30);
    const margins: number[] = [];
    for (let ms = 0; ms <= 60_000; ms += 1000 / 30) {
      const exact = (ms * 30) / 1000;
      clock.arrived(ms, Math.round(exact), 1);
      // The room sees the worst of the last second, and each input up to half a tick later than it was meant.
      margins.push(clock.inputTick(ms) - exact - 1.5 + offset - 0.5 * random());
      clock.margin(ms, Math.min(...margins.slice(-30)));
    }
    const steady = margins.slice(-300);
    expect(Math.min(...steady)).toBeGreaterThan(0);
    expect(Math.max(...steady)).toBeLessThan(1.5);
  });

  test("survives a page that slept for an hour", () => {
    const clock = played({ delay: 20, jitter: 5, seconds: 2 });
    clock.arrived(3_600_000, 108_000, 1);
    expect(clock.renderTick(3_600_000)).toBeCloseTo(108_000 - (clock.delayMs * 30) / 1000, 3);
  });
});

describe("back-off", () => {
  test("doubles its limit up to the largest, and waits anywhere below it", () => {
    const backoff = new Backoff(() => 0.999999, { firstMs: 500, maxMs: 3000 });
    expect(Array.from({ length: 5 }, () => Math.round(backoff.next()))).toEqual([500, 1000, 2000, 3000, 3000]);
    backoff.reset();
    expect(Math.round(backoff.next())).toBe(500);
    expect(new Backoff(() => 0).next()).toBe(0);
  });

  test("never waits less than the server asks", () => {
    const random = seeded(5);
    const backoff = new Backoff(random);
    for (let i = 0; i < 100; i++) {
      const least = between(random, 0, 5000);
      expect(backoff.next(least)).toBeGreaterThanOrEqual(least);
    }
  });

  test("does not overflow", () => {
    const backoff = new Backoff(() => 1);
    for (let i = 0; i < 5000; i++) expect(backoff.next()).toBeLessThanOrEqual(10_000);
  });
});
