import type { Field } from "../state/field.js";
import type { Writer } from "./writer.js";

/** The protocol version this client speaks. */
export const protocolVersion = 1;

const optionCheck = 1;

const join = 0;
const input = 1;
const call = 2;
const ping = 3;
const eventAck = 4;

/** Most inputs in one INPUT. */
export const maxInputs = 8;

/** What JOIN says. */
export interface Join {
  /** A bit per codec offered. */
  readonly codecs: number;
  /** Asks for a checksum in each body. */
  readonly check: boolean;
  /** 16 hex digits or empty. */
  readonly schemaHash: string;
  readonly inputHash: string;
  /** Newest event received, when this resumes; undefined on a first seat. */
  readonly lastEvent: number | undefined;
}

/** JOIN. */
export function writeJoin(w: Writer, { codecs, check, schemaHash, inputHash, lastEvent }: Join): Uint8Array<ArrayBuffer> {
  w.reset()
    .array(7)
    .int(join)
    .int(protocolVersion)
    .int(codecs)
    .int(check ? optionCheck : 0);
  w.bin(fromHex(schemaHash)).bin(fromHex(inputHash));
  return (lastEvent === undefined ? w.nil() : w.int(lastEvent)).done();
}

/** The header of INPUT; `count` inputs follow, each written with {@link writeInput}. */
export function beginInputs(w: Writer, firstTick: number, ackTick: number, viewTick: number, count: number): void {
  w.reset().array(5).int(input).int(firstTick).int(ackTick).int(viewTick).array(count);
}

/** One input: a value per field, in field order. */
export function writeInput(w: Writer, fields: readonly Field[], values: readonly unknown[]): void {
  w.array(fields.length);
  fields.forEach((field, i) => field.write(w, values[i]));
}

/** CALL. `args` are taken by field name; a missing one counts as zero or empty. */
export function writeCall(
  w: Writer,
  id: number,
  method: number,
  fields: readonly Field[],
  args: object,
): Uint8Array<ArrayBuffer> {
  w.reset().array(4).int(call).int(id).int(method).array(fields.length);
  for (const field of fields) {
    const value = (args as Record<string, unknown>)[field.name];
    if (field.kind === "str") writeText(w, field, String(value ?? ""));
    else field.write(w, value);
  }
  return w.done();
}

/** A text over the field's bytes of UTF-8 is a `TypeError`: nothing is cut. */
function writeText(w: Writer, { name, max }: Field, text: string): void {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > max) throw new TypeError(`${name} has ${bytes.length} bytes; at most ${max} are allowed`);
  w.text(bytes);
}

/** PING; `t0` is a whole number up to 2^53 - 1. */
export function writePing(w: Writer, t0: number): Uint8Array<ArrayBuffer> {
  return w.reset().array(2).int(ping).int(t0).done();
}

/** EVENTACK: all events up to `seq` have come. */
export function writeEventAck(w: Writer, seq: number): Uint8Array<ArrayBuffer> {
  return w.reset().array(2).int(eventAck).int(seq).done();
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
