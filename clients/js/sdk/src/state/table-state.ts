import { ProtocolError } from "../errors/protocol-error.js";
import type { TableSchema } from "../schema-type.js";
import { Entity, keep, longestSpan, never } from "./entity.js";
import type { Field } from "./field.js";
import { Layout } from "./layout.js";

/** A left entity is kept this many ticks for drawing even if nothing is drawn. */
const maxLinger = 64;

/**
 * Beyond this many entities none lingers: a table has 65536 slots, and a server that swaps all of them each tick must not
 * fill memory.
 */
const maxEntities = 1 << 17;

/**
 * Two rows up to this many ticks apart are enough to go on beyond the newest: where it stood still is further off than that errs.
 */
const longestGuess = 16;

/**
 * One table's entities: the known list, and for each entity its last rows, which serve the decoders (the two newest) and
 * interpolation alike. Rows are in one typed array; decoding a message allocates nothing once that has grown. The decoders of
 * both codecs write it, in the order leave, advance, enter.
 */
export class TableState {
  readonly index: number;
  readonly layout: Layout;
  readonly fields: readonly Field[];
  /**
   * All rows: `layout.width` words for the fields, each as a signed number, and what codec `packed` keeps behind them. The
   * decoders write the row that {@link TableState.advance} or {@link TableState.enter} has opened.
   */
  words = new Int32Array(0);
  /**
   * For curves, set before {@link TableState.rowsAt} visits: where the two rows before the earlier one begin, and the ticks from each
   * of the four rows to the next. A gap of 0 means that there is no row before it that tells anything.
   */
  before0 = 0;
  before1 = 0;
  gap0 = 0;
  gap1 = 0;
  gap2 = 0;

  /** In slot order; the first {@link TableState.size} are valid. */
  #known: Entity[] = [];
  #spare: Entity[] = [];
  #count = 0;
  /** Those that leave in the message being applied, by ascending slot. */
  #leavers: Entity[] = [];
  /** While entities enter: positions in the known list before, in the merged one, and among the leavers. */
  #from = 0;
  #to = 0;
  #leaver = 0;
  #previous = -1;

  /** All there ever were, of which the first {@link TableState.#used} have been in use since the last FULL. */
  #entities: Entity[] = [];
  #used = 0;
  #free: Entity[] = [];
  /** Those that have left but may still have to be drawn, oldest first. */
  #lingering: Entity[] = [];
  /** The tick of each row. */
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
    this.#used = 0;
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
      const entity = known[from]!;
      if (from === positions[next]) {
        next++;
        entity.left = tick;
        this.#leavers.push(entity);
      } else known[to++] = entity;
    }
    this.#count = to;
  }

  /** The entity at a position of the known list. */
  at(position: number): Entity {
    return this.#known[position]!;
  }

  /**
   * Opens an entity's row for `tick` and returns where it begins. Fields that are not predicted are as in the row before; the
   * others must be written.
   */
  advance(entity: Entity, tick: number): number {
    const { stride, kept } = this.layout;
    const words = this.words;
    const before = Math.imul(entity.row, stride);
    entity.push(tick);
    this.#ticks[entity.row] = tick;
    const out = Math.imul(entity.row, stride);
    // A ring in which nothing was put since it came round has the same in the row that is written over.
    if (entity.same < keep) {
      entity.same++;
      for (let i = 0; i < kept.length; i++) words[out + kept[i]!] = words[before + kept[i]!]!;
    }
    return out;
  }

  /** Writes a field that is not predicted to an entity's newest row. */
  put(entity: Entity, f: number, word: number): void {
    entity.same = 1;
    this.words[this.newestRow(entity) + f] = word;
  }

  /** Every known entity is exactly as predicted. */
  advanceAll(tick: number): void {
    for (let i = 0; i < this.#count; i++) {
      const entity = this.#known[i]!;
      const out = this.advance(entity, tick);
      this.predict(entity, out);
      this.settle(out);
    }
  }

  /**
   * Writes what the predicted fields of the row that {@link TableState.advance} has opened should be, to which residuals may be
   * added before {@link TableState.settle}.
   */
  predict(entity: Entity, out: number): void {
    const words = this.words;
    const { predicted, stride } = this.layout;
    const row1 = Math.imul(entity.rowBefore(1), stride);
    const row2 = Math.imul(entity.rowBefore(2), stride);
    const { gap, gap1, line } = entity;
    const even = gap === gap1;
    for (let i = 0; i < predicted.length; i++) {
      const { index, shift } = predicted[i]!;
      const s1 = words[row1 + index]!;
      const speed = line ? ((s1 - words[row2 + index]!) << shift) >> shift : 0;
      words[out + index] = s1 + (even ? speed : Math.floor((speed * gap) / gap1));
    }
  }

  /** Reduces the predicted fields of a row to their bits. Throws when one is out of its range. */
  settle(out: number): void {
    const words = this.words;
    const { predicted } = this.layout;
    for (let i = 0; i < predicted.length; i++) {
      const { index, shift, lo, span } = predicted[i]!;
      // Counted from lo on, the range is what is at most span.
      const above = ((words[out + index]! - lo) << shift) >>> shift;
      if (above > span >>> 0) throw this.outOfRange(index, lo + above);
      words[out + index] = lo + above;
    }
  }

  outOfRange(f: number, word: number): ProtocolError {
    const { name, lo, hi } = this.fields[f]!;
    return new ProtocolError(`${this.name}: ${name} is ${word}, which is not in ${lo}..${hi}`);
  }

  /** Entities are going to enter, each by {@link TableState.enter}; then comes {@link TableState.endEnters}. */
  beginEnters(): void {
    this.#from = this.#to = this.#leaver = 0;
    this.#previous = -1;
  }

  /**
   * Opens the row of an entering entity, all zeros, and returns where it begins. Slots ascend. An entity of a FULL (`first`)
   * counts as having been there before.
   */
  enter(slot: number, generation: number, tick: number, first: boolean): number {
    if (slot <= this.#previous || slot > 0xffff || generation === 0)
      throw new ProtocolError(`${this.name}: bad identity of an entering entity`);
    this.#previous = slot;
    this.#mergeUpTo(slot);
    if (this.#from < this.#count && this.#known[this.#from]!.slot === slot)
      throw new ProtocolError(`${this.name}: slot ${slot} enters but is known`);
    const leavers = this.#leavers;
    while (this.#leaver < leavers.length && leavers[this.#leaver]!.slot < slot) this.#leaver++;
    const entity = revived(leavers[this.#leaver], slot, generation) ?? this.#claim(slot, generation, first ? 0 : tick);
    entity.push(tick);
    entity.forget();
    entity.same = 1;
    this.#ticks[entity.row] = tick;
    const out = this.newestRow(entity);
    this.words.fill(0, out, out + this.layout.stride);
    this.#spare[this.#to++] = entity;
    return out;
  }

  endEnters(): void {
    this.#mergeUpTo(Infinity);
    [this.#known, this.#spare] = [this.#spare, this.#known];
    this.#count = this.#to;
    this.endLeaves();
  }

  /** Ends a message in which nothing enters: what has left is drawn until the render tick gets there. */
  endLeaves(): void {
    for (const entity of this.#leavers) if (entity.left !== never) this.#lingering.push(entity);
    this.#leavers.length = 0;
  }

  /** Whether an entity was sent in the message of `tick` and belongs to `player`. */
  isSentTo(entity: Entity, tick: number, player: number): boolean {
    return player > 0 && entity.tick === tick && this.words[this.newestRow(entity) + this.layout.owner] === (player | 0);
  }

  /** Frees entities that left before `tick`: they are not drawn any more. */
  collect(tick: number, newest: number): void {
    const lingering = this.#lingering;
    let n = 0;
    while (n < lingering.length && (lingering[n]!.left <= tick || lingering[n]!.left + maxLinger < newest)) n++;
    if (n > 0) for (const entity of lingering.splice(0, n)) this.#free.push(entity);
  }

  /** Adds the table's words to a checksum. */
  checksum(h: number): number {
    h = mix(mix(h, this.index), this.#count);
    const width = this.fields.length;
    for (let i = 0; i < this.#count; i++) {
      const entity = this.#known[i]!;
      h = mix(h, this.id(entity));
      const row = this.newestRow(entity);
      for (let f = 0; f < width; f++) h = mix(h, this.words[row + f]!);
    }
    return h;
  }

  /** Calls `visit` with each known entity, in slot order. */
  eachKnown(visit: (entity: Entity) => void): void {
    for (let i = 0; i < this.#count; i++) visit(this.#known[i]!);
  }

  /** Calls `visit` with each entity that is there at (fractional) `tick`, entered already and not yet left. */
  eachAt(tick: number, visit: (entity: Entity) => void): void {
    for (let i = 0; i < this.#count; i++) if (this.#known[i]!.entered <= tick) visit(this.#known[i]!);
    for (const entity of this.#lingering) if (entity.entered <= tick && tick < entity.left) visit(entity);
  }

  /** A known entity, or undefined. */
  find(id: number): Entity | undefined {
    const slot = id & 0xffff;
    let lo = 0;
    let hi = this.#count;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (this.#known[mid]!.slot < slot) lo = mid + 1;
      else hi = mid;
    }
    const entity = lo < this.#count ? this.#known[lo] : undefined;
    return entity !== undefined && this.id(entity) === id ? entity : undefined;
  }

  /** The entity id: `table << 26 | generation << 16 | slot`. */
  id(entity: Entity): number {
    return ((this.index << 26) | (entity.generation << 16) | entity.slot) >>> 0;
  }

  /** Where an entity's newest row begins in `words`. */
  newestRow(entity: Entity): number {
    return entity.row * this.layout.stride;
  }

  /**
   * Finds the rows around `tick` and calls `visit` with where the earlier and the later one begin and the part of the way
   * between them. Before the oldest row that one is held. After the newest one the part is over 1, as the last two rows would go
   * on, for at most `reach` ticks; an entity that has just entered, or whose rows are far apart, is held.
   */
  rowsAt(entity: Entity, tick: number, reach: number, visit: (earlier: number, later: number, part: number) => void): void {
    const { stride } = this.layout;
    const { row, gap } = entity;
    if (tick > entity.tick && gap <= longestGuess) {
      this.#lookBack(entity, 1, gap);
      visit(entity.rowBefore(1) * stride, row * stride, 1 + Math.min(tick - entity.tick, reach) / gap);
      return;
    }
    let later = row;
    for (let back = 0; back < entity.rows; back++) {
      const earlier = entity.rowBefore(back);
      const t = this.#ticks[earlier]!;
      if (t <= tick || back === entity.rows - 1) {
        const span = this.#ticks[later]! - t;
        const part = span > 0 && tick > t ? Math.min(1, (tick - t) / span) : 0;
        this.#lookBack(entity, back, span);
        visit(earlier * stride, later * stride, part);
        return;
      }
      later = earlier;
    }
  }

  /** Finds the rows before the one that is `back` rows before the newest and `span` ticks before the next. */
  #lookBack(entity: Entity, back: number, span: number): void {
    this.gap0 = this.gap1 = 0;
    this.gap2 = span;
    const { curved, stride } = this.layout;
    if (!curved) return;
    const gap = (n: number) => {
      if (n + 1 >= entity.rows) return 0;
      const ticks = this.#ticks[entity.rowBefore(n)]! - this.#ticks[entity.rowBefore(n + 1)]!;
      return ticks <= longestSpan ? ticks : 0;
    };
    this.gap1 = gap(back);
    if (this.gap1 > 0) this.gap0 = gap(back + 1);
    this.before1 = entity.rowBefore(back + 1) * stride;
    this.before0 = entity.rowBefore(back + 2) * stride;
  }

  #mergeUpTo(slot: number): void {
    while (this.#from < this.#count && this.#known[this.#from]!.slot < slot) {
      this.#spare[this.#to++] = this.#known[this.#from++]!;
    }
  }

  #claim(slot: number, generation: number, entered: number): Entity {
    if (this.#free.length === 0 && this.#used >= maxEntities) this.collect(Infinity, Infinity);
    const entity = this.#free.pop() ?? this.#another();
    entity.slot = slot;
    entity.generation = generation;
    entity.entered = entered;
    entity.left = never;
    entity.rows = 0;
    return entity;
  }

  #another(): Entity {
    const n = this.#used++;
    if (n < this.#entities.length) return this.#entities[n]!;
    if (n * keep >= this.#ticks.length) {
      const room = Math.max(16, 2 * n);
      this.#ticks = copied(new Uint32Array(room * keep), this.#ticks);
      this.words = copied(new Int32Array(room * keep * this.layout.stride), this.words);
    }
    const entity = new Entity(n);
    this.#entities.push(entity);
    return entity;
  }
}

/** An entity that leaves and enters in one message with the same generation goes on living; its drawn past stays. */
function revived(entity: Entity | undefined, slot: number, generation: number): Entity | undefined {
  if (entity?.slot !== slot || entity.generation !== generation) return undefined;
  entity.left = never;
  return entity;
}

function copied<A extends Int32Array | Uint32Array>(to: A, from: A): A {
  to.set(from);
  return to;
}

/** One step of the checksum (FNV-1a over words). */
function mix(h: number, word: number): number {
  return Math.imul(h ^ word, 16777619) >>> 0;
}
