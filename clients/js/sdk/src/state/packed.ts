import { ProtocolError } from "../errors/protocol-error.js";
import { longestSpan } from "./entity.js";
import { riceLimit, type BitReader } from "./bits.js";
import type { Field } from "./field.js";
import type { Message } from "./plain.js";
import type { TableState } from "./table-state.js";

const maxSlots = 65536;
const generationBits = 10;

/** Applies one table of a body of codec `packed` (PROTOCOL.md section 8). */
export function applyPacked(table: TableState, bits: BitReader, m: Message): void {
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
    if (at >= table.size) throw new ProtocolError(`${table.name}: one leaves that is not known`);
    positions.push(at);
  }
  return positions;
}

const none: readonly number[] = [];

/**
 * Reads the records of all known entities. Nearly all of a client's decoding happens here, so what PROTOCOL.md sections 7 and 8
 * say per field is written out in one loop: words are looked up in one array and one message, and a Rice code that fits one window
 * of the bits is read in place.
 */
function readRecords(table: TableState, bits: BitReader, m: Message): void {
  const { words, size, fields } = table;
  const { predicted, held, stride } = table.layout;
  const { view, length } = bits;
  const n = predicted.length;
  // Behind a row's words stand the sizes of its residuals.
  const sizes = fields.length;
  let { at } = bits;
  for (let e = 0; e < size; e++) {
    if (at > length) throw bits.endsEarly();
    if (m.partial && !bitAt(view, at++)) continue;
    const entity = table.at(e);
    const out = table.advance(entity, m.tick);
    const row1 = Math.imul(entity.rowBefore(1), stride);
    const row2 = Math.imul(entity.rowBefore(2), stride);
    const { gap, gap1, line } = entity;
    const curve = line && entity.gap2 <= longestSpan;
    const steady = curve && gap === gap1;
    const calm = curve && entity.calm && bitAt(view, at++);
    let missed = 0;
    for (let i = 0; i < n; i++) {
      const { index, shift, lo, span } = predicted[i]!;
      let expected = words[row1 + index]!;
      let k: number;
      if (line) {
        const speed = ((expected - words[row2 + index]!) << shift) >> shift;
        const wrong = curve ? words[row1 + sizes + i]! : magnitude(speed) >>> 2;
        k = 32 - Math.clz32(wrong + (magnitude(speed) >>> 4));
        if (k > 31 - shift) k = 31 - shift;
        expected += steady ? speed : Math.floor((speed * gap) / gap1) | 0;
      } else k = Math.min(6, (32 - shift) >> 1);
      let residual = 0;
      if (!calm) {
        const window = view.getInt32(at >> 3) << (at & 7);
        const ones = Math.clz32(~window);
        // 25 bits of the window are there.
        if (ones <= riceLimit && ones + k < 25) {
          const z = (ones << k) | (((window << (ones + 1)) >>> 1) >>> (31 - k));
          residual = (z >>> 1) ^ -(z & 1);
          at += ones + 1 + k;
        } else {
          bits.at = at;
          residual = (bits.rice(k, 32 - shift) << shift) >> shift;
          at = bits.at;
        }
      }
      const wrong = magnitude(residual);
      missed |= wrong;
      words[out + sizes + i] = wrong;
      // Counted from lo on, the range is what is at most span.
      const above = ((expected + residual - lo) << shift) >>> shift;
      if (above > span >>> 0) throw table.outOfRange(index, lo + above);
      words[out + index] = lo + above;
    }
    entity.calm = missed === 0;
    if (!calm && held.length > 0 && bitAt(view, at++)) {
      bits.at = at;
      for (const f of held) if (bits.bit()) table.put(entity, f, readWord(bits, fields[f]!));
      at = bits.at;
    }
  }
  bits.at = at;
}

function bitAt(view: DataView, at: number): boolean {
  return ((view.getUint8(at >> 3) << (at & 7)) & 0x80) !== 0;
}

/** The absolute value; without a branch, because signs of residuals are as good as random. */
function magnitude(n: number): number {
  const sign = n >> 31;
  return (n ^ sign) - sign;
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
  const { fields } = table;
  for (let i = 0; i < table.size; i++) {
    const entity = table.at(i);
    if (!table.isSentTo(entity, m.tick, m.player)) continue;
    bits.check();
    for (const f of table.layout.owned) if (bits.bit()) table.put(entity, f, readWord(bits, fields[f]!));
  }
}

/** A word at the full width of its field. */
function readWord(bits: BitReader, field: Field): number {
  const word = field.reduce(bits.take(field.bits));
  field.check(word);
  return word;
}
