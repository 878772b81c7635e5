import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSchema } from "../src/state/schema.js";
import { World } from "../src/state/world.js";
import { codecs } from "./support/vectors.js";
import { Reader } from "../src/wire/reader.js";
import * as serverMessage from "../src/wire/server-message.js";
import { readAssets, readDeltaHead, readHello } from "../src/wire/server-messages.js";
import { stateOf } from "./support/state.js";

/*
 * Twelve thousand ticks of arena, of which some are not sent, as a Go room has sent them over a bad network, with what the Go decoder holds after each snapshot:
 * bench/record plays them anew for each run, and says what is in the files.
 */
const ticks = 12_000;
const repository = new URL("../../../../", import.meta.url).pathname;
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "skirmish-recording-"));
  execFileSync("go", ["run", "./bench/record", "--ticks", String(ticks), "--out", folder], { cwd: repository, stdio: "pipe" });
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The parts of a file, one after the other. */
function* parts(file: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 0; at < file.length; ) {
    const end = at + 4 + view.getUint32(at, true);
    yield file.subarray(at + 4, end);
    at = end;
  }
}

/** What must be held, in the order of the file. */
function flat(world: World): number[] {
  return stateOf(world).flatMap((entities) => [entities.length, ...entities.flat()]);
}

describe.each([
  ["plain", 0],
  ["packed", 1],
])("a recording of codec %s", (name, codec) => {
  test("is the same state in Go and here, word by word", () => {
    const file = parts(readFileSync(join(folder, `${name}.rec`)));
    const schema = readSchema(new Reader(file.next().value!));
    let world: World | undefined;
    let snapshots = 0;
    let words = 0;
    let hellos = 0;
    for (let part = file.next(); !part.done; part = file.next()) {
      const r = new Reader(part.value);
      const n = r.array();
      const type = r.uint();
      if (type === serverMessage.hello) {
        world = new World(schema, codecs[codec]!, readHello(r, n, { readSchema, readAssets })!.player);
        hellos++;
      } else if (type === serverMessage.full) {
        world!.full(r, r.uint());
        snapshots++;
      } else {
        world!.delta(r, readDeltaHead(r, n, world!.tick).tick);
        snapshots++;
      }
      const want = file.next().value!;
      const view = new DataView(want.buffer, want.byteOffset, want.byteLength);
      const got = flat(world!);
      expect(got.length, `words at tick ${world!.tick}`).toBe(want.length / 4);
      const wrong = got.findIndex((word, i) => word !== view.getUint32(4 * i, true));
      if (wrong >= 0) expect.fail(`tick ${world!.tick}: word ${wrong} is ${got[wrong]}, in Go ${view.getUint32(4 * wrong, true)}`);
      words += got.length;
    }
    expect(hellos).toBeGreaterThan(3);
    expect(snapshots).toBeGreaterThan(10_000);
    expect(words).toBeGreaterThan(1_000_000);
  }, 60_000);
});
