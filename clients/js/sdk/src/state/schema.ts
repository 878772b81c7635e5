import { ProtocolError } from "../errors/protocol-error.js";
import type { FieldKind, FieldSchema, RecordSchema, RoomSchema, TableSchema } from "../schema-type.js";
import type { Reader } from "../wire/reader.js";
import { skip } from "../wire/skip.js";

const kinds: readonly string[] = ["bool", "uint", "int", "fixed", "f32", "player", "text", "ref", "str"];

/** Most tables, and most fields, events and calls, that a schema may have: an entity id has 6 bits for its table. */
const maxTables = 64;
const maxEntries = 256;
const maxName = 64;

/** What reads the value of each key of a map. */
type Keys<T> = { readonly [K in keyof T]-?: (r: Reader) => T[K] };

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const flag = (r: Reader) => r.bool();
const number = (r: Reader) => r.number();
const int = (r: Reader) => r.int();
const word = (r: Reader) => r.str(maxName);

const cell: Keys<FieldSchema> = {
  name: readName,
  kind: readKind,
  bits: (r) => r.uint(32),
  lo: int,
  hi: int,
  interp: (r) => (word(r) === "hermite" ? "hermite" : "lerp"),
  base: number,
  step: number,
  wrap: flag,
  once: flag,
  owneronly: flag,
  pri: (r) => r.uint(15),
  edge: flag,
  max: (r) => r.uint(),
  of: word,
};
const record: Keys<RecordSchema> = { name: readName, fields: (r) => list(r, maxEntries, readField) };
const table: Keys<TableSchema> = { name: readName, fields: (r) => list(r, maxEntries, readCell), predicted: flag };
const room: Keys<RoomSchema> = {
  game: word,
  tables: (r) => list(r, maxTables, () => readMap(r, table, { name: "", fields: [], predicted: false })),
  events: readRecords,
  input: (r) => list(r, maxEntries, readCell),
  calls: readRecords,
};

/** Reads HELLO's schema map (PROTOCOL.md section 6). Throws `ProtocolError` on one that cannot be decoded with. */
export function readSchema(r: Reader): RoomSchema {
  const schema = readMap(r, room, { game: "", tables: [], events: [], input: [], calls: [] });
  if (schema.tables[0]?.name !== "players") throw new ProtocolError("schema: table 0 is not players");
  return schema;
}

/** Reads a map into `into`, which has what holds for keys that are not there. Keys that nobody knows are skipped. */
function readMap<T extends object>(r: Reader, keys: Keys<T>, into: Writable<T>): T {
  for (let n = r.map(); n > 0; n--) {
    const key = word(r);
    if (Object.hasOwn(keys, key)) into[key as keyof T] = keys[key as keyof T](r);
    else skip(r);
  }
  return into;
}

function readRecords(r: Reader): RecordSchema[] {
  return list(r, maxEntries, () => readMap(r, record, { name: "", fields: [] }));
}

/** A field of an event or a call. */
function readField(r: Reader): FieldSchema {
  const f: FieldSchema = readMap(r, cell, { name: "", kind: "uint", bits: 0, lo: 0, hi: 0 });
  if (f.bits < 1 && f.kind !== "str") throw new ProtocolError(`schema: field ${f.name} has no bits`);
  if (f.kind === "fixed" && !f.step) throw new ProtocolError(`schema: field ${f.name} has no step`);
  return f;
}

/** A field of a table or an input, which has a word. */
function readCell(r: Reader): FieldSchema {
  const f = readField(r);
  if (f.kind === "str") throw new ProtocolError(`schema: field ${f.name} cannot be of kind str here`);
  return f;
}

/** A name becomes an object's key, where this one would mean the prototype. */
function readName(r: Reader): string {
  const name = r.str(maxName);
  if (name === "" || name === "__proto__") throw new ProtocolError(`schema: bad name ${JSON.stringify(name)}`);
  return name;
}

function readKind(r: Reader): FieldKind {
  const kind = word(r);
  if (!kinds.includes(kind)) throw new ProtocolError(`schema: a field cannot be of kind ${kind}`);
  return kind as FieldKind;
}

function list<T>(r: Reader, max: number, read: (r: Reader) => T): T[] {
  const n = r.array();
  if (n > max) throw new ProtocolError(`schema: list of ${n}; at most ${max} are allowed`);
  return Array.from({ length: n }, () => read(r));
}
