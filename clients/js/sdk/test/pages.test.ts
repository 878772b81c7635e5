import { readFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { predict } from "../src/index.js";

type Step = (row: { x: number; y: number; it: boolean }, input: { dx: number; dy: number }, dt: number) => void;

const handlers = ["onkeydown", "onkeyup", "onblur"];
const AsyncFunction = (async () => {}).constructor as new (...source: string[]) => (...given: unknown[]) => Promise<void>;

/** Runs the script of a page as a browser would, in a room of one runner, and gives the inputs it has set and its step, if it predicts. */
async function open(page: string) {
  const source = readFileSync(new URL(`../../../../docs/${page}/web/main.js`, import.meta.url), "utf8");
  const inputs: unknown[] = [];
  let step: Step | undefined;
  const room = {
    setInput: (input: unknown) => inputs.push(input),
    on: () => {},
    update: () => {},
    playerId: 1,
    tables: { runner: { forEach: (see: (row: object) => void) => see({ owner: 1, x: 0, y: 0, it: false }) } },
  };
  const names = {
    Lobby: class {
      guest() {}
      seats() {}
    },
    Room: { join: () => room },
    predict: (given: Step, options: object) => ((step = given), predict(given as never, options)),
    tag: {},
    document: { getElementById: () => ({ getContext: () => ({ clearRect() {}, fillRect() {} }) }) },
    requestAnimationFrame: () => {},
  };
  await new AsyncFunction(...Object.keys(names), source.replace(/^import .*$/gm, ""))(...Object.values(names));
  return { inputs, step };
}

const call = (name: string, event: object) => (globalThis as unknown as Record<string, (e: object) => void>)[name]!(event);

afterEach(() => {
  for (const name of handlers) Reflect.deleteProperty(globalThis, name);
});

test.each(["first-game", "predicted-tag"])("the page of docs/%s lets go of its keys when it loses the focus", async (page) => {
  const { inputs } = await open(page);
  call("onkeydown", { type: "keydown", key: "ArrowRight", preventDefault: vi.fn() });
  expect(inputs.at(-1)).toEqual({ dx: 1, dy: 0 });
  call("onblur", {});
  expect(inputs.at(-1)).toEqual({ dx: 0, dy: 0 });
  call("onkeydown", { type: "keydown", key: "ArrowDown", preventDefault: vi.fn() });
  expect(inputs.at(-1), "the key of before is not held any more").toEqual({ dx: 0, dy: 1 });
});

// The figures are those of docs/predicted-tag/main_test.go.
test("the page of docs/predicted-tag has the server's step", async () => {
  const { step } = await open("predicted-tag");
  const runner = { x: 100, y: 300, it: true };
  for (let tick = 0; tick < 37; tick++) step!(runner, { dx: 1, dy: -1 }, Math.fround(1 / 30));
  expect(runner).toEqual({ x: Math.fround(371.3334), y: Math.fround(28.666689), it: true });
});
