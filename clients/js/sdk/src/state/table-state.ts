import { ProtocolError } from "../errors/protocol-error.js";
import type { TableSchema } from "../schema-type.js";
import type { Field } from "./field.js";
import { Layout } from "./layout.js";
import { Motion } from "./motion.js";

/** Rows kept per entity, a power of two: what the render tick lies behind must fit, with room for a late one. */
const keep = 32;
/** A left entity is kept this many ticks for drawing even if nothing is drawn. */
const maxLinger = 64;

/**
 * Beyond this many cells no entity lingers: a table has 65536 slots, and a server that swaps all of them each tick must not
 * fill memory.
 */
const maxCells = 1 << 17;

/** Two rows further apart than this many ticks say nothing about how an entity moves now. */
const longestSpan = 8;

const never = Infinity;

/**
 * One table's entities: the known list, and for each entity its last rows, which serve the decoders (the three newest) and
 * interpolation alike. Entities live in cells of shared typed arrays; decoding a message allocates nothing once the arrays
 * have grown. The decoders of both codecs write it, in the order leave, advance, enter.
 */
export class TableState {
  readonly index: number;
  readonly layout: Layout;
  readonly fields: readonly Field[];
  /**
   * All rows, each word as a signed number. The decoders write the one that {@link TableState.advance} or
   * {@link TableState.enter} has opened.
   */
  words = new Int32Array(0);
  /** Where the rows s1, s2 and s3 of the entity that advances begin in `words`. */
  row1 = 0;
  row2 = 0;
  row3 = 0;
  readonly motion = new Motion();
  /**
   * For curves, set before {@link TableState.rowsAt} visits: where the two rows before the earlier one begin, and the ticks from each
   * of the four rows to the next. A gap of 0 means that there is no row before it that tells anything.
   */
  before0 = 0;
  before1 = 0;
  gap0 = 0;
  gap1 = 0;
  gap2 = 0;

  /** Cells in slot order; the first {@link TableState.size} are valid. */
  #known = new Int32Array(16);
  #spare = new Int32Array(16);
  #count = 0;
  /** Cells that leave in the message being applied, by ascending slot. */
  #leavers: number[] = [];
  /** While entities enter: positions in the known list before, in the merged one, and among the leavers. */
  #from = 0;
  #to = 0;
  #leaver = 0;
  #previous = -1;

  #cells = 0;
  #free: number[] = [];
  /** Cells of entities that have left but may still have to be drawn, oldest first. */
  #lingering: number[] = [];
  #slots = new Int32Array(0);
  #generations = new Int32Array(0);
  #entered = new Float64Array(0);
  #left = new Float64Array(0);
  /** Rows received since the entity entered, at most three: those that predictions may use. */
  #fresh = new Int32Array(0);
  /** Rows kept, and where the newest stands. */
  #kept = new Int32Array(0);
  #heads = new Int32Array(0);
  #ticks = new Uint32Array(0);

  constructor(schema: TableSchema, index: number) {
    this.index = index;
    this.layout = new Layout(schema);
    this.fields = this.layout.fields;
  }

  get name(): string {
    return this.layout.name;
  }

  /** Number of known entities. */
  get size(): number {
    return this.#count;
  }

  /** Forgets everything; a FULL follows. */
  clear(): void {
    this.#count = 0;
    this.#cells = 0;
    this.#free = [];
    this.#lingering = [];
  }

  /** Takes the entities at these ascending positions off the known list. */
  leave(positions: readonly number[], tick: number): void {
    this.#leavers.length = 0;
    if (positions.length === 0) return;
    const known = this.#known;
    let to = positions[0]!;
    let next = 0;
    for (let from = to; from < this.#count; from++) {
      const cell = known[from]!;
      if (from === positions[next]) {
        next++;
        this.#left[cell] = tick;
        this.#leavers.push(cell);
      } else known[to++] = cell;
    }
    this.#count = to;
  }

  /** The slot of the entity at a position of the known list. */
  slotAt(position: number): number {
    return this.#slots[this.#known[position]!]!;
  }

  /**
   * Opens the row for `tick` of the entity at a position of the known list: it begins as its last one. Returns where it begins,
   * and leaves `row1`, `row2`, `row3` and `motion` set.
   */
  advance(position: number, tick: number): number {
    const width = this.fields.length;
    const cell = this.#known[position]!;
    const base = cell * keep;
    const head = this.#heads[cell]!;
    const second = (head - 1) & (keep - 1);
    const third = (head - 2) & (keep - 1);
    const next = (head + 1) & (keep - 1);
    const row = (this.row1 = (base + head) * width);
    this.row2 = (base + second) * width;
    this.row3 = (base + third) * width;
    const ticks = this.#ticks;
    this.motion.set(tick, ticks[base + head]!, ticks[base + second]!, ticks[base + third]!, this.#fresh[cell]!);
    const out = (base + next) * width;
    const words = this.words;
    for (let f = 0; f < width; f++) words[out + f] = words[row + f]!;
    this.#pushed(cell, next, tick);
    return out;
  }

  /** Every known entity is exactly as predicted. */
  advanceAll(tick: number): void {
    for (let i = 0; i < this.#count; i++) this.predict(this.advance(i, tick));
  }

  /** Moves the predicted fields of the row that {@link TableState.advance} has opened. */
  predict(out: number): void {
    const { words, motion, fields } = this;
    for (const f of this.layout.predicted) {
      const field = fields[f]!;
      const word = motion.predict(field, words[this.row1 + f]!, words[this.row2 + f]!);
      field.check(word);
      words[out + f] = word;
    }
  }

  /** At most `n` entities enter, each by {@link TableState.enter}, then comes {@link TableState.endEnters}. */
  beginEnters(n: number): void {
    if (this.#spare.length < this.#count + n) this.#spare = new Int32Array(2 * (this.#count + n));
    this.#from = this.#to = this.#leaver = 0;
    this.#previous = -1;
  }

  /**
   * Opens the row of an entering entity, all zeros, and returns where it begins. Slots ascend. An entity of a FULL (`first`)
   * counts as having been there before.
   */
  enter(slot: number, generation: number, tick: number, first: boolean): number {
    const width = this.fields.length;
    if (slot <= this.#previous || slot > 0xffff || generation === 0)
      throw new ProtocolError(`${this.name}: bad identity of an entering entity`);
    this.#previous = slot;
    this.#mergeUpTo(slot);
    if (this.#from < this.#count && this.slotAt(this.#from) === slot)
      throw new ProtocolError(`${this.name}: slot ${slot} enters but is known`);
    const leavers = this.#leavers;
    while (this.#leaver < leavers.length && this.#slots[leavers[this.#leaver]!]! < slot) this.#leaver++;
    const cell = this.#revive(leavers[this.#leaver], slot, generation) ?? this.#claim(slot, generation, first ? 0 : tick);
    const next = (this.#heads[cell]! + 1) & (keep - 1);
    const out = (cell * keep + next) * width;
    this.words.fill(0, out, out + width);
    this.#fresh[cell] = 0;
    this.#pushed(cell, next, tick);
    this.#spare[this.#to++] = cell;
    return out;
  }

  endEnters(): void {
    this.#mergeUpTo(Infinity);
    const merged = this.#spare;
    this.#spare = this.#known;
    this.#known = merged;
    this.#count = this.#to;
    this.endLeaves();
  }

  /** Ends a message in which nothing enters: what has left is drawn until the render tick gets there. */
  endLeaves(): void {
    for (const cell of this.#leavers) if (this.#left[cell] !== never) this.#lingering.push(cell);
    this.#leavers.length = 0;
  }

  /**
   * Where the row of an entity begins if it was sent in the message of `tick` and belongs to `player`, else -1; asked for each
   * position.
   */
  ownedRow(position: number, tick: number, player: number): number {
    const cell = this.#known[position]!;
    const at = cell * keep + this.#heads[cell]!;
    const row = at * this.fields.length;
    return player > 0 && this.#ticks[at] === tick && this.words[row + this.layout.owner] === (player | 0) ? row : -1;
  }

  /** Frees entities that left before `tick`: they are not drawn any more. */
  collect(tick: number, newest: number): void {
    const lingering = this.#lingering;
    let n = 0;
    while (n < lingering.length && (this.#left[lingering[n]!]! <= tick || this.#left[lingering[n]!]! + maxLinger < newest)) n++;
    if (n > 0) for (const cell of lingering.splice(0, n)) this.#free.push(cell);
  }

  /** Adds the table's words to a checksum. */
  checksum(h: number): number {
    h = mix(mix(h, this.index), this.#count);
    const width = this.fields.length;
    for (let i = 0; i < this.#count; i++) {
      const cell = this.#known[i]!;
      h = mix(h, this.id(cell));
      const row = this.newestRow(cell);
      for (let f = 0; f < width; f++) h = mix(h, this.words[row + f]!);
    }
    return h;
  }

  /** Calls `visit` with the cell of each known entity, in slot order. */
  eachKnown(visit: (cell: number) => void): void {
    for (let i = 0; i < this.#count; i++) visit(this.#known[i]!);
  }

  /** Calls `visit` with the cell of each entity that is there at (fractional) `tick`, entered already and not yet left. */
  eachAt(tick: number, visit: (cell: number) => void): void {
    for (let i = 0; i < this.#count; i++) {
      const cell = this.#known[i]!;
      if (this.#entered[cell]! <= tick) visit(cell);
    }
    for (const cell of this.#lingering) if (this.#entered[cell]! <= tick && tick < this.#left[cell]!) visit(cell);
  }

  /** The cell of a known entity, or -1. */
  find(id: number): number {
    const slot = id & 0xffff;
    let lo = 0;
    let hi = this.#count;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (this.slotAt(mid) < slot) lo = mid + 1;
      else hi = mid;
    }
    const cell = lo < this.#count ? this.#known[lo]! : -1;
    return cell >= 0 && this.id(cell) === id ? cell : -1;
  }

  /** The entity id: `table << 26 | generation << 16 | slot`. */
  id(cell: number): number {
    return ((this.index << 26) | (this.#generations[cell]! << 16) | this.#slots[cell]!) >>> 0;
  }

  /** Where an entity's newest row begins in `words`. */
  newestRow(cell: number): number {
    return (cell * keep + this.#heads[cell]!) * this.fields.length;
  }

  /** The tick at which an entity was last sent: older than the newest one when it did not fit a message. */
  sentAt(cell: number): number {
    return this.#ticks[cell * keep + this.#heads[cell]!]!;
  }

  /** The tick with whose snapshot an entity came; 0 if it was there before. */
  enteredAt(cell: number): number {
    return this.#entered[cell]!;
  }

  /** Whether at (fractional) `tick` there are rows to tell how an entity moves, rather than a single one from before. */
  movesAt(cell: number, tick: number): boolean {
    return this.#fresh[cell]! > 1 || tick <= this.sentAt(cell);
  }

  /**
   * Finds the rows around `tick` and calls `visit` with where the earlier and the later one begin and the part of the way
   * between them. Before the oldest row that one is held. After the newest one the part is over 1, as the last two rows would go
   * on, for at most `reach` ticks; an entity that has just entered, or whose rows are far apart, is held.
   */
  rowsAt(cell: number, tick: number, reach: number, visit: (earlier: number, later: number, part: number) => void): void {
    const width = this.fields.length;
    const head = this.#heads[cell]!;
    const newest = this.#ticks[cell * keep + head]!;
    if (tick > newest && this.#fresh[cell]! > 1) {
      const before = (head - 1) & (keep - 1);
      const span = newest - this.#ticks[cell * keep + before]!;
      if (span <= longestSpan) {
        const part = 1 + Math.min(tick - newest, reach) / span;
        this.#lookBack(cell, 1, span);
        visit((cell * keep + before) * width, (cell * keep + head) * width, part);
        return;
      }
    }
    let later = head;
    for (let back = 0; back < this.#kept[cell]!; back++) {
      const k = (head - back) & (keep - 1);
      const t = this.#ticks[cell * keep + k]!;
      if (t <= tick || back === this.#kept[cell]! - 1) {
        const span = this.#ticks[cell * keep + later]! - t;
        const part = span > 0 && tick > t ? Math.min(1, (tick - t) / span) : 0;
        this.#lookBack(cell, back, span);
        visit((cell * keep + k) * width, (cell * keep + later) * width, part);
        return;
      }
      later = k;
    }
  }

  /** Finds the rows before the one that is `back` rows before the newest and `span` ticks before the next. */
  #lookBack(cell: number, back: number, span: number): void {
    this.gap0 = this.gap1 = 0;
    this.gap2 = span;
    if (!this.layout.curved) return;
    const base = cell * keep;
    const at = (n: number) => base + ((this.#heads[cell]! - back - n) & (keep - 1));
    const gap = (n: number) => {
      if (back + n + 1 >= this.#kept[cell]!) return 0;
      const ticks = this.#ticks[at(n)]! - this.#ticks[at(n + 1)]!;
      return ticks <= longestSpan ? ticks : 0;
    };
    this.gap1 = gap(0);
    if (this.gap1 > 0) this.gap0 = gap(1);
    this.before1 = at(1) * this.fields.length;
    this.before0 = at(2) * this.fields.length;
  }

  #mergeUpTo(slot: number): void {
    while (this.#from < this.#count && this.slotAt(this.#from) < slot) this.#spare[this.#to++] = this.#known[this.#from++]!;
  }

  /** An entity that leaves and enters in one message with the same generation goes on living; its drawn past stays. */
  #revive(cell: number | undefined, slot: number, generation: number): number | undefined {
    if (cell === undefined || this.#slots[cell] !== slot || this.#generations[cell] !== generation) return undefined;
    this.#left[cell] = never;
    return cell;
  }

  #claim(slot: number, generation: number, entered: number): number {
    if (this.#free.length === 0 && this.#cells >= maxCells) this.collect(Infinity, Infinity);
    const cell = this.#free.pop() ?? this.#cells++;
    if (cell >= this.#slots.length) this.#grow();
    this.#slots[cell] = slot;
    this.#generations[cell] = generation;
    this.#entered[cell] = entered;
    this.#left[cell] = never;
    this.#kept[cell] = 0;
    this.#heads[cell] = 0;
    return cell;
  }

  #pushed(cell: number, at: number, tick: number): void {
    this.#ticks[cell * keep + at] = tick;
    this.#heads[cell] = at;
    if (this.#fresh[cell]! < 3) this.#fresh[cell]!++;
    if (this.#kept[cell]! < keep) this.#kept[cell]!++;
  }

  #grow(): void {
    const n = Math.max(16, 2 * this.#slots.length);
    this.#slots = copied(new Int32Array(n), this.#slots);
    this.#generations = copied(new Int32Array(n), this.#generations);
    this.#entered = copied(new Float64Array(n), this.#entered);
    this.#left = copied(new Float64Array(n), this.#left);
    this.#fresh = copied(new Int32Array(n), this.#fresh);
    this.#kept = copied(new Int32Array(n), this.#kept);
    this.#heads = copied(new Int32Array(n), this.#heads);
    this.#ticks = copied(new Uint32Array(n * keep), this.#ticks);
    this.words = copied(new Int32Array(n * keep * this.fields.length), this.words);
  }
}

function copied<A extends Int32Array | Uint32Array | Float64Array>(to: A, from: A): A {
  to.set(from);
  return to;
}

/** One step of the checksum (FNV-1a over words). */
function mix(h: number, word: number): number {
  return Math.imul(h ^ word, 16777619) >>> 0;
}
