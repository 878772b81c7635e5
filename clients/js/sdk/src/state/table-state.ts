import * as fault from "../errors/faults.js";
import { ProtocolError } from "../errors/protocol-error.js";
import type { TableSchema } from "../schema-type.js";
import { Entity, never } from "./entity.js";
import type { Field } from "./field.js";
import { Layout } from "./layout.js";
import { Records } from "./records.js";
import { Rows } from "./rows.js";

/** A left entity is kept this many ticks for drawing even if nothing is drawn. */
const maxLinger = 64;

/**
 * Beyond this many entities none lingers: a table has 65536 slots, and a server that swaps all of them each tick must not
 * fill memory.
 */
const maxEntities = 1 << 17;

/**
 * One table's entities: the known list, and each entity's last rows. Decoding a message allocates nothing once the lists have
 * grown. The decoders of both codecs write it: what leaves, the records, what enters.
 */
export class TableState {
  readonly index: number;
  readonly layout: Layout;
  readonly fields: readonly Field[];
  readonly rows: Rows;
  readonly records: Records;

  /** The cells of the known list, in its order; the first {@link TableState.size} are valid. */
  cells = new Int32Array(0);

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

  /** `noted`: rows have the notes of codec `packed`. */
  constructor(schema: TableSchema, index: number, noted: boolean) {
    this.index = index;
    this.layout = new Layout(schema);
    this.fields = this.layout.fields;
    this.rows = new Rows(this.layout.stride);
    this.records = new Records(this.layout, this.rows, noted);
  }

  get name(): string {
    return this.layout.name;
  }

  get words(): Int32Array {
    return this.rows.words;
  }

  /** Number of known entities. */
  get size(): number {
    return this.#count;
  }

  /** Forgets everything; a FULL follows. */
  clear(): void {
    this.#count = 0;
    this.#leavers = [];
    this.#used = 0;
    this.#free = [];
    this.#lingering = [];
  }

  /** Takes the entities at these ascending positions off the known list. */
  leave(positions: readonly number[], tick: number): void {
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
    this.#listCells();
  }

  /** The entity at a position of the known list. */
  at(position: number): Entity {
    return this.#known[position]!;
  }

  /** The message of `tick` begins, of which nothing has been applied. */
  begin(tick: number): void {
    this.rows.begin(tick, this.#used);
    this.records.begin(tick, this.#count);
  }

  /** Writes a field that is not predicted to an entity's newest row. */
  put(entity: Entity, f: number, word: number): void {
    this.rows.words[this.rows.at(entity) + f] = word;
  }

  /** Every known entity is sent. */
  advanceAll(): void {
    this.records.advanceAll(this.cells, this.#count, this.#used);
    for (const entity of this.#leavers) this.rows.keepOne(entity);
    for (const entity of this.#lingering) this.rows.keepOne(entity);
  }

  /** Some known entities are sent, each by {@link Records.advance}. */
  advanceSome(): void {
    this.rows.keep(this.#used);
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
      throw new ProtocolError(fault.badIdentity, this.name, slot);
    this.#previous = slot;
    this.#mergeUpTo(slot);
    if (this.#from < this.#count && this.#known[this.#from]!.slot === slot)
      throw new ProtocolError(fault.alreadyKnown, this.name, slot);
    const leavers = this.#leavers;
    while (this.#leaver < leavers.length && leavers[this.#leaver]!.slot < slot) this.#leaver++;
    const entity = revived(leavers[this.#leaver], slot, generation) ?? this.#claim(slot, generation, first ? 0 : tick);
    this.rows.enter(entity, tick);
    this.records.enter();
    this.#spare[this.#to++] = entity;
    return this.rows.at(entity);
  }

  endEnters(): void {
    this.#mergeUpTo(Infinity);
    [this.#known, this.#spare] = [this.#spare, this.#known];
    this.#count = this.#to;
    this.#listCells();
    this.endLeaves();
  }

  /** Ends a message in which nothing enters: what has left is drawn until the render tick gets there. */
  endLeaves(): void {
    if (this.#leavers.length === 0) return;
    for (const entity of this.#leavers) if (entity.left !== never) this.#lingering.push(entity);
    this.#leavers = [];
  }

  /** Whether an entity was sent in the message of `tick` and belongs to `player`. */
  isSentTo(entity: Entity, tick: number, player: number): boolean {
    return player > 0 && this.rows.sentAt(entity) === tick && this.words[this.newestRow(entity) + this.layout.owner] === (player | 0);
  }

  /** Frees entities that left before `tick`: they are not drawn any more. */
  collect(tick: number, newest: number): void {
    const lingering = this.#lingering;
    let n = 0;
    while (n < lingering.length && (lingering[n]!.left <= tick || lingering[n]!.left + maxLinger < newest)) n++;
    if (n > 0) for (const entity of lingering.splice(0, n)) this.#free.push(entity);
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
    return this.rows.at(entity);
  }

  #listCells(): void {
    if (this.#count > this.cells.length) this.cells = new Int32Array(2 * this.#count);
    for (let i = 0; i < this.#count; i++) this.cells[i] = this.#known[i]!.cell;
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
    entity.since = this.rows.messages;
    return entity;
  }

  #another(): Entity {
    const n = this.#used++;
    if (n < this.#entities.length) return this.#entities[n]!;
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
