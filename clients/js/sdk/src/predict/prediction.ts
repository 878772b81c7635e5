import type { Curves } from "../state/curves.js";
import type { Entity } from "../state/entity.js";
import type { Field } from "../state/field.js";
import type { StringTable } from "../state/strings.js";
import type { TableState } from "../state/table-state.js";
import type { Draft } from "./own-row.js";

/**
 * One tick of an own row: changes `row` in place as the server's rules do, `dt` seconds long (a float32). It may read and write
 * what the row has and nothing else, and must come to the same bits as the server's step: float32 arithmetic is written with
 * `Math.fround` around every operation. It runs many times per tick. The row is rounded to its fields' steps after each.
 *
 * @returns true when the row makes something in this tick that `predictSpawns` draws ahead, such as a shot.
 */
export type Step<Row, Input> = (row: Row, input: Input, dt: number) => boolean | void;

/** Options of `predict`. */
export interface PredictOptions {
  /** After a correction the picture gets half of the way to the right place in this time. @default 60 */
  readonly halfLifeMs?: number;
  /** An error over this, in the field's own units, is not smoothed: a new life begins elsewhere. @default Infinity */
  readonly jumpOver?: number;
}

/** The inputs of a connection, as values by position in `fields`. */
export interface Inputs {
  readonly fields: readonly Field[];
  /** Label of the newest one that has gone out; 0 before the first. */
  readonly label: number;
  /** What would go out now. */
  readonly held: readonly unknown[];
  /** What went out for a tick, of the last two seconds. */
  sent(label: number): readonly unknown[] | undefined;
}

/** What is likely wrong with how a page uses the SDK, for the people who make it. */
export interface Hint {
  readonly table: string;
  /** The fields of which most predictions were corrected for five seconds. */
  readonly fields: readonly string[];
  readonly message: string;
}

/** Is told what becomes of predictions. */
export interface Watch {
  /** The row of a snapshot of `tick` led to `is`, where `was` had been predicted. */
  compare(tick: number, was: Int32Array, is: Int32Array): void;
}

/** What a prediction runs on. */
export interface PredictionSource {
  readonly table: TableState;
  readonly player: number;
  readonly tickRate: number;
  readonly inputs: Inputs;
  readonly strings: StringTable;
  /** The (fractional) tick at which everything is drawn that does not run ahead. */
  readonly renderTick: () => number;
  /** How `hermite` fields are drawn. */
  readonly curves: Curves | undefined;
  /** For this many ticks beyond the newest row a motion goes on. */
  readonly reach: number;
  /** Makes what watches the predictions of a table, if anything shall. */
  readonly watch: ((table: TableState) => Watch) | undefined;
  /** The steps of another table that was started before this one, if it is predicted. */
  readonly steps: (table: string) => Steps | undefined;
}

/** Something that the step to tick `label` has made; `row` is the own row `by` as that step left it. */
export interface Made {
  readonly label: number;
  readonly by: number;
  readonly row: Draft;
}

/** What the steps of own rows have made in the ticks that the server's rows do not tell of yet. */
export interface Steps {
  /** By inputs that have gone out. */
  readonly made: readonly Made[];
  /** By the input that would go out now. */
  readonly guessed: readonly Made[];
  /** The tick of the server's row that own row `id` is based on; Infinity when it is gone. */
  baseOf(id: number): number;
}

/** The rows of one table that belong to this client, run ahead of the server. */
export interface OwnRows {
  /** For what is made by these rows; a table of such things has none itself. */
  readonly steps?: Steps | undefined;
  /** How often a snapshot came to another result than the prediction had. */
  readonly corrections: number;
  /** Rows are based on the newest snapshot, which is of `tick`, and inputs sent after it are played again. */
  reconcile(tick: number): void;
  /** Runs up to the newest input, and on to now; `inputTick` is the (fractional) tick that inputs made now are meant for. */
  advance(now: number, inputTick: number): void;
  /** Whether this entity's row is drawn from here. */
  owns(entity: Entity): boolean;
  /**
   * Calls `visit` with each row as it looks now, reused after the call, its id, and how much of it is to be seen, 0 to 1. In rows of
   * `predict` a field of kind `text` holds its id.
   */
  each(visit: (row: Readonly<Record<string, unknown>>, id: number, alpha: number) => void): void;
}

/** A table's prediction, made by `predict`, for the option of that name. */
export interface Prediction<Row, Input> {
  readonly step: Step<Row, Input>;
  /** @internal */
  start(source: PredictionSource): OwnRows;
}

/** The prediction of a table whose rows are made by own rows of the table `from`, made by `predictSpawns`. */
export interface SpawnPrediction<Row> {
  readonly from: string;
  readonly make: (maker: never) => Row;
  /** @internal */
  start(source: PredictionSource): OwnRows;
}
