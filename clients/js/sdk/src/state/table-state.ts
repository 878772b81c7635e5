import { ProtocolError } from "../errors/protocol-error.js";
import type { TableSchema } from "../schema-type.js";
import type { Reader } from "../wire/reader.js";
import { BitReader } from "./bits.js";
import { Field } from "./field.js";

/** Rows kept per entity, a power of two: what the render tick lies behind must fit, with room for a late one. */
const keep = 16;
/** Extrapolation reaches over at most this many ticks, on either side (PROTOCOL.md section 7). */
const reach = 8;
/** A left entity is kept this many ticks for drawing even if nothing is drawn. */
const maxLinger = 64;

/**
 * Beyond this many cells no entity lingers: a table has 65536 slots, and a server that swaps all of them each tick must not
 * fill memory.
 */
const maxCells = 1 << 17;

const never = Infinity;

/**
 * One table's entities: the known list, and for each entity its last rows, which serve the decoder (the two newest) and
 * interpolation alike. Entities live in cells of shared typed arrays; decoding a message allocates nothing once the arrays
 * have grown.
 */
export class TableState {
  readonly name: string;
  readonly index: number;
  readonly fields: readonly Field[];
  /** Cells in slot order; the first {@link TableState.size} are valid. */
  #known = new Int32Array(16);
  #spare = new Int32Array(16);
  #count = 0;

  #cells = 0;
  #free: number[] = [];
  /** Cells of entities that have left but may still have to be drawn, oldest first. */
  #lingering: number[] = [];
  /** Cells that leave in the message being applied, by ascending slot. */
  #leavers: number[] = [];
  #slots = new Int32Array(0);
  #generations = new Int32Array(0);
  #entered = new Float64Array(0);
  #left = new Float64Array(0);
  /** Rows received since the entity entered: extrapolation needs two. */
  #fresh = new Int32Array(0);
  /** Rows kept, and where the newest stands. */
  #kept = new Int32Array(0);
  #heads = new Int32Array(0);
  #ticks = new Uint32Array(0);
  #words = new Uint32Array(0);

  constructor(schema: TableSchema, index: number) {
    this.name = schema.name;
    this.index = index;
    this.fields = schema.fields.map((f) => new Field(f));
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

  /** Applies one table of a body. `first` marks a FULL, whose entities count as having been there before. */
  apply(r: Reader, tick: number, first: boolean): void {
    this.#readLeaves(r, tick);
    this.#readChanges(r, tick);
    this.#readEnters(r, tick, first);
    for (const cell of this.#leavers) if (this.#left[cell] !== never) this.#lingering.push(cell);
  }

  /** Every known entity is exactly as predicted. */
  applyNothing(tick: number): void {
    for (let i = 0; i < this.#count; i++) this.#advance(this.#known[i]!, tick, undefined, undefined);
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
      const row = this.#newestRow(cell);
      for (let f = 0; f < width; f++) h = mix(h, this.#words[row + f]!);
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
      if (this.#slots[this.#known[mid]!]! < slot) lo = mid + 1;
      else hi = mid;
    }
    const cell = lo < this.#count ? this.#known[lo]! : -1;
    return cell >= 0 && this.id(cell) === id ? cell : -1;
  }

  /** The entity id: `table << 26 | generation << 16 | slot`. */
  id(cell: number): number {
    return ((this.index << 26) | (this.#generations[cell]! << 16) | this.#slots[cell]!) >>> 0;
  }

  /** The newest word of a field. */
  word(cell: number, field: number): number {
    return this.#words[this.#newestRow(cell) + field]!;
  }

  /**
   * Finds the rows around `tick` and calls `visit` with the offsets of the earlier and the later one and the part of the way
   * between them. Before the oldest row and after the newest one that row is held.
   */
  rowsAt(cell: number, tick: number, visit: (earlier: number, later: number, part: number) => void): void {
    const width = this.fields.length;
    const head = this.#heads[cell]!;
    let later = head;
    for (let back = 0; back < this.#kept[cell]!; back++) {
      const k = (head - back) & (keep - 1);
      const t = this.#ticks[cell * keep + k]!;
      if (t <= tick || back === this.#kept[cell]! - 1) {
        const span = this.#ticks[cell * keep + later]! - t;
        const part = span > 0 && tick > t ? Math.min(1, (tick - t) / span) : 0;
        visit((cell * keep + k) * width, (cell * keep + later) * width, part);
        return;
      }
      later = k;
    }
  }

  /** The word at an offset that {@link TableState.rowsAt} gave, plus the field's index. */
  wordAt(offset: number): number {
    return this.#words[offset]!;
  }

  #readLeaves(r: Reader, tick: number): void {
    this.#leavers = [];
    let from = 0;
    let to = 0;
    let previous = -1;
    for (let n = r.array(); n > 0; n--) {
      const slot = r.uint(0xffff);
      if (slot <= previous) throw new ProtocolError(`${this.name}: leaves are not ascending`);
      previous = slot;
      while (from < this.#count && this.#slots[this.#known[from]!]! < slot) this.#known[to++] = this.#known[from++]!;
      if (from === this.#count || this.#slots[this.#known[from]!]! !== slot)
        throw new ProtocolError(`${this.name}: slot ${slot} leaves but is not known`);
      const cell = this.#known[from++]!;
      this.#left[cell] = tick;
      this.#leavers.push(cell);
    }
    while (from < this.#count) this.#known[to++] = this.#known[from++]!;
    this.#count = to;
  }

  #readChanges(r: Reader, tick: number): void {
    const bits = new BitReader(r.bin());
    const values = r.array();
    let used = 0;
    for (let i = 0; i < this.#count; i++) used += this.#advance(this.#known[i]!, tick, bits, r);
    bits.end();
    if (used !== values) throw new ProtocolError(`${this.name}: ${values} values for ${used} changed fields`);
  }

  /**
   * Makes an entity's row for `tick`: predicted, then corrected by what the message says. Returns the number of values read.
   */
  #advance(cell: number, tick: number, bits: BitReader | undefined, r: Reader | undefined): number {
    const fields = this.fields;
    const width = fields.length;
    const head = this.#heads[cell]!;
    const next = (head + 1) & (keep - 1);
    const before = (head - 1) & (keep - 1);
    const row1 = (cell * keep + head) * width;
    const row2 = (cell * keep + before) * width;
    const out = (cell * keep + next) * width;
    const t1 = this.#ticks[cell * keep + head]!;
    const span = t1 - this.#ticks[cell * keep + before]!;
    const moving = this.#fresh[cell]! > 1 && span <= reach && tick - t1 <= reach;
    const changed = bits?.next() === true;
    let used = 0;
    for (let f = 0; f < width; f++) {
      const field = fields[f]!;
      let word = this.#words[row1 + f]!;
      if (field.extrapolated && moving) word = field.extrapolate(word, this.#words[row2 + f]!, tick - t1, span);
      if (changed && !field.once && bits!.next()) {
        used++;
        word = field.extrapolated ? field.addResidual(word, r!) : field.read(r!);
      }
      if (field.extrapolated) field.check(word);
      this.#words[out + f] = word;
    }
    if (changed && used === 0) throw new ProtocolError(`${this.name}: an entity changed in no field`);
    this.#pushed(cell, next, tick);
    return used;
  }

  #readEnters(r: Reader, tick: number, first: boolean): void {
    const width = this.fields.length;
    const total = r.array();
    const entering = total / (width + 2);
    if (!Number.isInteger(entering)) throw new ProtocolError(`${this.name}: enters are not whole rows`);
    if (this.#spare.length < this.#count + entering) this.#spare = new Int32Array(2 * (this.#count + entering));
    const merged = this.#spare;
    let from = 0;
    let to = 0;
    let leaver = 0;
    let previous = -1;
    for (let n = entering; n > 0; n--) {
      const slot = r.uint(0xffff);
      const generation = r.uint(0x3ff);
      if (slot <= previous || generation === 0) throw new ProtocolError(`${this.name}: bad identity of an entering entity`);
      previous = slot;
      while (from < this.#count && this.#slots[this.#known[from]!]! < slot) merged[to++] = this.#known[from++]!;
      if (from < this.#count && this.#slots[this.#known[from]!]! === slot)
        throw new ProtocolError(`${this.name}: slot ${slot} enters but is known`);
      while (leaver < this.#leavers.length && this.#slots[this.#leavers[leaver]!]! < slot) leaver++;
      const cell = this.#revive(this.#leavers[leaver], slot, generation) ?? this.#claim(slot, generation, first ? 0 : tick);
      const next = (this.#heads[cell]! + 1) & (keep - 1);
      const out = (cell * keep + next) * width;
      for (let f = 0; f < width; f++) this.#words[out + f] = this.fields[f]!.read(r);
      this.#fresh[cell] = 0;
      this.#pushed(cell, next, tick);
      merged[to++] = cell;
    }
    while (from < this.#count) merged[to++] = this.#known[from++]!;
    this.#spare = this.#known;
    this.#known = merged;
    this.#count = to;
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
    this.#fresh[cell] = Math.min(2, this.#fresh[cell]! + 1);
    this.#kept[cell] = Math.min(keep, this.#kept[cell]! + 1);
  }

  #newestRow(cell: number): number {
    return (cell * keep + this.#heads[cell]!) * this.fields.length;
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
    this.#words = copied(new Uint32Array(n * keep * this.fields.length), this.#words);
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
