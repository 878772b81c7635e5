import { describe, expect, test } from "vitest";
import * as fault from "../src/errors/faults.js";
import { ProtocolError } from "../src/errors/protocol-error.js";
import { checksum } from "../src/state/checksum.js";
import { readSchema } from "../src/state/schema.js";
import { World } from "../src/state/world.js";
import { Reader } from "../src/wire/reader.js";
import { fails } from "./support/fails.js";
import { between, seeded } from "./support/random.js";
import { stateOf } from "./support/state.js";
import { codecs, fromHex, snapshotVectors, type SnapshotVector } from "./support/vectors.js";

function worldOf(v: SnapshotVector): World {
  const r = new Reader(fromHex(v.schema));
  const world = new World(readSchema(r), codecs[v.codec]!, v.player, checksum);
  r.end();
  return world;
}

function apply(world: World, m: SnapshotVector["messages"][number], body: Uint8Array = fromHex(m.body)): void {
  const r = new Reader(body);
  if (m.full) world.full(r, m.tick);
  else world.delta(r, m.tick);
  r.end();
}

test("there are vectors", () => expect(snapshotVectors.length).toBeGreaterThan(0));

describe.each(snapshotVectors)("vector: $name, codec $codec", (v) => {
  test("every message leads to the server's state", () => {
    const world = worldOf(v);
    for (const m of v.messages) {
      apply(world, m);
      expect(stateOf(world), `tick ${m.tick}`).toEqual(m.state);
    }
  });

  test("every truncated body is refused", () => {
    for (let i = 0; i < v.messages.length; i++) {
      const body = fromHex(v.messages[i]!.body);
      for (let cut = 0; cut < body.length; cut += 1 + (body.length >> 5)) {
        const world = worldOf(v);
        for (const before of v.messages.slice(0, i)) apply(world, before);
        expect(() => apply(world, v.messages[i]!, body.subarray(0, cut)), `message ${i} cut at ${cut}`).toThrow(ProtocolError);
      }
    }
  });

  test("a changed byte never does anything but throw or decode", () => {
    const random = seeded(1);
    for (let round = 0; round < 300; round++) {
      const world = worldOf(v);
      try {
        for (const m of v.messages) {
          const body = fromHex(m.body);
          body[between(random, 0, body.length - 1)]! ^= 1 << between(random, 0, 7);
          apply(world, m, body);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }
  });
});

/** The codec, and where in the second body of its vector a byte of the checksum stands. */
test.each([
  [0, 6],
  // A checksum of 32 bits that begins at bit 2 after the bin's head of two bytes.
  [1, 5],
])("a checksum that does not match is an error in codec %d", (codec, at) => {
  const v = snapshotVectors.find((s) => s.codec === codec && s.name.includes("checksum"))!;
  const world = worldOf(v);
  apply(world, v.messages[0]!);
  const body = fromHex(v.messages[1]!.body);
  body[at]! ^= 1;
  expect(() => apply(world, v.messages[1]!, body)).toThrow(fails(fault.checksum));
});
