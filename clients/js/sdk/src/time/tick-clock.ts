import { BentClock, maxBend } from "./bent-clock.js";
import { PlayoutDelay } from "./delay.js";

/** Arrivals are judged by the best of this many spans, each of {@link leastSpanMs} or half a tick. */
const spans = 8;
const leastSpanMs = 250;
/** A round trip counts towards the smallest for this long. */
const rttMemoryMs = 10_000;
/**
 * The smallest lag between two snapshots counts for this long: a room that leaves out every other one for a few seconds, to let a queue
 * drain, still sends as often as before.
 */
const intervalMemoryMs = 15_000;
/** When inputs have come too late for this long, round trips from before are those of another network. */
const lateMs = 2000;
/**
 * The lead over the tick in which inputs arrive starts here, in ticks: too early costs a little delay, too late costs the
 * input.
 */
const firstLead = 1.5;
const maxLead = 6;
/**
 * A missing margin is made up for at once, at most this much at a time; what is spare beyond some is given back slowly.
 * Ticks.
 */
const mostMore = 1;
const spare = 0.5;
const leastLess = 0.1;
/** The room's report of the margin covers this time, or this many ticks when they are longer. */
const reportMs = 1000;
const reportTicks = 4;

/**
 * Tells which tick the room is in, from when snapshots arrive (the least delayed of the last two seconds counts), from round
 * trips (the smallest counts) and from the arrival margin of our inputs that the room reports.
 *
 * Ticks are fractional here: `3.5` is half a tick after tick 3 ran.
 */
export class TickClock {
  readonly tickRate: number;
  readonly #ticksPerMs: number;
  readonly #spanMs: number;
  /** Largest `tick - now` of each span: the least delayed snapshot. */
  readonly #best: number[] = [];
  #span = -1;
  /** The least lag of the newest {@link intervalMemoryMs}, which began at #lagsSince, and of those before. */
  #lags: number[] = [];
  #lagsSince = -Infinity;
  #rtts: { readonly at: number; readonly ms: number }[] = [];
  #jitterTicks = 0;
  #lead = firstLead;
  #correctedUntil = -Infinity;
  readonly #inputClock: BentClock;
  readonly #renderClock: BentClock;
  readonly #delay: PlayoutDelay;
  readonly #fixedDelayMs: number | undefined;
  /** The newest snapshot's lag in ticks; 0 if it is a FULL. */
  lag = 0;
  /** How often the reported margin of our inputs fell below zero. */
  late = 0;
  /** The newest reported margin in ticks; undefined before the first. */
  marginTicks: number | undefined;
  /** Since when every report has told of a late input. */
  #lateSince = Infinity;
  /** The newest snapshot, and when it came. */
  #newest = 0;
  #newestAt = -Infinity;

  /** `fixedDelayMs` is how far behind others are drawn, if that shall not follow the network. */
  constructor(tickRate: number, fixedDelayMs?: number) {
    this.tickRate = tickRate;
    this.#ticksPerMs = tickRate / 1000;
    this.#spanMs = Math.max(leastSpanMs, 500 / tickRate);
    this.#inputClock = new BentClock(tickRate);
    this.#renderClock = new BentClock(tickRate);
    this.#delay = new PlayoutDelay(1000 / tickRate);
    this.#fixedDelayMs = fixedDelayMs;
  }

  /** Newest smallest round trip in milliseconds; 0 before the first PONG. */
  get rttMs(): number {
    return this.#rtts.length === 0 ? 0 : Math.min(...this.#rtts.map((r) => r.ms));
  }

  /** Mean deviation of snapshot arrivals, in milliseconds. */
  get jitterMs(): number {
    return this.#jitterTicks / this.#ticksPerMs;
  }

  /** How far behind the least delayed snapshot the render tick is held, in milliseconds. */
  get delayMs(): number {
    return this.#fixedDelayMs ?? this.#delay.ms;
  }

  /** Ticks between two snapshots when none is skipped, as the room does it of late. */
  get sendInterval(): number {
    return this.#lags.length === 0 ? 1 : Math.min(...this.#lags);
  }

  /** A HELLO, FULL or DELTA of `tick` arrived. `lag` is the DELTA's, if it is one. */
  arrived(now: number, tick: number, lag?: number): void {
    const offset = tick - now * this.#ticksPerMs;
    const span = Math.floor(now / this.#spanMs);
    if (this.#best.length === 0 || span - this.#span >= spans) {
      this.#best.length = 0;
      this.#best.push(offset);
    } else {
      for (; this.#span < span; this.#span++) this.#best.push(-Infinity);
      if (this.#best.length > spans) this.#best.splice(0, this.#best.length - spans);
      const last = this.#best.length - 1;
      this.#best[last] = Math.max(this.#best[last]!, offset);
    }
    this.#span = Math.max(this.#span, span);
    const late = Math.max(...this.#best) - offset;
    this.#jitterTicks += (Math.min(late, this.tickRate) - this.#jitterTicks) / 16;
    const age = (this.#arrivingTick(now) - this.#newest) / this.#ticksPerMs;
    if (lag !== undefined) this.#delay.aged(age - (now - this.#newestAt), age, this.sendInterval / this.#ticksPerMs);
    this.#newest = tick;
    this.#newestAt = now;
    this.lag = lag ?? 0;
    if (lag === undefined) return;
    if (now - this.#lagsSince > intervalMemoryMs) {
      this.#lags = [lag, ...this.#lags.slice(0, 1)];
      this.#lagsSince = now;
    }
    this.#lags[0] = Math.min(this.#lags[0]!, lag);
  }

  /** HELLO came that long after JOIN went out: until a PONG tells better, inputs are meant for a tick that they can reach. */
  joined(now: number, ms: number): void {
    this.#rtts = [{ at: now - rttMemoryMs, ms }];
  }

  /** A PONG arrived: the round trip without the time the room held it. */
  roundTrip(now: number, ms: number): void {
    this.#rtts = this.#rtts.filter((r) => now - r.at < rttMemoryMs);
    this.#rtts.push({ at: now, ms: Math.max(0, ms) });
  }

  /** The room reported the least arrival margin of our inputs lately, in ticks. */
  margin(now: number, ticks: number): void {
    if (ticks < 0 && !(this.marginTicks! < 0)) this.late++;
    this.marginTicks = ticks;
    this.#lateSince = ticks < 0 ? Math.min(now, this.#lateSince) : Infinity;
    if (now - this.#lateSince >= lateMs) {
      const since = this.#rtts.filter((r) => r.at >= this.#lateSince);
      if (since.length > 0) this.#rtts = since;
    }
    if (now < this.#correctedUntil) return;
    const short = Math.min(3, Math.max(0.25, 2 * this.#jitterTicks)) - ticks;
    const change = short > 0 ? Math.min(short, mostMore) : short < -spare ? -Math.max(leastLess, (-short - spare) / 4) : 0;
    if (change === 0) return;
    this.#lead = Math.min(maxLead, Math.max(-maxLead, this.#lead + change));
    // The clock has to bend to it, and then the report still tells of a time in which it was not yet so.
    const report = Math.max(reportMs, reportTicks / this.#ticksPerMs);
    this.#correctedUntil = now + Math.abs(change) / maxBend / this.#ticksPerMs + this.rttMs + report;
  }

  /** The tick for which an input made now is meant: it arrives a little before the room runs that tick. */
  inputTick(now: number): number {
    return this.#inputClock.follow(now, this.#arrivingTick(now) + this.rttMs * this.#ticksPerMs + this.#lead);
  }

  /** The tick to draw now: far enough in the past that snapshots from before and after it are here. */
  renderTick(now: number): number {
    return Math.max(0, this.#renderClock.follow(now, this.#arrivingTick(now) - this.delayMs * this.#ticksPerMs));
  }

  /** The tick whose snapshot would arrive now over the least delayed way. */
  #arrivingTick(now: number): number {
    return this.#best.length === 0 ? 0 : Math.max(...this.#best) + now * this.#ticksPerMs;
  }
}
