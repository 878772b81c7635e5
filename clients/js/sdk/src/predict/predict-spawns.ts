import type { Entity } from "../state/entity.js";
import { readRow } from "../state/row.js";
import type { Made, OwnRows, PredictionSource, SpawnPrediction, Steps } from "./prediction.js";
import { Spawn } from "./spawn.js";

/** A step that the server could not run in its tick counts in one of the ticks after, at most this much later. */
const lateMs = 250;
/** No picture moves a spawn by more than this. */
const longestPictureMs = 250;

/** What `predictSpawns` needs to know. `Made` is a row with what `move` needs beyond it, such as a velocity. */
export interface SpawnOptions<Maker extends object, Made extends object> {
  /** The table whose own rows make them: its step returns true in a tick in which it makes one. A row makes at most one per tick. */
  readonly from: string;
  /**
   * The field in which the server writes the tick that made the row, or its low bits: `net:"made,once"`. It tells which of
   * the rows that were drawn ahead this one is.
   */
  readonly tick: string;
  /** Makes one as the server does, from the row as the step left it. */
  readonly make: (maker: Readonly<Maker>) => Made;
  /** Moves it on by `dt` seconds. Returns false when it is over, as far as the page can tell: it is not drawn any more then. */
  readonly move: (made: Made, dt: number) => boolean | void;
  /** One that the server has said nothing of for this long fades. @default 1000 */
  readonly waitMs?: number;
  /** Fading takes this long. @default 120 */
  readonly fadeMs?: number;
  /** When the server's row takes over, the picture gets half of the way to it in this time. @default 60 */
  readonly halfLifeMs?: number;
  /** An error over this, in the field's own units, is not smoothed. @default Infinity */
  readonly jumpOver?: number;
}

/**
 * Predicts what own rows make, such as shots, for `Room.join`: each is drawn in the picture in which the step makes it. When the
 * server's own is here and the picture has got to its tick, that takes over, under the same id and without a jump; one that the
 * server does not make fades. The maker's table must be predicted by `predict`.
 *
 * What is made flies in the time in which others are drawn. It meets the server's without an error if the server lets it fly
 * through what the player had not seen yet, as one that rewinds does (docs/concepts/prediction.md).
 *
 * @example
 * ```ts
 * const room = await Room.join(lobby.seats("arena"), arena, {
 *   predict: {
 *     ship: predict(moveShip),
 *     shot: predictSpawns({ from: "ship", tick: "fired", make: shotOf, move: flyShot }),
 *   },
 * });
 * ```
 */
export function predictSpawns<Maker extends object, Made extends object>(
  options: SpawnOptions<Maker, Made>,
): SpawnPrediction<Made> {
  const { from, make } = options;
  return { from, make, start: (source) => new Spawner(source, options) };
}

class Spawner<Maker extends object, Row extends object> implements OwnRows {
  readonly corrections = 0;
  readonly #source: PredictionSource;
  readonly #options: SpawnOptions<Maker, Row>;
  readonly #steps: Steps;
  /** Where the field of the tick stands in a row. */
  readonly #tickField: number;
  /** `lateMs` in ticks. */
  readonly #late: number;
  readonly #fadeMs: number;
  readonly #halfLifeMs: number;
  readonly #waitMs: number;
  readonly #jumpOver: number;
  /** In the order of their ticks. */
  #spawns: Spawn<Row>[] = [];
  /** Own entities of the newest snapshot, those that were predicted with what was drawn of them. */
  #known = new Map<number, Spawn<Row> | undefined>();
  #made = 0;
  /** Tick of the newest snapshot. */
  #newest = 0;
  #at = -1;

  constructor(source: PredictionSource, options: SpawnOptions<Maker, Row>) {
    this.#source = source;
    this.#options = options;
    const steps = source.steps(options.from);
    const { name, fields } = source.table;
    this.#tickField = fields.findIndex((field) => field.name === options.tick);
    if (steps === undefined) throw new TypeError(`rows of ${name} are made by steps of ${options.from}, which is not predicted`);
    if (this.#tickField < 0) throw new TypeError(`table ${name} has no field ${options.tick} to tell the tick that made a row`);
    this.#steps = steps;
    this.#late = (lateMs * source.tickRate) / 1000;
    this.#fadeMs = options.fadeMs ?? 120;
    this.#halfLifeMs = options.halfLifeMs ?? 60;
    this.#waitMs = options.waitMs ?? 1000;
    this.#jumpOver = options.jumpOver ?? Infinity;
  }

  reconcile(tick: number): void {
    const { table, player } = this.#source;
    this.#newest = tick;
    const before = this.#known;
    const now = (this.#known = new Map());
    table.eachKnown((entity) => {
      const row = table.newestRow(entity);
      if (table.layout.owner < 0 || table.words[row + table.layout.owner] !== (player | 0)) return;
      const id = table.id(entity);
      const spawn = before.has(id) ? before.get(id) : this.#match(this.#tickOf(row));
      spawn?.found(table, entity);
      now.set(id, spawn);
    });
    for (const [id, spawn] of before) if (spawn !== undefined && !now.has(id)) spawn.left = tick;
  }

  advance(_now: number, inputTick: number): void {
    const { tickRate, renderTick } = this.#source;
    const tick = renderTick();
    const passed = this.#at < 0 ? 0 : Math.min(longestPictureMs / 1000, Math.max(0, (tick - this.#at) / tickRate));
    this.#at = tick;
    for (const spawn of this.#spawns) this.#move(spawn, passed);
    this.#settle(inputTick);
    this.#spawns = this.#spawns.filter((spawn) => !this.#over(spawn, passed));
  }

  owns(entity: Entity): boolean {
    const id = this.#source.table.id(entity);
    return this.#spawns.some((spawn) => spawn.entityId === id);
  }

  each(visit: (row: Readonly<Record<string, unknown>>, id: number, alpha: number) => void): void {
    const { fields } = this.#source.table;
    for (const spawn of this.#spawns) {
      if (spawn.offset === undefined) {
        if (spawn.flies && spawn.alpha > 0) visit(spawn.row as Record<string, unknown>, spawn.id, spawn.alpha);
        continue;
      }
      const row = this.#drawn(spawn.entity!);
      fields.forEach((field, f) => {
        if (field.smooth) row[field.name] = (row[field.name] as number) + spawn.offset![f]!;
      });
      visit(row, spawn.id, spawn.alpha);
    }
  }

  #tickOf(row: number): number {
    const { table } = this.#source;
    const field = table.fields[this.#tickField]!;
    const bits = table.words[row + this.#tickField]!;
    return field.bits === 32 ? bits >>> 0 : this.#newest - ((this.#newest - bits) & (2 ** field.bits - 1));
  }

  /**
   * Finds what was drawn ahead of an entity that the server made in `tick`: that of the tick, else the nearest that the steps do
   * not make any more, for an input that came late acts in a later tick.
   */
  #match(tick: number): Spawn<Row> | undefined {
    const { made } = this.#steps;
    const waiting = this.#spawns.filter((s) => s.entity === undefined && Math.abs(s.label - tick) <= this.#late);
    const stray = waiting.filter((s) => !made.some((m) => m.by === s.by && m.label === s.label));
    stray.sort((a, b) => Math.abs(a.label - tick) - Math.abs(b.label - tick));
    const spawn = waiting.find((s) => s.label === tick) ?? stray[0];
    if (spawn !== undefined) spawn.label = tick;
    return spawn;
  }

  /** Brings spawns and what the steps now make together. */
  #settle(inputTick: number): void {
    const { made, guessed } = this.#steps;
    const due = new Set(this.#spawns);
    const missing: Made[] = [];
    for (const m of [...made, ...guessed]) {
      const spawn = this.#spawns.find((s) => s.by === m.by && s.label === m.label);
      if (spawn === undefined) missing.push(m);
      else if (due.delete(spawn)) spawn.meant = true;
    }
    for (const m of missing) {
      // An input that went out with another label, or came late, makes it in another tick. What the server had run before is done.
      const open = [...due].filter((s) => s.by === m.by && s.open && s.entity === undefined);
      const moved = open.find((s) => Math.abs(s.label - m.label) <= this.#late);
      if (moved === undefined) this.#spawn(m, inputTick);
      else {
        due.delete(moved);
        moved.label = m.label;
        moved.meant = true;
      }
    }
    for (const spawn of this.#spawns) {
      spawn.open = spawn.label > this.#steps.baseOf(spawn.by);
      if (due.has(spawn) && spawn.open) spawn.meant = false;
    }
  }

  #spawn(made: Made, inputTick: number): void {
    const spawn = new Spawn(--this.#made, made, this.#options.make(made.row as unknown as Maker));
    this.#spawns.push(spawn);
    this.#move(spawn, Math.max(0, (inputTick - made.label) / this.#source.tickRate));
  }

  #move(spawn: Spawn<Row>, dt: number): void {
    if (spawn.offset !== undefined || !spawn.flies || dt === 0) return;
    spawn.flies = this.#options.move(spawn.row, dt) !== false;
  }

  /** Whether the server has not made it, or nothing is heard. */
  #unwanted(spawn: Spawn<Row>): boolean {
    const run = spawn.label <= this.#newest && spawn.label <= this.#at;
    return spawn.entity === undefined && (run || !spawn.meant || spawn.age * 1000 > this.#waitMs);
  }

  /** What has ended its flight stays out of sight until the server knows better. */
  #fade(spawn: Spawn<Row>, by: number): void {
    if (!spawn.flies && spawn.offset === undefined) spawn.alpha = 0;
    else spawn.alpha = Math.min(1, Math.max(0, spawn.alpha + (by * 1000) / this.#fadeMs));
  }

  /** Fades, takes over, and tells whether there is nothing more of it to be drawn. */
  #over(spawn: Spawn<Row>, passed: number): boolean {
    const { table } = this.#source;
    const { entity } = spawn;
    if (entity === undefined) {
      spawn.age += passed;
      const unwanted = this.#unwanted(spawn);
      this.#fade(spawn, unwanted ? -passed : passed);
      if (!unwanted) return false;
      // While the steps still make it, it would be made anew.
      return spawn.alpha <= 0 && !(spawn.open && spawn.meant);
    }
    if (this.#at >= spawn.left || table.id(entity) !== spawn.entityId) return true;
    this.#fade(spawn, passed);
    if (spawn.offset !== undefined) {
      const stays = 0.5 ** ((passed * 1000) / this.#halfLifeMs);
      for (let f = 0; f < spawn.offset.length; f++) spawn.offset[f]! *= stays;
    } else if (this.#at >= spawn.entered && table.rows.movesAt(entity, this.#at)) {
      spawn.takeOver(table, this.#drawn(entity), this.#jumpOver);
    }
    return false;
  }

  /** The server's row at the tick that is drawn. */
  #drawn(entity: Entity): Record<string, unknown> {
    const { table, strings, reach, curves } = this.#source;
    const row = {};
    readRow({ state: table, strings, curves }, row, entity, table.rows.around(entity, this.#at, reach));
    return row;
  }
}
