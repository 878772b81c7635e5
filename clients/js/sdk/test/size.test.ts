import { execFileSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

/** What a page loads of these modules: bundled, minified, gzipped. KiB. */
function size(...modules: string[]): number {
  const source = modules.map((m) => `export * from "./src/${m}";`).join("");
  const bundle = execFileSync("go", ["tool", "esbuild", "--bundle", "--minify", "--format=esm", "--target=es2022"], {
    cwd: new URL("..", import.meta.url).pathname,
    input: source,
  });
  return gzipSync(bundle, { level: 9 }).length / 1024;
}

test.each([
  [
    "the decoder: schema, snapshots, strings, events, tables",
    8,
    ["state/schema.ts", "state/world.ts", "state/events.ts", "state/table.ts"],
  ],
  ["a room: decoder, clocks, inputs, calls, reconnect", 15.5, ["net/room.ts"]],
  ["a room with prediction", 16.5, ["net/room.ts", "predict/predict.ts"]],
  ["a room with prediction and shots", 18, ["net/room.ts", "predict/predict.ts", "predict/predict-spawns.ts"]],
  ["everything, with the lobby client", 20.5, ["index.ts"]],
])("%s stays below %d KiB", (what, limit, modules) => {
  const kib = size(...modules);
  console.log(`${kib.toFixed(1)} KiB gzipped: ${what}`);
  expect(kib).toBeLessThan(limit);
});
