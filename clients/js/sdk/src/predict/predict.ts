import type { Entity } from "../state/entity.js";
import { SentInputs } from "./sent-inputs.js";
import { OwnRow, type Draft } from "./own-row.js";
import type { Made, OwnRows, Prediction, PredictionSource, PredictOptions, Step, Steps, Watch } from "./prediction.js";

/**
 * A snapshot that is further behind the newest input than this many seconds, and ticks, is drawn as it is: there is nothing to play
 * with.
 */
const mostReplay = 2;
const mostReplayTicks = 6;

/**
 * Makes a prediction of own rows for `Room.join`: the page runs the same step as the server, at once, and when a snapshot shows
 * another result, goes back to it and plays the inputs since then again. The server's table must be predicted (`game.Predicted`).
 *
 * @param step - one tick of the own row; see {@link Step}.
 *
 * @example
 * ```ts
 * const room = await Room.join(lobby.seats("arena"), arena, { predict: { ship: predict(moveShip, { jumpOver: 200 }) } });
 * ```
 */
export function predict<Row extends object, Input extends object>(
  step: Step<Row, Input>,
  options: PredictOptions = {},
): Prediction<Row, Input> {
  return { step, start: (source) => new Predictor(source, step as unknown as Step<Draft, object>, options) };
}

class Predictor implements OwnRows, Steps {
  corrections = 0;
  made: Made[] = [];
  guessed: Made[] = [];
  readonly steps = this;
  readonly #source: PredictionSource;
  readonly #inputs: SentInputs;
  readonly #step: Step<Draft, object>;
  readonly #dt: number;
  readonly #halfLifeMs: number;
  readonly #jumpOver: number;
  #rows = new Map<number, OwnRow>();
  readonly #was: Int32Array;
  readonly #watch: Watch | undefined;
  #drawnAt = 0;
  #part = 0;

  constructor(source: PredictionSource, step: Step<Draft, object>, options: PredictOptions) {
    this.#source = source;
    this.#inputs = new SentInputs(source.inputs);
    this.#step = step;
    this.#dt = Math.fround(1 / source.tickRate);
    this.#halfLifeMs = options.halfLifeMs ?? 60;
    this.#jumpOver = options.jumpOver ?? Infinity;
    this.#was = new Int32Array(source.table.fields.length);
    this.#watch = source.watch?.(source.table);
  }

  reconcile(): void {
    const { table } = this.#source;
    const before = this.#rows;
    this.#rows = new Map();
    table.eachKnown((entity) => {
      if (!this.owns(entity)) return;
      const id = table.id(entity);
      const known = before.get(id);
      const own = known ?? new OwnRow(id, table.layout);
      this.#rows.set(id, own);
      const base = table.rows.sentAt(entity);
      if (own.base === base) return;
      own.base = base;
      const { tick } = own;
      this.#was.set(own.words);
      const row = table.newestRow(entity);
      own.words.set(table.words.subarray(row, row + own.words.length));
      own.tick = base;
      this.made = this.made.filter((made) => made.by !== id);
      this.#replay(own, Math.max(base, tick));
      if (known === undefined || own.tick !== tick) return;
      this.#watch?.compare(base, this.#was, own.words);
      if (same(own.words, this.#was)) return;
      this.corrections++;
      own.corrected(this.#was, this.#jumpOver);
    });
  }

  advance(now: number, inputTick: number): void {
    const inputs = this.#inputs;
    const stays = 0.5 ** (Math.max(0, now - this.#drawnAt) / this.#halfLifeMs);
    this.#drawnAt = now;
    this.#part = Math.min(1, Math.max(0, inputTick - inputs.label));
    this.guessed = [];
    for (const own of this.#rows.values()) {
      this.#replay(own, inputs.label);
      own.decay(stays);
      // Without an input ahead of the snapshot it stands still rather than run on alone.
      if (own.tick !== inputs.label) own.next.set(own.words);
      else this.#run(own, own.next, inputs.current(), this.guessed);
    }
  }

  baseOf(id: number): number {
    return this.#rows.get(id)?.base ?? Infinity;
  }

  owns(entity: Entity): boolean {
    const { table, player } = this.#source;
    return table.layout.owner >= 0 && table.words[table.newestRow(entity) + table.layout.owner] === (player | 0);
  }

  each(visit: (row: Draft, id: number, alpha: number) => void): void {
    for (const own of this.#rows.values()) visit(own.drawn(this.#part), own.id, 1);
  }

  /** Plays inputs up to the one for `label`. */
  #replay(own: OwnRow, label: number): void {
    const inputs = this.#inputs;
    const { tickRate } = this.#source;
    if (label - own.base > Math.max(mostReplayTicks, mostReplay * tickRate)) return;
    for (; own.tick < label; own.tick++) this.#run(own, own.words, inputs.at(own.tick + 1), this.made);
  }

  #run(own: OwnRow, to: Int32Array, input: object, made: Made[]): void {
    const makes = own.run(own.words, to, (row) => this.#step(row, input, this.#dt));
    if (makes === true) made.push({ label: own.tick + 1, by: own.id, row: own.stepped() });
  }
}

function same(a: Int32Array, b: Int32Array): boolean {
  return a.every((word, i) => word === b[i]);
}
