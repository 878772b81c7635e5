import { ProtocolError } from "../errors/protocol-error.js";
import type { BitReader } from "./bits.js";
import type { Field } from "./field.js";
import type { Message } from "./plain.js";
import type { TableState } from "./table-state.js";

const maxSlots = 65536;
const generationBits = 10;

/** The newest rows' residuals, by position in `layout.predicted`: whether an entity was calm, and how wide its next ones are. */
const missed = new Int32Array(256);

/** Applies one table of a body of codec `packed` (PROTOCOL.md section 8). */
export function applyPacked(table: TableState, bits: BitReader, m: Message): void {
  table.leave(readLeaves(table, bits), m.tick);
  for (let i = 0; i < table.size; i++) {
    bits.check();
    if (!m.partial || bits.bit()) readRecord(table, bits, table.advance(i, m.tick));
  }
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
 * Reads one entity's record. Nearly all of a client's decoding happens here, so what {@link Motion} says per field is written out
 * over the layout's flat arrays; a test compares the two.
 */
function readRecord(table: TableState, bits: BitReader, out: number): void {
  const { words, row1, row2, row3 } = table;
  const { line, curve, ahead, gap, before } = table.motion;
  const { predicted, shift, signed, width, lo, span, held } = table.layout;
  const n = predicted.length;
  const even = ahead === gap;
  const evenBefore = gap === before;
  if (curve) {
    let all = 0;
    for (let i = 0; i < n; i++) {
      const f = predicted[i]!;
      const s2 = words[row2 + f]!;
      const moved = ((s2 - words[row3 + f]!) << shift[i]!) >> shift[i]!;
      const expected = evenBefore ? s2 + moved : s2 + Math.floor((moved * gap) / before);
      all |= missed[i] = ((words[row1 + f]! - expected) << shift[i]!) >> shift[i]!;
    }
    if (all === 0 && bits.bit()) {
      table.predict(out);
      return;
    }
  }
  for (let i = 0; i < n; i++) {
    const f = predicted[i]!;
    const w = width[i]!;
    const s = shift[i]!;
    let word = words[row1 + f]!;
    let k: number;
    if (line) {
      const moved = ((word - words[row2 + f]!) << s) >> s;
      const speed = magnitude(moved);
      const wrong = curve ? magnitude(missed[i]!) : speed >>> 2;
      k = 32 - Math.clz32(wrong + (speed >>> 4));
      if (k >= w) k = w - 1;
      word += even ? moved : Math.floor((moved * ahead) / gap);
    } else k = w >= 12 ? 6 : w >> 1;
    word = (word + bits.rice(k, w)) << s;
    word = signed[i] === 1 ? word >> s : (word >>> s) | 0;
    if ((word - lo[i]!) >>> 0 > span[i]!) table.fields[f]!.check(word);
    words[out + f] = word;
  }
  if (held.length > 0 && bits.bit()) {
    for (let i = 0; i < held.length; i++) if (bits.bit()) words[out + held[i]!] = readWord(bits, table.fields[held[i]!]!);
  }
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
  table.beginEnters(n);
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
  const { fields, words } = table;
  for (let i = 0; i < table.size; i++) {
    const row = table.ownedRow(i, m.tick, m.player);
    if (row < 0) continue;
    bits.check();
    for (const f of table.layout.owned) if (bits.bit()) words[row + f] = readWord(bits, fields[f]!);
  }
}

/** A word at the full width of its field. */
function readWord(bits: BitReader, field: Field): number {
  const word = field.reduce(bits.take(field.bits));
  field.check(word);
  return word;
}
