import { ProtocolError } from "../errors/protocol-error.js";
import type { FieldKind, FieldSchema, RecordSchema, RoomSchema, TableSchema } from "../schema-type.js";
import type { Reader } from "../wire/reader.js";

const kinds: readonly string[] = ["bool", "uint", "int", "fixed", "f32", "player", "text", "ref", "str"];

/** Most tables, and most fields, events and calls, that a schema may have: an entity id has 6 bits for its table. */
const maxTables = 64;
const maxEntries = 256;
const maxName = 64;

/** Reads HELLO's schema map (PROTOCOL.md section 6). Throws `ProtocolError` on one that cannot be decoded with. */
export function readSchema(r: Reader): RoomSchema {
  let game = "";
  let tables: TableSchema[] = [];
  let events: RecordSchema[] = [];
  let input: FieldSchema[] = [];
  let calls: RecordSchema[] = [];
  for (let n = r.map(); n > 0; n--) {
    switch (r.str(maxName)) {
      case "game":
        game = r.str(maxName);
        break;
      case "tables":
        tables = list(r, maxTables, () => readRecord(r, false));
        break;
      case "events":
        events = list(r, maxEntries, () => readRecord(r, true));
        break;
      case "input":
        input = list(r, maxEntries, () => readField(r, false));
        break;
      case "calls":
        calls = list(r, maxEntries, () => readRecord(r, true));
        break;
      default:
        r.skip();
    }
  }
  if (tables[0]?.name !== "players") throw new ProtocolError("schema: table 0 is not players");
  return { game, tables, events, input, calls };
}

function readRecord(r: Reader, text: boolean): TableSchema {
  let name = "";
  let fields: FieldSchema[] = [];
  let predicted = false;
  for (let n = r.map(); n > 0; n--) {
    switch (r.str(maxName)) {
      case "name":
        name = readName(r);
        break;
      case "fields":
        fields = list(r, maxEntries, () => readField(r, text));
        break;
      case "predicted":
        predicted = r.bool();
        break;
      default:
        r.skip();
    }
  }
  return { name, fields, predicted };
}

function readField(r: Reader, text: boolean): FieldSchema {
  const f: { -readonly [K in keyof FieldSchema]: FieldSchema[K] } = { name: "", kind: "uint", bits: 0, lo: 0, hi: 0 };
  for (let n = r.map(); n > 0; n--) {
    switch (r.str(maxName)) {
      case "name":
        f.name = readName(r);
        break;
      case "kind":
        f.kind = readKind(r, text);
        break;
      case "bits":
        f.bits = r.uint(32);
        break;
      case "lo":
        f.lo = r.int();
        break;
      case "hi":
        f.hi = r.int();
        break;
      case "interp":
        f.interp = r.str(maxName) === "hermite" ? "hermite" : "lerp";
        break;
      case "base":
        f.base = r.number();
        break;
      case "step":
        f.step = r.number();
        break;
      case "wrap":
        f.wrap = r.bool();
        break;
      case "once":
        f.once = r.bool();
        break;
      case "owneronly":
        f.owneronly = r.bool();
        break;
      case "pri":
        f.pri = r.uint(15);
        break;
      case "edge":
        f.edge = r.bool();
        break;
      case "max":
        f.max = r.uint();
        break;
      case "of":
        f.of = r.str(maxName);
        break;
      default:
        r.skip();
    }
  }
  if (f.bits < 1 && f.kind !== "str") throw new ProtocolError(`schema: field ${f.name} has no bits`);
  if (f.kind === "fixed" && !f.step) throw new ProtocolError(`schema: field ${f.name} has no step`);
  return f;
}

/** A name becomes an object's key, where this one would mean the prototype. */
function readName(r: Reader): string {
  const name = r.str(maxName);
  if (name === "" || name === "__proto__") throw new ProtocolError(`schema: bad name ${JSON.stringify(name)}`);
  return name;
}

function readKind(r: Reader, text: boolean): FieldKind {
  const kind = r.str(maxName);
  if (!kinds.includes(kind) || (kind === "str" && !text)) throw new ProtocolError(`schema: a field cannot be of kind ${kind}`);
  return kind as FieldKind;
}

function list<T>(r: Reader, max: number, read: () => T): T[] {
  const n = r.array();
  if (n > max) throw new ProtocolError(`schema: list of ${n}; at most ${max} are allowed`);
  return Array.from({ length: n }, read);
}
