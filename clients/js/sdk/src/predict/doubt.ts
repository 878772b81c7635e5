import type { Hint, Watch } from "./prediction.js";

/** Over this time, */
const windowSeconds = 5;
/** with at least so many predictions for each second, */
const leastPerSecond = 2;
/** a network may be to blame for some corrections, but not for more than this part. */
const mostCorrected = 0.6;

const page = "https://github.com/skirmish-dev/skirmish/blob/main/docs/concepts/prediction.md#when-the-steps-differ";

/** What becomes of a table's predictions: when most of some field are corrected, that is said, once. */
export class Doubt implements Watch {
  readonly #table: string;
  readonly #names: readonly string[];
  readonly #tickRate: number;
  readonly #tell: (hint: Hint) => void;
  /** Of each field, how many predictions of this window were corrected. */
  readonly #wrong: Int32Array;
  #count = 0;
  #since = 0;
  #told = false;

  constructor(table: string, names: readonly string[], tickRate: number, tell: (hint: Hint) => void) {
    this.#table = table;
    this.#names = names;
    this.#tickRate = tickRate;
    this.#tell = tell;
    this.#wrong = new Int32Array(names.length);
  }

  /** The row of a snapshot of `tick` led to `is`, where `was` had been predicted. */
  compare(tick: number, was: Int32Array, is: Int32Array): void {
    if (this.#told) return;
    if (tick - this.#since > windowSeconds * this.#tickRate) this.#judge(tick);
    this.#count++;
    for (let f = 0; f < is.length; f++) if (is[f] !== was[f]) this.#wrong[f]!++;
  }

  /** Ends a window. */
  #judge(tick: number): void {
    const fields = this.#names.filter((_, f) => this.#wrong[f]! > mostCorrected * this.#count);
    const enough = this.#count >= leastPerSecond * windowSeconds;
    this.#since = tick;
    this.#count = 0;
    this.#wrong.fill(0);
    if (!enough || fields.length === 0) return;
    this.#told = true;
    const those = fields.map((field) => `${this.#table}.${field}`).join(", ");
    const message = `Most predictions of ${those} are corrected. Probably the page's step is not the server's: ${page}`;
    this.#tell({ table: this.#table, fields, message });
  }
}
