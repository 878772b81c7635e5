import { execFileSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import { expect, test, vi } from "vitest";

// The first use of a Go tool builds it.
vi.setConfig({ testTimeout: 60_000 });

/** What a page loads that says `source`: bundled, minified, gzipped. KiB. */
function size(source: string): number {
  const bundle = execFileSync("go", ["tool", "esbuild", "--bundle", "--minify", "--format=esm", "--target=es2022"], {
    cwd: new URL("..", import.meta.url).pathname,
    input: source,
  });
  return gzipSync(bundle, { level: 9 }).length / 1024;
}

const page = (...names: string[]) => `export { ${names.join(", ")} } from "./src/index.ts";`;

const decoder = ["schema", "world", "packed", "events", "table"].map((m) => `export * from "./src/state/${m}.ts";`).join("");

/** The least a page is in a room with. */
const core = "CoreRoom";

/**
 * The limits are the sizes of today and a little. The bars are 8 KiB (8192 bytes) for the core and 14 (14336) with prediction. README.md
 * says what is in the core.
 */
test.each([
  ["the decoder: schema, snapshots, strings, events, tables", 6.9, decoder],
  ["the core: a room that every game needs", 12.8, page(core)],
  ["the core with prediction", 13.9, page(core, "predict")],
  ["the core with prediction of own rows and of what they make", 15.2, page(core, "predict", "predictSpawns")],
  ["the core and the lobby", 17.4, page(core, "Lobby")],
  ["a room with everything that belongs to one", 17.5, page("Room")],
  ["a room with prediction", 18.7, page("Room", "predict")],
  ["a room with prediction of own rows and of what they make", 20, page("Room", "predict", "predictSpawns")],
  ["a room, and the lobby", 22.2, page("Room", "Lobby")],
  ["a room that reads codec plain too", 18.7, page("Room", "plain")],
  ["everything", 29.2, `export * from "./src/index.ts";`],
])("%s stays below %d KiB", (what, limit, source) => {
  const kib = size(source);
  console.log(`${kib.toFixed(1)} KiB gzipped: ${what}`);
  expect(kib).toBeLessThan(limit);
});

test("what a page does not import is not in its bundle", () => {
  expect(size(page("Room"))).toBeCloseTo(size(`export { Room } from "./src/net/room.ts";`), 1);
});
