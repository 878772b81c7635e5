import * as fault from "../errors/faults.js";
import { ProtocolError } from "../errors/protocol-error.js";
import type { Layout, Predicted } from "./layout.js";
import { longestSpan, type Rows } from "./rows.js";

/**
 * The records of one message and table, of either codec. Behind its fields a row has two words for each predicted one: its
 * *speed*, by how much it is going to differ in the next row if it goes on so, and a *note*. Between messages of codec `packed`
 * that is the Rice parameter of its next residual. A decoder advances the entities that are sent, puts each residual where the
 * note is, and then settles the rows.
 *
 * All that is not as usual, such as a row that was left out, is dealt with when an entity advances, so that the loops over all
 * fields of all entities are short: they keep what they need in registers. Every addition in them ends in `| 0`, which tells V8
 * that it need not look for an overflow.
 */
export class Records {
  readonly #layout: Layout;
  readonly #rows: Rows;
  #tick = 0;
  /** The cells of the entities that are sent; in a message with all of them, those of the known list. */
  #sent: Int32Array = new Int32Array(0);
  #count = 0;
  #some = new Int32Array(0);
  /** So many ticks lie between the last four rows of all that are known; 0 if that differs. */
  #pace = 0;
  /** Notes are wanted. */
  readonly #noted: boolean;

  constructor(layout: Layout, rows: Rows, noted: boolean) {
    this.#layout = layout;
    this.#rows = rows;
    this.#noted = noted;
  }

  /** Begins with the message of `tick`, in which at most `size` entities are sent. */
  begin(tick: number, size: number): void {
    this.#tick = tick;
    this.#count = 0;
    if (size > this.#some.length) this.#some = new Int32Array(2 * size);
    this.#sent = this.#some;
  }

  /** One more entity is sent. */
  advance(cell: number): void {
    const rows = this.#rows;
    const row = rows.first + cell;
    const gap = this.#tick - rows.ticks[row]!;
    rows.ticks[row] = this.#tick;
    if (rows.streak[cell] !== 3 || rows.gap[cell] !== gap) this.#turn(cell, gap);
    this.#sent[this.#count++] = cell;
    this.#pace = 0;
  }

  /** The entities in the first `size` cells are sent, which are all that are known, while `used` cells are in use. */
  advanceAll(cells: Int32Array, size: number, used: number): void {
    this.#sent = cells;
    this.#count = size;
    const { ticks, gap, streak, before, first, passed } = this.#rows;
    if (passed === this.#pace) {
      ticks.fill(this.#tick, first, first + used);
      return;
    }
    this.#pace = passed;
    for (let i = 0; i < size; i++) {
      const cell = cells[i]!;
      const ago = this.#tick - ticks[before + cell]!;
      ticks[first + cell] = this.#tick;
      if (streak[cell] !== 3 || gap[cell] !== ago) this.#turn(cell, ago);
      else if (ago !== passed) this.#pace = 0;
    }
  }

  /** An entity enters, and moves at no pace yet. */
  enter(): void {
    this.#pace = 0;
  }

  /** Makes rows of residuals. Throws when a field is out of its range. */
  settle(): void {
    for (const field of this.#layout.predicted) this.#settleField(field);
  }

  #settleField({ index, speed, numbers }: Predicted): void {
    const { words, first } = this.#rows;
    const { stride } = this.#layout;
    const sent = this.#sent;
    const count = this.#count;
    const noted = this.#noted ? 1 : 0;
    const shift = numbers[0]!;
    const most = numbers[1]!;
    const lo = numbers[2]!;
    const span = numbers[3]! >>> 0;
    const ahead = speed - index;
    const begin = first * stride + index;
    let over = 0;
    for (let i = 0; i < count; i = (i + 1) | 0) {
      const at = (Math.imul(sent[i]!, stride) + begin) | 0;
      const to = (at + ahead) | 0;
      const note = (to + 1) | 0;
      const was = words[at]!;
      const residual = words[note]!;
      // Counted from lo on, the range is what is at most span.
      const above = ((((was + words[to]!) | 0) + ((residual - lo) | 0)) << shift) >>> shift;
      if (above > span) throw this.#outOfRange(index, lo + above);
      const word = (lo + above) | 0;
      const way = ((word - was) << shift) >> shift;
      words[at] = word;
      words[to] = way;
      if (noted === 0) continue;
      // Absolute values without a branch, because signs are as good as random.
      const sign = way >> 31;
      const sign1 = residual >> 31;
      const digits = residual ^ sign1;
      over |= digits;
      const wrong = (digits - sign1) | 0;
      const size = ((way ^ sign) - sign) | 0;
      const k = (32 - Math.clz32((wrong + (size >>> 4)) | 0)) | 0;
      words[note] = k < most ? k : most;
    }
    // A residual that is wider than its field stands for another one.
    if (over >>> (31 - shift) !== 0) throw new ProtocolError(fault.otherCode, this.#layout.fields[index]!.name);
  }

  /** An entity advances `gap` ticks, and not as it did before, or not for long. */
  #turn(cell: number, gap: number): void {
    const rows = this.#rows;
    const { words } = rows;
    const { predicted, stride } = this.#layout;
    const streak = (rows.streak[cell] = gap > longestSpan ? 0 : Math.min(3, rows.streak[cell]! + 1));
    const gap1 = rows.gap[cell]!;
    rows.gap[cell] = gap;
    this.#pace = 0;
    const row = (rows.first + cell) * stride;
    for (const { speed, shift } of predicted) {
      const to = row + speed;
      const way = words[to]!;
      // Without two rows before it there is no line; without three no residual tells how wrong that is.
      if (streak < 2) words[to + 1] = Math.min(6, (32 - shift) >> 1);
      else if (streak < 3) words[to + 1] = Math.min(31 - shift, 32 - Math.clz32((Math.abs(way) >>> 2) + (Math.abs(way) >>> 4)));
      words[to] = streak < 2 ? 0 : Math.floor((way * gap) / gap1);
    }
  }

  #outOfRange(f: number, word: number): ProtocolError {
    const { name, lo, hi } = this.#layout.fields[f]!;
    return new ProtocolError(fault.outOfRange, name, word, lo, hi);
  }
}
