import type { TableState } from "../state/table-state.js";

/**
 * One tick of an own row: changes `row` in place as the server's rules do, `dt` seconds long (a float32). It may read and write
 * what the row has and nothing else, and must come to the same bits as the server's step: float32 arithmetic is written with
 * `Math.fround` around every operation. It runs many times per tick. The row is rounded to its fields' steps after each.
 */
export type Step<Row, Input> = (row: Row, input: Input, dt: number) => void;

/** Options of `predict`. */
export interface PredictOptions {
  /** After a correction the picture gets half of the way to the right place in this time. @default 60 */
  readonly halfLifeMs?: number;
  /** An error over this, in the field's own units, is not smoothed: a new life begins elsewhere. @default Infinity */
  readonly jumpOver?: number;
}

/** The inputs that have gone out, as the server reads them. */
export interface SentInputs {
  /** Label of the newest one; 0 before the first. */
  readonly label: number;
  /** The one for a tick; for one that was left out, what the server makes up: the last, its triggers let go. */
  at(label: number): object;
  /** The one that would go out now. */
  current(): object;
}

/** What a prediction runs on. */
export interface PredictionSource {
  readonly table: TableState;
  readonly player: number;
  readonly tickRate: number;
  readonly inputs: SentInputs;
}

/** The rows of one table that belong to this client, run ahead of the server. */
export interface OwnRows {
  /** How often a snapshot came to another result than the prediction had. */
  readonly corrections: number;
  /** Rows are based on the newest snapshot, and inputs sent after it are played again. */
  reconcile(): void;
  /** Runs up to the newest input, and on to now; `inputTick` is the (fractional) tick that inputs made now are meant for. */
  advance(now: number, inputTick: number): void;
  /** Whether the row in this cell is drawn from here. */
  owns(cell: number): boolean;
  /** Calls `visit` with each row as it looks now, reused after the call; a field of kind `text` holds its id. */
  each(visit: (row: Readonly<Record<string, unknown>>, id: number) => void): void;
}

/** A table's prediction, made by `predict`, for the option of that name. */
export interface Prediction<Row, Input> {
  readonly step: Step<Row, Input>;
  /** @internal */
  start(source: PredictionSource): OwnRows;
}
