import { describe, expect, test } from "vitest";
import * as fault from "../src/errors/faults.js";
import { ProtocolError } from "../src/errors/protocol-error.js";
import { Field } from "../src/state/field.js";
import { beginInputs, writeCall, writeEventAck, writeInput, writeJoin, writePing } from "../src/wire/client-messages.js";
import { Reader } from "../src/wire/reader.js";
import { readSchema } from "../src/state/schema.js";
import * as server from "../src/wire/server-messages.js";
import { skip } from "../src/wire/skip.js";
import { Writer } from "../src/wire/writer.js";
import { fails } from "./support/fails.js";
import { fromHex, messageVectors, toHex, type MessageVector } from "./support/vectors.js";

const vectors = (dir: string, message: string) => messageVectors.filter((v) => v.dir === dir && v.name.split(" ")[0] === message);
const hexOf = (bin: unknown) => (bin as { bin: string }).bin;

/** An integer field wide enough for whatever a vector holds. */
const wide = new Field({ name: "n", kind: "int", bits: 32, lo: -(2 ** 31), hi: 2 ** 32 });

describe("what the client sends equals the vectors", () => {
  test.each(vectors("c2s", "JOIN"))("$name", ({ value, hex }) => {
    const message = writeJoin(new Writer(), {
      codecs: value["codecs"] as number,
      check: value["options"] === 1,
      schemaHash: hexOf(value["schema_hash"]),
      inputHash: hexOf(value["input_hash"]),
      lastEvent: (value["last_event"] as number | null) ?? undefined,
    });
    expect(toHex(message)).toBe(hex);
  });

  test.each(vectors("c2s", "INPUT"))("$name", ({ value, hex }) => {
    const v = value as { first_tick: number; ack_tick: number; view_tick: number; inputs: number[][] };
    const w = new Writer();
    beginInputs(w, v.first_tick, v.ack_tick, v.view_tick, v.inputs.length);
    for (const input of v.inputs)
      writeInput(
        w,
        input.map(() => wide),
        input,
      );
    expect(toHex(w.done())).toBe(hex);
  });

  test.each(vectors("c2s", "CALL"))("$name", ({ value, hex }) => {
    const v = value as { id: number; method: number; args: (number | string)[] };
    const named = v.args.map((arg, i) => [`a${i}`, arg] as const);
    const fields = named.map(([name, arg]) =>
      typeof arg === "string"
        ? new Field({ name, kind: "str", bits: 0, lo: 0, hi: 0, max: 64 })
        : new Field({ name, kind: "int", bits: 32, lo: -(2 ** 31), hi: 2 ** 31 - 1 }),
    );
    expect(toHex(writeCall(new Writer(), v.id, v.method, fields, Object.fromEntries(named)))).toBe(hex);
  });

  test.each(vectors("c2s", "PING"))("$name", ({ value, hex }) => {
    expect(toHex(writePing(new Writer(), value["t0"] as number))).toBe(hex);
  });

  test.each(vectors("c2s", "EVENTACK"))("$name", ({ value, hex }) => {
    expect(toHex(writeEventAck(new Writer(), value["seq"] as number))).toBe(hex);
  });
});

/** Reads a vector's message up to its type with `read`, and to its end. */
function take<T>(hex: string, read: (r: Reader, n: number) => T): T {
  const r = new Reader(fromHex(hex));
  const n = r.array();
  r.uint();
  const value = read(r, n);
  r.end();
  return value;
}

const readHello = (r: Reader, n: number) => server.readHello(r, n, { readSchema, readAssets: server.readAssets })!;

const readers: Readonly<Record<string, (r: Reader, n: number) => unknown>> = {
  HELLO: readHello,
  REPLY: server.readReply,
  PONG: server.readPong,
  BYE: server.readBye,
  SEAT: server.readSeat,
};

describe("what the server sends is understood", () => {
  test.each(vectors("s2c", "REPLY"))("$name", ({ value, hex }) => {
    expect(take(hex, server.readReply)).toEqual({ id: value["id"], status: value["status"], reason: value["value"] ?? "" });
  });

  test.each(vectors("s2c", "PONG"))("$name", ({ value, hex }) => expect(take(hex, server.readPong)).toEqual(value));

  test.each(vectors("s2c", "BYE"))("$name", ({ value, hex }) => {
    expect(take(hex, server.readBye)).toEqual({
      code: value["code"],
      retryMs: value["retry_ms"],
      where: value["where"] ?? undefined,
    });
  });

  test.each(vectors("s2c", "SEAT"))("$name", ({ value, hex }) => expect(take(hex, server.readSeat)).toBe(value["seat"]));

  test.each(vectors("s2c", "DELTA"))("$name", ({ value, hex }) => {
    const v = value as { tick16: number; lag: number; ack: number | null; pace: number | null };
    // A baseline that fits: the tick is known modulo 65536 only.
    const tick = 65536 * 2 + v.tick16;
    const head = take(hex, (r, n) => {
      const read = server.readDeltaHead(r, n, tick - v.lag);
      while (r.left > 0) skip(r);
      return read;
    });
    expect(head).toEqual({ tick, lag: v.lag, inputTick: v.ack === null ? undefined : tick - v.ack, pace: v.pace ?? undefined });
  });

  test.each(vectors("s2c", "HELLO"))("$name, without what a page does not read", ({ value, hex }) => {
    const { assets, ...rest } = take(hex, readHello);
    const read = take(hex, (r, n) => server.readHello(r, n, {}));
    expect(read).toEqual(value["schema"] === null ? { ...rest, assets: [] } : undefined);
    expect(assets).toBeInstanceOf(Array);
  });

  test("HELLO's assets", () => {
    const { value, hex } = vectors("s2c", "HELLO").find((v) => v.value["assets"] !== undefined)!;
    const want = (value["assets"] as [string, { bin: string }, number][]).map(([name, { bin: hash }, size]) => ({ name, hash, size }));
    expect(want).toHaveLength(2);
    expect(take(hex, readHello).assets).toEqual(want);
    const hash = want[0]!.hash;
    expect(() => take(hex.replace(`c420${hash}`, `c41f${hash.slice(2)}`), readHello)).toThrow(fails(fault.hashLength));
  });

  const readable = messageVectors.filter((v: MessageVector) => v.dir === "s2c" && readers[v.name.split(" ")[0]!] !== undefined);
  test.each(readable)("no prefix of $name is taken for the whole", ({ name, hex }) => {
    const bytes = hex.length / 2;
    for (let cut = 1; cut < bytes; cut++) {
      expect(() => take(hex.slice(0, 2 * cut), readers[name.split(" ")[0]!]!), `cut at ${cut}`).toThrow(ProtocolError);
    }
  });
});

describe("a tick of 16 bits", () => {
  test.each([
    [5, 3, 5],
    [65535, 65540, 65535],
    [2, 65530, 65538],
    [0, 131071, 131072],
  ])("%d near %d is %d", (tick16, reference, want) => expect(server.nearTick(tick16, reference)).toBe(want));

  test.each([
    [11, 0, 10],
    [12, 1, 10],
    [10, 65535, 10],
  ])("a delta to %d over %d ticks does not fit baseline %d", (tick16, lag, baseline) => {
    const w = new Writer().array(4).int(tick16).int(lag).nil().nil();
    const r = new Reader(w.done());
    r.array();
    expect(() => server.readDeltaHead(r, 6, baseline)).toThrow(fails(fault.desync));
  });
});
