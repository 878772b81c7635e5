import type { Entity } from "./entity.js";

/** Messages whose rows are kept, a power of two: what the render tick lies behind must fit, with room for a late one. */
const keep = 32;

/** Two rows further apart than this many ticks say nothing about how an entity moves (PROTOCOL.md section 7). */
export const longestSpan = 8;

/**
 * Two rows up to this many ticks apart are enough to go on beyond the newest: where it stood still is further off than that
 * errs.
 */
const longestGuess = 16;

/** Where a tick lies between two rows of an entity. */
export interface Around {
  /** How many messages ago it had the earlier one, and the later one. */
  readonly earlier: number;
  readonly later: number;
  /** The part of the way between them. */
  readonly part: number;
}

/** The gap to a row that is not there. */
const noGap = 2 ** 30 - 1;

/**
 * A table's rows after each of the last messages, which serve the decoders (the newest) and interpolation alike. One message's
 * rows lie side by side, by the cells of their entities, and begin as a copy of those of the message before: what a message says
 * nothing of needs no work.
 */
export class Rows {
  /** `stride` words for each row, each as a signed number. */
  words = new Int32Array(0);
  /**
   * By cell: how many ticks lie between the two newest rows of the entity, and how many of its newest gaps in a row, at most 3,
   * are short enough to tell how it moves.
   */
  gap = new Int32Array(0);
  streak = new Uint8Array(0);
  /** By cell, for codec `packed`: 1 if the newest row is exactly as predicted. */
  calm = new Uint8Array(0);
  /** When each row was sent. */
  ticks = new Uint32Array(0);
  /** The newest message's first row, counted in rows, and that of the message before. */
  first = 0;
  before = 0;
  /** How many messages there were. */
  messages = 0;
  /** The tick of the newest one, and the ticks since the one before. */
  tick = 0;
  passed = 0;
  /** For this many cells there is room. */
  #room = 0;
  readonly #stride: number;

  constructor(stride: number) {
    this.#stride = stride;
  }

  /** The message of `tick` begins, while `cells` cells are in use. */
  begin(tick: number, cells: number): void {
    this.passed = tick - this.tick;
    this.tick = tick;
    const before = (this.before = this.first);
    const first = (this.first = (++this.messages & (keep - 1)) * this.#room);
    this.words.copyWithin(first * this.#stride, before * this.#stride, (before + cells) * this.#stride);
  }

  /** The rows in the first `cells` cells are those of the message before, unless they are sent. */
  keep(cells: number): void {
    this.ticks.copyWithin(this.first, this.before, this.before + cells);
  }

  /** So is the row of an entity that has left. */
  keepOne({ cell }: Entity): void {
    this.ticks[this.first + cell] = this.ticks[this.before + cell]!;
  }

  /** Begins an entity's newest row anew, with zeros; the rows before it do not tell how it moves. */
  enter(entity: Entity, tick: number): void {
    const { cell } = entity;
    if (cell >= this.#room) this.#grow(cell);
    const at = this.at(entity);
    this.words.fill(0, at, at + this.#stride);
    this.ticks[this.first + cell] = tick;
    this.gap[cell] = noGap;
    this.streak[cell] = 0;
  }

  /** Where an entity's newest row begins in `words`. */
  at(entity: Entity): number {
    return (this.first + entity.cell) * this.#stride;
  }

  /** The tick in which an entity was last sent. */
  sentAt(entity: Entity): number {
    return this.ticks[this.first + entity.cell]!;
  }

  /** Whether at (fractional) `tick` there are rows to tell how an entity moves, rather than a single one from before. */
  movesAt(entity: Entity, tick: number): boolean {
    return this.gap[entity.cell]! < noGap || tick <= this.sentAt(entity);
  }

  /**
   * Finds an entity's rows around `tick`. Before the oldest row that one is held. After the newest one the part is over 1, as the
   * last two rows would go on, for at most `reach` ticks; an entity that has just entered, or whose rows are far apart, is held.
   */
  around(entity: Entity, tick: number, reach: number): Around {
    const newest = this.sentAt(entity);
    const guess = tick > newest && this.gap[entity.cell]! <= longestGuess;
    let later = 0;
    let earlier = guess ? this.older(entity, 0) : 0;
    if (earlier < 0) earlier = 0;
    if (!guess) {
      while (this.tickAt(entity, earlier) > tick) {
        const older = this.older(entity, earlier);
        if (older < 0) break;
        later = earlier;
        earlier = older;
      }
    }
    const from = this.tickAt(entity, earlier);
    const span = this.tickAt(entity, later) - from;
    let part = 0;
    if (span > 0 && tick > from) part = guess ? 1 + Math.min(tick - newest, reach) / span : Math.min(1, (tick - from) / span);
    return { earlier, later, part };
  }

  /** How many messages ago an entity had the row before the one it had `back` messages ago; -1 if that is not kept. */
  older(entity: Entity, back: number): number {
    const tick = this.tickAt(entity, back);
    const oldest = Math.min(keep - 1, this.messages - entity.since);
    for (let b = back + 1; b <= oldest; b++) if (this.tickAt(entity, b) !== tick) return b;
    return -1;
  }

  /** Where the row begins that an entity had `back` messages ago. */
  beginOf(entity: Entity, back: number): number {
    return this.#row(entity, back) * this.#stride;
  }

  /** The tick of the row that an entity had `back` messages ago. */
  tickAt(entity: Entity, back: number): number {
    return this.ticks[this.#row(entity, back)]!;
  }

  #row(entity: Entity, back: number): number {
    return ((this.messages - back) & (keep - 1)) * this.#room + entity.cell;
  }

  #grow(cell: number): void {
    const from = this.#room;
    const to = (this.#room = Math.max(16, 2 * cell));
    this.ticks = spread(new Uint32Array(keep * to), this.ticks, from, to);
    this.words = spread(new Int32Array(keep * to * this.#stride), this.words, from * this.#stride, to * this.#stride);
    this.gap = copied(new Int32Array(to), this.gap);
    this.streak = copied(new Uint8Array(to), this.streak);
    this.calm = copied(new Uint8Array(to), this.calm);
    this.first = (this.messages & (keep - 1)) * to;
    this.before = ((this.messages - 1) & (keep - 1)) * to;
  }
}

type Words = Int32Array | Uint32Array | Uint8Array;

function copied<A extends Words>(to: A, from: A): A {
  to.set(from);
  return to;
}

/** Copies the messages' rows, of which each message had `had` elements and now has `has`. */
function spread<A extends Words>(to: A, from: A, had: number, has: number): A {
  for (let n = 0; n < keep && had > 0; n++) to.set(from.subarray(n * had, (n + 1) * had), n * has);
  return to;
}
