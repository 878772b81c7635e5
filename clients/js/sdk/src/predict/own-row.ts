import type { Field } from "../state/field.js";
import { difference, wordOf } from "./words.js";
import type { Layout } from "../state/layout.js";

/** A row as steps see it: numbers and bools by field name. */
export type Draft = Record<string, number | boolean>;

/** One own entity: the state predicted for the newest input, and how far the picture is from it. */
export class OwnRow {
  readonly id: number;
  /** The tick that `words` are the state of. */
  tick = 0;
  /** The snapshot's row that the prediction is based on is of this tick; none yet: -1. */
  base = -1;
  readonly words: Int32Array;
  /** The tick after, as far as the inputs now tell. */
  readonly next: Int32Array;
  /** What is added to smooth fields when they are drawn; decays. */
  readonly #offset: Float64Array;
  readonly #fields: readonly Field[];
  readonly #draft: Draft = {};

  constructor(id: number, layout: Layout) {
    this.id = id;
    this.#fields = layout.fields;
    this.words = new Int32Array(layout.fields.length);
    this.next = new Int32Array(layout.fields.length);
    this.#offset = new Float64Array(layout.fields.length);
  }

  /** Runs `step` on the row `from`, writes the result, rounded as the wire rounds it, to `to`, and returns what it returns. */
  run<Result>(from: Int32Array, to: Int32Array, step: (row: Draft) => Result): Result {
    const fields = this.#fields;
    const draft = this.#draft;
    for (let f = 0; f < fields.length; f++) {
      const field = fields[f]!;
      draft[field.name] = field.value(from[f]!);
    }
    const result = step(draft);
    for (let f = 0; f < fields.length; f++) to[f] = wordOf(fields[f]!, draft[fields[f]!.name]!);
    return result;
  }

  /** A copy of the row as the last step left it, before it was rounded. */
  stepped(): Draft {
    return { ...this.#draft };
  }

  /** `was` stood for the same tick before a correction: what is drawn stays where it is and moves over. */
  corrected(was: Int32Array, jumpOver: number): void {
    for (let f = 0; f < this.#fields.length; f++) {
      const field = this.#fields[f]!;
      if (!field.smooth || was[f] === this.words[f]) continue;
      const off = difference(field, was[f]!, this.words[f]!);
      this.#offset[f] = Math.abs(off) > jumpOver ? 0 : this.#offset[f]! + off;
    }
  }

  /** Lets `part` of the error stay. */
  decay(part: number): void {
    for (let f = 0; f < this.#offset.length; f++) this.#offset[f]! *= part;
  }

  /** The row `part` of the way from `words` to `next`, drawn with its error. Reused by the next call. */
  drawn(part: number): Draft {
    const draft = this.#draft;
    for (let f = 0; f < this.#fields.length; f++) {
      const field = this.#fields[f]!;
      const word = this.words[f]!;
      if (field.smooth) draft[field.name] = field.between(word, this.next[f]!, part) + this.#offset[f]!;
      else draft[field.name] = field.value(word);
    }
    return draft;
  }
}
