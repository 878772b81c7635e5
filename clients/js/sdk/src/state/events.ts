import * as fault from "../errors/faults.js";
import { ProtocolError } from "../errors/protocol-error.js";
import type { RecordSchema } from "../schema-type.js";
import { exactly, nearTick } from "../wire/server-messages.js";
import type { Reader } from "../wire/reader.js";
import { Field, type Value } from "./field.js";
import type { StringTable } from "./strings.js";

const maxText = 64;
const maxEvents = 256;
/** Beyond this many events not yet due the oldest is handed out early. */
const maxWaiting = 1024;

/** One event of the game, ready to be handed to its listeners. */
export interface GameEvent {
  readonly name: string;
  /** The tick in which it was emitted. */
  readonly tick: number;
  readonly payload: Readonly<Record<string, Value>>;
}

/**
 * The client's one sequence of events: reads EVENTS, keeps the string table filled, hands each event over once on arrival and
 * once when the render tick gets to it, in order.
 */
export class EventStream {
  readonly #records: readonly { readonly name: string; readonly fields: readonly Field[] }[];
  readonly #strings: StringTable;
  readonly #received: (event: GameEvent) => void;
  #waiting: GameEvent[] = [];
  #mayGap = false;
  /** Sequence number of the newest event that has come; 0 before the first. */
  seq = 0;

  constructor(events: readonly RecordSchema[], strings: StringTable, received: (event: GameEvent) => void) {
    this.#records = events.map((e) => ({ name: e.name, fields: e.fields.map((f) => new Field(f)) }));
    this.#strings = strings;
    this.#received = received;
  }

  /** The connection was made again: events may have been lost, once, before the next one. */
  resume(): void {
    this.#mayGap = true;
  }

  /** Reads `first_seq` and the events after it. `tick` is the newest tick known, near which theirs lie. */
  read(r: Reader, tick: number): void {
    const first = r.uint(Number.MAX_SAFE_INTEGER);
    if (this.#mayGap && first > this.seq) this.seq = first - 1;
    this.#mayGap = false;
    if (first !== this.seq + 1) throw new ProtocolError(fault.eventOrder, first, this.seq);
    const n = r.array();
    if (n > maxEvents) throw new ProtocolError(fault.tooManyEvents, n, maxEvents);
    for (let i = 0; i < n; i++) {
      this.#readOne(r, tick);
      this.seq++;
    }
  }

  /** Hands over every event whose tick has been reached. */
  fire(renderTick: number, due: (event: GameEvent) => void): void {
    let n = 0;
    while (n < this.#waiting.length && (this.#waiting[n]!.tick <= renderTick || this.#waiting.length - n > maxWaiting)) n++;
    if (n > 0) for (const event of this.#waiting.splice(0, n)) due(event);
  }

  #readOne(r: Reader, reference: number): void {
    const n = r.array();
    if (n < 2) throw new ProtocolError(fault.eventWithoutTick);
    const index = r.uint();
    const tick = nearTick(r.uint(0xffff), reference);
    if (index === 0) {
      if (n % 2 !== 0) throw new ProtocolError(fault.idWithoutText);
      for (let i = 2; i < n; i += 2) this.#strings.set(r.uint(), r.str(maxText));
      return;
    }
    const record = this.#records[index - 1];
    if (record === undefined) throw new ProtocolError(fault.unknownEvent, index);
    exactly(n, 2 + record.fields.length);
    const payload: Record<string, Value> = {};
    for (const field of record.fields) payload[field.name] = this.#value(r, field);
    const event = { name: record.name, tick, payload };
    this.#waiting.push(event);
    this.#received(event);
  }

  #value(r: Reader, field: Field): Value {
    if (field.kind === "str") return r.str(field.max);
    const word = field.read(r);
    if (field.kind === "text") return this.#strings.get(word >>> 0);
    return field.value(word);
  }
}
