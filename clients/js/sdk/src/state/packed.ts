import * as fault from "../errors/faults.js";
import { ProtocolError } from "../errors/protocol-error.js";
import type { Entity } from "./entity.js";
import { bitAt, riceLimit, type BitReader } from "./bits.js";
import type { Field } from "./field.js";
import type { Codec, Message } from "./codec.js";
import type { TableState } from "./table-state.js";

const maxSlots = 65536;
const generationBits = 10;

/** Bits: what servers send when it is offered. */
export const packed: Codec = {
  number: 1,
  noted: true,
  skip: (r) => void r.bin(),
  apply(body) {
    const { r, bits, tables } = body;
    bits.reset(r.bin());
    body.partial = bits.bit();
    const want = bits.bit() ? bits.take(32) : undefined;
    for (const table of tables) applyTable(table, bits, body);
    bits.end();
    return want;
  },
};

/** Applies one table of a body of codec `packed` (PROTOCOL.md section 8). */
function applyTable(table: TableState, bits: BitReader, m: Message): void {
  table.begin(m.tick);
  table.leave(readLeaves(table, bits), m.tick);
  readRecords(table, bits, m);
  readEnters(table, bits, m);
  if (table.layout.owned.length > 0) readOwned(table, bits, m);
}

function readLeaves(table: TableState, bits: BitReader): readonly number[] {
  let n = bits.count(table.size);
  if (n === 0) return none;
  const positions: number[] = [];
  let at = -1;
  for (; n > 0; n--) {
    at += 1 + bits.count(table.size);
    if (at >= table.size) throw new ProtocolError(fault.leavesUnknown, table.name);
    positions.push(at);
  }
  return positions;
}

const none: readonly number[] = [];

/**
 * Reads the records of all known entities. Nearly all of a client's decoding happens here and in {@link Records.settle}, so a Rice code
 * that fits one window of the bits is read in place.
 */
function readRecords(table: TableState, bits: BitReader, m: Message): void {
  const { cells, size, records, layout } = table;
  const { words, streak, calm, first } = table.rows;
  const { partial } = m;
  const { view, length } = bits;
  const holds = layout.held.length > 0;
  const { shifts } = layout;
  const predicts = shifts.length > 0;
  const stride = layout.stride | 0;
  const notes = (layout.fields.length + 1) | 0;
  const limit = riceLimit;
  if (partial) table.advanceSome();
  else table.advanceAll();
  let at = bits.at | 0;
  for (let e = 0; e < size; e = (e + 1) | 0) {
    if (at > length) throw bits.endsEarly();
    const cell = cells[e]!;
    if (partial) {
      const present = bitAt(view, at);
      at = (at + 1) | 0;
      if (!present) continue;
      records.advance(cell);
    }
    const end = Math.imul((first + cell + 1) | 0, stride);
    let note = (end - stride + notes) | 0;
    const wasCalm = predicts && calm[cell] === 1 && streak[cell] === 3;
    if (wasCalm) {
      const asPredicted = bitAt(view, at);
      at = (at + 1) | 0;
      if (asPredicted) {
        for (; note < end; note = (note + 2) | 0) words[note] = 0;
        continue;
      }
    }
    let missed = 0;
    for (; note < end; note = (note + 2) | 0) {
      const k = words[note]!;
      const window = view.getInt32(at >> 3) << (at & 7);
      const ones = Math.clz32(~window);
      const used = (ones + k) | 0;
      let residual = 0;
      // 25 bits of the window are there.
      if (ones <= limit && used < 25) {
        const z = (ones << k) | (((window << (ones + 1)) >>> 1) >>> (31 - k));
        residual = (z >>> 1) ^ -(z & 1);
        at = (at + used + 1) | 0;
      } else {
        bits.at = at;
        residual = bits.rice(k, 32 - shifts[(note - end + stride - notes) >> 1]!);
        at = bits.at | 0;
      }
      missed |= residual;
      words[note] = residual;
    }
    calm[cell] = missed === 0 ? 1 : 0;
    let others = false;
    if (holds) {
      others = bitAt(view, at);
      at = (at + 1) | 0;
      if (others) {
        bits.at = at;
        readHeld(table, bits, table.at(e));
        at = bits.at | 0;
      }
    }
    if (wasCalm && missed === 0 && !others) throw new ProtocolError(fault.needless, table.name);
  }
  bits.at = at;
  records.settle();
}

function readHeld(table: TableState, bits: BitReader, entity: Entity): void {
  let some = false;
  for (const f of table.layout.held) {
    if (!bits.bit()) continue;
    some = true;
    readChange(table, bits, entity, f);
  }
  if (!some) throw new ProtocolError(fault.needless, table.name);
}

function readEnters(table: TableState, bits: BitReader, m: Message): void {
  const n = bits.count(maxSlots);
  if (n === 0) {
    table.endLeaves();
    return;
  }
  const { fields } = table;
  const { entering } = table.layout;
  table.beginEnters();
  let slot = -1;
  for (let i = 0; i < n; i++) {
    slot += 1 + bits.count(maxSlots);
    bits.check();
    const out = table.enter(slot, bits.take(generationBits), m.tick, m.first);
    for (const f of entering) table.words[out + f] = readWord(bits, fields[f]!);
  }
  table.endEnters();
}

function readOwned(table: TableState, bits: BitReader, m: Message): void {
  for (let i = 0; i < table.size; i++) {
    const entity = table.at(i);
    if (!table.isSentTo(entity, m.tick, m.player)) continue;
    bits.check();
    for (const f of table.layout.owned) if (bits.bit()) readChange(table, bits, entity, f);
  }
}

/** What a field has changed to. */
function readChange(table: TableState, bits: BitReader, entity: Entity, f: number): void {
  const word = readWord(bits, table.fields[f]!) | 0;
  if (table.words[table.newestRow(entity) + f] === word) throw new ProtocolError(fault.needless, table.name);
  table.put(entity, f, word);
}

/** A word at the full width of its field. */
function readWord(bits: BitReader, field: Field): number {
  const word = field.reduce(bits.take(field.bits));
  field.check(word);
  return word;
}
