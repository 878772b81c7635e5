import { expect, test } from "vitest";
import { ProtocolError } from "../src/errors/protocol-error.js";
import { readSchema } from "../src/state/schema.js";
import { Reader } from "../src/wire/reader.js";
import { Writer } from "../src/wire/writer.js";
import { fromHex, snapshotVectors } from "./support/vectors.js";

const hex = snapshotVectors[0]!.schema;

test("the vectors' schema is read", () => {
  const schema = readSchema(new Reader(fromHex(hex)));
  expect(schema.tables[0]).toMatchObject({
    name: "players",
    fields: [{ name: "id", kind: "player", bits: 32, once: true }, { name: "name" }],
  });
  expect(schema.tables[1]!.fields.find((f) => f.name === "angle")).toMatchObject({
    kind: "fixed",
    bits: 10,
    interp: "lerp",
    wrap: true,
  });
});

test("no prefix of a schema is a schema", () => {
  const bytes = fromHex(hex);
  for (let cut = 0; cut < bytes.length; cut++)
    expect(() => readSchema(new Reader(bytes.subarray(0, cut)))).toThrow(ProtocolError);
});

/** A schema of one table with one field, which has `key` besides what every field has. */
function withField(key: string, value: Uint8Array, name = "x"): Reader {
  const str = (s: string) => new Writer().str(s).done();
  const field = [
    0x86,
    ...str("name"),
    ...str(name),
    ...str("kind"),
    ...str("uint"),
    ...str("bits"),
    8,
    ...str("lo"),
    0,
    ...str("hi"),
    9,
  ];
  const table = [0x82, ...str("name"), ...str("players"), ...str("fields"), 0x91, ...field, ...str(key), ...value];
  return new Reader(Uint8Array.from([0x81, ...str("tables"), 0x91, ...table]));
}

const value = () => new Writer();

test("an unknown key is ignored, whatever its value", () => {
  const r = withField("future", value().array(2).str("a").array(1).nil().done());
  expect(readSchema(r).tables[0]!.fields[0]).toMatchObject({ name: "x", bits: 8, hi: 9 });
  expect(r.left).toBe(0);
});

test.each([
  ["33 bits", withField("bits", value().int(33).done())],
  ["no bits", withField("bits", value().int(0).done())],
  ["an unknown kind", withField("kind", value().str("date").done())],
  ["text in a row", withField("kind", value().str("str").done())],
  ["fixed without a step", withField("kind", value().str("fixed").done())],
  ["a name that is no key", withField("edge", Uint8Array.of(0xc3), "__proto__")],
])("a schema with %s is refused", (_, r) => expect(() => readSchema(r)).toThrow(ProtocolError));

test("a schema whose first table is not players is refused", () => {
  expect(() => readSchema(new Reader(fromHex("80")))).toThrow(/players/);
});
