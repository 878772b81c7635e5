import type { FieldSchema } from "../schema-type.js";
import type { Inputs } from "../predict/prediction.js";
import { Field } from "../state/field.js";
import { beginInputs, maxInputs, writeInput } from "../wire/client-messages.js";
import type { Writer } from "../wire/writer.js";

/** An acknowledgement goes out at least this often; PROTOCOL.md allows 250 ms, timers are late. */
const ackEveryMs = 200;
/** Two messages are at least this far apart: while a page that slept catches up, each snapshot would bring forth another. */
const leastGapMs = 5;

/** Inputs remembered, a power of two: two seconds at the highest tick rate. */
const remembered = 256;

/** What the sender needs to know when it is pumped. */
export interface InputMoment {
  /** Milliseconds. */
  readonly now: number;
  /** The (fractional) tick for which an input made now is meant. */
  readonly inputTick: number;
  /** Newest tick received; 0 before the first. */
  readonly ackTick: number;
  /** The (fractional) tick being drawn. */
  readonly renderTick: number;
}

/** Sends one input per tick, labelled with the tick it is meant for, and acknowledgements when there is none to send. */
export class InputSender implements Inputs {
  readonly fields: readonly Field[];
  readonly #writer: Writer;
  readonly #send: (message: Uint8Array<ArrayBuffer>) => void;
  readonly held: unknown[];
  #label = 0;
  #view = 0;
  #sentAt = -Infinity;
  /** What was sent lately, by label modulo {@link remembered}. */
  readonly #sent: { readonly label: number; readonly values: readonly unknown[] }[] = [];

  constructor(input: readonly FieldSchema[], writer: Writer, send: (message: Uint8Array<ArrayBuffer>) => void) {
    this.fields = input.map((f) => new Field(f));
    this.#writer = writer;
    this.#send = send;
    this.held = input.map(() => 0);
  }

  /** Changes the fields that `input` names; they hold until changed again, `edge` fields until sent once. */
  set(input: object): void {
    this.fields.forEach((field, i) => {
      const value = (input as Record<string, unknown>)[field.name];
      // A trigger that was pulled stays so until it is sent, even if it was let go within the same tick.
      if (value !== undefined && !(field.edge && !value)) this.held[i] = value;
    });
  }

  get label(): number {
    return this.#label;
  }

  sent(label: number): readonly unknown[] | undefined {
    const sent = this.#sent[label & (remembered - 1)];
    return sent?.label === label ? sent.values : undefined;
  }

  /** Sends the inputs that have become due; call at least once per tick. */
  pump(at: InputMoment): void {
    if (at.now - this.#sentAt < leastGapMs) return;
    const newest = Math.floor(at.inputTick);
    if (this.#label === 0) this.#label = newest - 1;
    // After a stall the ticks in between have run without us; the newest few are all that can still count.
    const count = this.fields.length === 0 ? 0 : Math.min(newest - this.#label, maxInputs);
    if (count > 0 && at.ackTick > 0) this.#sendInputs(at, newest - count + 1, count);
    else if (at.now - this.#sentAt >= ackEveryMs) this.#begin(at, 0, 0);
    else return;
    this.#send(this.#writer.done());
    this.#sentAt = at.now;
  }

  #sendInputs(at: InputMoment, first: number, count: number): void {
    this.#begin(at, first, count);
    // Only the newest input carries what was pressed since the last one: the earlier ones are for ticks that have all but run.
    const earlier = this.held.map((value, i) => (this.fields[i]!.edge ? 0 : value));
    const last = [...this.held];
    for (let label = first; label < first + count; label++) {
      const values = label === first + count - 1 ? last : earlier;
      writeInput(this.#writer, this.fields, values);
      this.#sent[label & (remembered - 1)] = { label, values };
    }
    this.fields.forEach((field, i) => {
      if (field.edge) this.held[i] = 0;
    });
    this.#label = first + count - 1;
  }

  #begin(at: InputMoment, first: number, count: number): void {
    this.#view = Math.min(16 * at.ackTick, Math.max(this.#view, Math.floor(16 * at.renderTick)));
    beginInputs(this.#writer, first, at.ackTick, this.#view, count);
  }
}
