import { ProtocolError } from "../errors/protocol-error.js";
import type { Reader } from "../wire/reader.js";
import { skip } from "../wire/skip.js";
import { bitAt, type BitReader } from "./bits.js";
import type { Layout } from "./layout.js";
import type { Codec, Message } from "./codec.js";
import type { TableState } from "./table-state.js";

const flagPartial = 1;
const flagChecksum = 2;

/** Arrays of numbers that any msgpack library reads: larger than `packed`, and good for looking at what a server sends. */
export const plain: Codec = {
  number: 0,
  noted: false,
  skip,
  apply(body) {
    const { r, tables, bits } = body;
    let left = r.array() - 1;
    const flags = r.uint();
    if (flags & ~(flagPartial | flagChecksum)) throw new ProtocolError("body: unknown flag");
    let want: number | undefined;
    if (flags & flagChecksum) {
      want = r.uint();
      left--;
    }
    if (left < 0 || left > tables.length) throw new ProtocolError(`body: ${left} tables; the schema has ${tables.length}`);
    body.partial = (flags & flagPartial) !== 0;
    for (const table of tables) {
      table.begin(body.tick);
      if (left-- <= 0 || r.nil()) calm(table);
      else applyTable(table, r, bits, body);
    }
    return want;
  },
};

/** Applies one table of a body of codec `plain` (PROTOCOL.md section 7) that is not nil. */
function applyTable(table: TableState, r: Reader, bits: BitReader, m: Message): void {
  const owned = table.layout.owned.length > 0;
  r.arrayOf(owned ? 5 : 4);
  table.leave(readLeaves(table, r), m.tick);
  readRecords(table, r, bits.reset(r.bin()), m);
  readEnters(table, r, m);
  if (owned) readOwned(table, r, m);
}

/** Every known entity is sent, and exactly as predicted. */
function calm(table: TableState): void {
  const { cells, layout } = table;
  const { words, first } = table.rows;
  table.advanceAll();
  for (let e = 0; e < table.size; e++) {
    for (const { speed } of layout.predicted) words[(first + cells[e]!) * layout.stride + speed + 1] = 0;
  }
  table.records.settle();
}

/** The fields of a record in order, and for each 32 less its bits if it is predicted, or -1. */
interface Shared {
  readonly fields: readonly number[];
  readonly shifts: Int32Array;
}

const known = new WeakMap<Layout, Shared>();

function sharedOf(layout: Layout): Shared {
  let shared = known.get(layout);
  if (shared === undefined) {
    const fields = layout.fields.flatMap((f, i) => (f.once || f.ownerOnly ? [] : [i]));
    const shifts = Int32Array.from(fields, (i) => (layout.fields[i]!.extrapolated ? 32 - layout.fields[i]!.bits : -1));
    known.set(layout, (shared = { fields, shifts }));
  }
  return shared;
}

const none: readonly number[] = [];

function readLeaves(table: TableState, r: Reader): readonly number[] {
  let n = r.array();
  if (n === 0) return none;
  const positions: number[] = [];
  let at = 0;
  for (; n > 0; n--) {
    const slot = r.uint(0xffff);
    while (at < table.size && table.at(at).slot < slot) at++;
    if (at === table.size || table.at(at).slot !== slot)
      throw new ProtocolError(`${table.name}: slot ${slot} leaves but is not known`);
    positions.push(at++);
  }
  return positions;
}

function readRecords(table: TableState, r: Reader, bits: BitReader, m: Message): void {
  const values = r.array();
  if (bits.length === 0) {
    if (values > 0) throw new ProtocolError(`${table.name}: values without bits`);
    calm(table);
    return;
  }
  const { cells, size, records, layout } = table;
  const { words, first } = table.rows;
  const { view, length } = bits;
  const { partial } = m;
  const { fields: those, shifts } = sharedOf(layout);
  const shared = shifts.length | 0;
  const stride = layout.stride | 0;
  const notes = (layout.fields.length + 1) | 0;
  if (partial) table.advanceSome();
  else table.advanceAll();
  let used = 0;
  let at = 0;
  for (let e = 0; e < size; e = (e + 1) | 0) {
    if (at > length) throw bits.endsEarly();
    const cell = cells[e]!;
    if (partial) {
      const present = bitAt(view, at);
      at = (at + 1) | 0;
      if (!present) continue;
      records.advance(cell);
    }
    const changed = bitAt(view, at);
    at = (at + 1) | 0;
    const end = Math.imul((first + cell + 1) | 0, stride);
    let note = (end - stride + notes) | 0;
    if (!changed) {
      for (; note < end; note = (note + 2) | 0) words[note] = 0;
      continue;
    }
    const before = used;
    let window = 0;
    for (let i = 0; i < shared; i = (i + 1) | 0) {
      // A window holds 25 bits.
      window = (i & 15) === 0 ? view.getInt32(at >> 3) << (at & 7) : window << 1;
      at = (at + 1) | 0;
      const shift = shifts[i]!;
      if (window < 0) used = (used + 1) | 0;
      if (shift >= 0) {
        let residual = 0;
        if (window < 0) {
          residual = r.int();
          if ((residual << shift) >> shift !== residual) throw tooLarge(table, i, residual);
        }
        words[note] = residual;
        note = (note + 2) | 0;
      } else if (window < 0) {
        const f = those[i]!;
        table.put(table.at(e), f, layout.fields[f]!.read(r));
      }
    }
    if (used === before) throw new ProtocolError(`${table.name}: an entity changed in no field`);
  }
  records.settle();
  bits.at = at;
  bits.end();
  if (used !== values) throw new ProtocolError(`${table.name}: ${values} values for ${used} changed fields`);
}

function tooLarge(table: TableState, i: number, residual: number): ProtocolError {
  const { name, bits } = table.fields[sharedOf(table.layout).fields[i]!]!;
  return new ProtocolError(`${name}: residual ${residual} has over ${bits} bits`);
}

function readEnters(table: TableState, r: Reader, m: Message): void {
  const { fields } = table;
  const { entering } = table.layout;
  const n = r.array() / (entering.length + 2);
  if (!Number.isInteger(n)) throw new ProtocolError(`${table.name}: enters are not whole rows`);
  if (n === 0) {
    table.endLeaves();
    return;
  }
  table.beginEnters();
  for (let i = 0; i < n; i++) {
    const slot = r.uint(0xffff);
    const out = table.enter(slot, r.uint(0x3ff), m.tick, m.first);
    for (const f of entering) table.words[out + f] = fields[f]!.read(r);
  }
  table.endEnters();
}

function readOwned(table: TableState, r: Reader, m: Message): void {
  const { fields } = table;
  const { owned } = table.layout;
  let left = r.array();
  for (let i = 0; i < table.size; i++) {
    const entity = table.at(i);
    if (!table.isSentTo(entity, m.tick, m.player)) continue;
    const mask = r.uint(2 ** owned.length - 1);
    left--;
    // The first field is in the highest bit; there may be more than 32.
    for (let k = 0, bit = 2 ** (owned.length - 1); k < owned.length; k++, bit /= 2) {
      if (Math.floor(mask / bit) % 2 === 0) continue;
      const f = owned[k]!;
      table.put(entity, f, fields[f]!.read(r));
      left--;
    }
  }
  if (left !== 0) throw new ProtocolError(`${table.name}: the owner's fields do not fit the entities owned`);
}
