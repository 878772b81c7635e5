import { ProtocolError } from "../errors/protocol-error.js";
import type { Reader } from "../wire/reader.js";
import type { BitReader } from "./bits.js";
import type { Entity } from "./entity.js";
import type { TableState } from "./table-state.js";

/** The message that a table is part of. */
export interface Message {
  readonly tick: number;
  /** A FULL. */
  readonly first: boolean;
  /** Not every known entity is in it. */
  readonly partial: boolean;
  /** The receiver's player id. */
  readonly player: number;
}

/** Applies one table of a body of codec `plain` (PROTOCOL.md section 7) that is not nil. */
export function applyPlain(table: TableState, r: Reader, bits: BitReader, m: Message): void {
  const owned = table.layout.owned.length > 0;
  r.arrayOf(owned ? 5 : 4);
  table.begin(m.tick);
  table.leave(readLeaves(table, r), m.tick);
  readRecords(table, r, bits.reset(r.bin()), m);
  readEnters(table, r, m);
  if (owned) readOwned(table, r, m);
}

function readLeaves(table: TableState, r: Reader): number[] {
  const positions: number[] = [];
  let at = 0;
  for (let n = r.array(); n > 0; n--) {
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
    table.advanceAll();
    return;
  }
  const { records, cells, size } = table;
  if (!m.partial) records.advanceAll(cells, size);
  let used = 0;
  for (let e = 0; e < size; e++) {
    bits.check();
    if (m.partial) {
      if (!bits.bit()) continue;
      records.advance(cells[e]!);
    }
    const changed = bits.bit();
    const n = readRecord(table, r, bits, table.at(e), changed);
    if (changed && n === 0) throw new ProtocolError(`${table.name}: an entity changed in no field`);
    used += n;
  }
  records.settle();
  bits.end();
  if (used !== values) throw new ProtocolError(`${table.name}: ${values} values for ${used} changed fields`);
}

/** Returns the number of values read. */
function readRecord(table: TableState, r: Reader, bits: BitReader, entity: Entity, changed: boolean): number {
  const { fields, rows } = table;
  const { words } = rows;
  let note = rows.at(entity) + fields.length + 1;
  let used = 0;
  for (const f of table.layout.shared) {
    const field = fields[f]!;
    const has = changed && bits.bit();
    if (has) used++;
    if (field.extrapolated) {
      words[note] = has ? field.readResidual(r) : 0;
      note += 2;
    } else if (has) table.put(entity, f, field.read(r));
  }
  return used;
}

function readEnters(table: TableState, r: Reader, m: Message): void {
  const { fields } = table;
  const { entering } = table.layout;
  const n = r.array() / (entering.length + 2);
  if (!Number.isInteger(n)) throw new ProtocolError(`${table.name}: enters are not whole rows`);
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
