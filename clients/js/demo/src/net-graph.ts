import type { Room, RoomStats } from "@skirmish-dev/sdk";
import type { Arena } from "./arena.gen.js";
import { colors } from "./constants.js";
import { element } from "./hud.js";
import { Switch } from "./switch.js";

/** One snapshot in the strip. */
interface Arrival {
  /** Since the one before, in milliseconds. */
  readonly gapMs: number;
  /** The room left out snapshots before it. */
  readonly skipped: boolean;
  /** It showed another result than the prediction had. */
  readonly corrected: boolean;
}

const maxArrivals = 120;
/** The strip's height stands for this long. */
const fullMs = 200;
const figuresEveryMs = 250;
const rateWindowMs = 2000;

/** Shows how the connection is doing: one bar per snapshot, and figures. */
export class NetGraph {
  readonly #switch = new Switch("net", "KeyN");
  readonly #canvas = element("net-strip", HTMLCanvasElement);
  readonly #figures = element("net-figures", HTMLElement);
  readonly #values = new Map<string, HTMLElement>();
  #arrivals: Arrival[] = [];
  /** What was received some time ago, oldest first. */
  #rates: { readonly at: number; readonly bytes: RoomStats["bytes"] }[] = [];
  #last: { readonly at: number; readonly skipped: number; readonly corrections: number } | undefined;
  #shownAt = 0;

  /** Begins with a room's snapshots. */
  follow(room: Room<Arena>): void {
    this.#arrivals = [];
    this.#rates = [];
    this.#last = undefined;
    room.lifecycle.on("snapshot", () => this.#arrived(performance.now(), room.stats));
  }

  /** Draws, if it is switched on. `now` in milliseconds. */
  draw(now: number, stats: RoomStats): void {
    if (!this.#switch.on) return;
    this.#strip(stats);
    if (now - this.#shownAt < figuresEveryMs) return;
    this.#shownAt = now;
    this.#show(stats, this.#perSecond(now, stats));
  }

  #arrived(at: number, { skipped, corrections }: RoomStats): void {
    const last = this.#last;
    this.#last = { at, skipped, corrections };
    if (last === undefined) return;
    this.#arrivals.push({ gapMs: at - last.at, skipped: skipped > last.skipped, corrected: corrections > last.corrections });
    if (this.#arrivals.length > maxArrivals) this.#arrivals.shift();
  }

  #strip(stats: RoomStats): void {
    const g = this.#canvas.getContext("2d");
    if (g === null) return;
    const { width, height } = this.#canvas;
    g.clearRect(0, 0, width, height);
    const bar = width / maxArrivals;
    this.#arrivals.forEach(({ gapMs, skipped, corrected }, i) => {
      g.fillStyle = corrected ? colors.edge : skipped ? "#ffc46b" : colors.me;
      const h = Math.max(1, (Math.min(gapMs, fullMs) / fullMs) * height);
      g.fillRect(width - (this.#arrivals.length - i) * bar, height - h, Math.max(1, bar - 1), h);
    });
    g.fillStyle = colors.text;
    g.fillRect(0, height - (Math.min(stats.delayMs, fullMs) / fullMs) * height, width, 1);
  }

  #perSecond(now: number, { bytes }: RoomStats): RoomStats["bytes"] {
    this.#rates.push({ at: now, bytes });
    while (this.#rates.length > 2 && now - this.#rates[0]!.at > rateWindowMs) this.#rates.shift();
    const before = this.#rates[0]!;
    const seconds = Math.max(0.001, (now - before.at) / 1000);
    const rate = (kind: keyof typeof bytes) => Math.round((bytes[kind] - before.bytes[kind]) / seconds);
    return { full: rate("full"), delta: rate("delta"), events: rate("events"), other: rate("other") };
  }

  #show(stats: RoomStats, rates: RoomStats["bytes"]): void {
    const ms = (n: number) => `${n.toFixed(n < 10 ? 1 : 0)} ms`;
    this.#put("Round trip", ms(stats.pingMs));
    this.#put("Jitter", ms(stats.jitterMs));
    this.#put("Others drawn behind", ms(stats.delayMs));
    this.#put("Inputs early by", stats.marginMs === undefined ? "-" : ms(stats.marginMs));
    this.#put("Times inputs began to be late", String(stats.timesLate));
    this.#put("Corrections", String(stats.corrections));
    this.#put("Snapshots left out", String(stats.skipped));
    this.#put("Newest snapshot", stats.limited ? "in part" : "whole");
    this.#put("Full snapshots", `${rates.full} B/s`);
    this.#put("Deltas", `${rates.delta} B/s`);
    this.#put("Events", `${rates.events} B/s`);
    this.#put("Other", `${rates.other} B/s`);
  }

  #put(name: string, words: string): void {
    let value = this.#values.get(name);
    if (value === undefined) {
      const term = document.createElement("dt");
      term.textContent = name;
      value = document.createElement("dd");
      this.#values.set(name, value);
      this.#figures.append(term, value);
    }
    if (value.textContent !== words) value.textContent = words;
  }
}
