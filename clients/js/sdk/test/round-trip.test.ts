import { expect, test } from "vitest";
import { TickClock } from "../src/time/tick-clock.js";

const ticksPerMs = 30 / 1000;
const riseAt = 15_000;

/** Plays 40 s in which the round trip rises once, and returns how long after that an input still came too late, in milliseconds. */
function lateAfter(before: number, after: number): number {
  const clock = new TickClock(30);
  let waiting: { readonly at: number; readonly run: (now: number) => void }[] = [];
  const arrivals: { readonly at: number; readonly margin: number }[] = [];
  let newest = 0;
  let lastLate = riseAt;
  for (let now = 0; now < 40_000; now++) {
    const rtt = now < riseAt ? before : after;
    const later = (ms: number, run: (at: number) => void) => waiting.push({ at: now + ms, run });
    if (now % 33 === 0) later(rtt / 2, (at) => clock.arrived(at, Math.floor(now * ticksPerMs), now > 0 ? 1 : undefined));
    if (now % 1000 === 0) later(rtt, (at) => clock.roundTrip(at, rtt));
    if (now % 100 === 0) {
      const lately = arrivals.filter((a) => a.at > now - 1000 && a.at <= now).map((a) => a.margin);
      if (lately.length > 0) later(rtt / 2, (at) => clock.margin(at, Math.max(-8, Math.min(...lately))));
    }
    waiting.filter((w) => w.at <= now).forEach((w) => w.run(now));
    waiting = waiting.filter((w) => w.at > now);
    const label = Math.floor(clock.inputTick(now));
    if (now < 2000 || label <= newest) continue;
    newest = label;
    const at = now + rtt / 2;
    arrivals.push({ at, margin: label - at * ticksPerMs });
    if (now > riseAt && label < at * ticksPerMs) lastLate = now;
  }
  return lastLate - riseAt;
}

test.each([[50, 150], [50, 300], [150, 300]])(
  "after the round trip has risen from %d to %d ms, inputs are in time again within four seconds",
  (before, after) => expect(lateAfter(before, after)).toBeLessThan(4000),
);
