import type { Inputs } from "./prediction.js";
import { sentValue } from "./words.js";

/** Inputs looked back on. */
const remembered = 256;

/** The inputs of a connection by field name, as the server reads them. */
export class SentInputs {
  readonly #inputs: Inputs;
  /** By the values that went out: a replay asks for the same ones again. */
  readonly #read = new WeakMap<readonly unknown[], object>();

  constructor(inputs: Inputs) {
    this.#inputs = inputs;
  }

  get label(): number {
    return this.#inputs.label;
  }

  /** The one for a tick; for one that was left out, what the server makes up: the last, its triggers let go. */
  at(label: number): object {
    const { fields } = this.#inputs;
    const values = this.#inputs.sent(label);
    if (values !== undefined) {
      const read = this.#read.get(values) ?? this.#named(values);
      this.#read.set(values, read);
      return read;
    }
    for (let back = 1; back < remembered; back++) {
      const last = this.#inputs.sent(label - back);
      if (last !== undefined) return this.#named(last.map((value, i) => (fields[i]!.edge ? 0 : value)));
    }
    return this.#named(fields.map(() => 0));
  }

  /** The one that would go out now. */
  current(): object {
    return this.#named(this.#inputs.held);
  }

  #named(values: readonly unknown[]): object {
    return Object.fromEntries(this.#inputs.fields.map((field, i) => [field.name, sentValue(field, values[i])]));
  }
}
