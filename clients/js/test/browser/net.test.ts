import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, Player } from "../support/browser.js";
import { startServer, type TestServer } from "../support/server.js";

let server: TestServer;
let browser: Browser;
let context: BrowserContext;
let ann: Player;

beforeAll(async () => {
  server = await startServer();
  browser = await launch();
  context = await browser.newContext({ viewport: { width: 1000, height: 700 } });
  ann = await Player.join(context, server.url, "Ann");
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

test("a key and a button show and hide the net graph and the simulator", async () => {
  const graph = ann.page.locator("#net");
  const sim = ann.page.locator("#sim");
  await ann.page.keyboard.press("n");
  await graph.waitFor({ state: "visible" });
  await ann.page.locator("#net-figures").getByText("Corrections").waitFor();
  await ann.page.keyboard.press("n");
  await graph.waitFor({ state: "hidden" });
  await ann.page.locator("#sim-button").click();
  await sim.waitFor({ state: "visible" });
  await ann.page.locator("#net-button").click();
  await graph.waitFor({ state: "visible" });
  // Whoever talks about networks switches nothing.
  await ann.page.keyboard.press("Enter");
  await ann.page.keyboard.type("mn");
  await ann.page.keyboard.press("Escape");
  expect(await graph.isVisible()).toBe(true);
  expect(await sim.isVisible()).toBe(true);
});

test("at a round trip of 300 ms a key shows within two pictures", async () => {
  await ann.setNetwork({ rttMs: 300 });
  // The smallest round trip counts for ten seconds.
  await ann.until((s) => s.pingMs >= 300 && s.me !== undefined && s.me.hp > 0, "has a long way", 20_000);
  await ann.page.evaluate(() => {
    const measured: number[] = [];
    (window as unknown as { measured: number[] }).measured = measured;
    addEventListener("keydown", (event) => {
      if (event.repeat) return;
      const before = window.skirmish.drawn?.angle;
      let pictures = 0;
      const look = (): void => {
        pictures++;
        if (window.skirmish.drawn?.angle === before && pictures < 100) requestAnimationFrame(look);
        else measured.push(pictures);
      };
      requestAnimationFrame(look);
    });
  });
  for (let i = 0; i < 20; i++) {
    await ann.page.keyboard.down(i % 2 === 0 ? "ArrowLeft" : "ArrowRight");
    await ann.page.waitForTimeout(130 + 7 * i);
    await ann.page.keyboard.up(i % 2 === 0 ? "ArrowLeft" : "ArrowRight");
    await ann.page.waitForTimeout(60);
  }
  const pictures = await ann.page.evaluate(() => (window as unknown as { measured: number[] }).measured);
  const sorted = [...pictures].sort((a, b) => a - b);
  console.log(`key to first changed picture at 300 ms: median ${sorted[10]}, most ${sorted.at(-1)} of ${pictures.length}`);
  expect(pictures).toHaveLength(20);
  expect(sorted[10]).toBeLessThanOrEqual(2);
  expect(sorted.at(-1)).toBeLessThanOrEqual(3);
});

test("with jitter and stalls the page plays on, and its prediction holds", async () => {
  await ann.setNetwork({ rttMs: 150, jitterMs: 20, stalls: 0.05 });
  await ann.page.waitForTimeout(3000);
  const before = await ann.see();
  for (let i = 0; i < 10; i++) {
    await ann.hold("ArrowUp", i % 2 === 0 ? "ArrowLeft" : "ArrowRight");
    await ann.page.waitForTimeout(400);
  }
  await ann.hold();
  const after = await ann.see();
  console.log(`150 ms, 20 ms jitter, 5 % stalls: ${after.corrections - before.corrections} corrections in 4 s`);
  expect(after.state).toBe("playing");
  expect(after.tick - before.tick).toBeGreaterThan(90);
  expect(after.reconnects).toBe(0);
});

const rttMs = 150;

/** Cuts the network for four seconds. How long after its socket is open the page has a snapshot, and word of an input in time; ms. */
async function cutAndComeBack(): Promise<{ snapshot: number; input: number }> {
  const before = await ann.until((s) => s.me !== undefined && s.me.hp > 0, "lives");
  // When the simulated socket opens, JOIN is on its way for half a round trip.
  let joined = Infinity;
  ann.page.once("websocket", (socket) => socket.once("framesent", () => (joined = Date.now())));
  await ann.page.evaluate(() => {
    let lost = false;
    const times = { snapshot: 0, input: 0 };
    const look = (): void => {
      const { state, stats } = window.skirmish;
      lost ||= state === "reconnecting";
      const at = performance.timeOrigin + performance.now();
      if (lost && state === "playing") times.snapshot ||= at;
      // The room tells of inputs that have come, and how early for their tick.
      if (times.snapshot > 0 && (stats?.marginMs ?? -1) >= 0) times.input ||= at;
      if (times.input === 0) requestAnimationFrame(look);
      else Object.assign(window, { cameBack: times });
    };
    Object.assign(window, { cameBack: undefined });
    requestAnimationFrame(look);
  });
  await ann.page.locator("#sim-cut").evaluate((button) => (button as HTMLButtonElement).click());
  await ann.until((s) => s.state === "reconnecting", "was cut off");
  const after = await ann.until((s) => s.state === "playing" && s.reconnects === before.reconnects + 1, "is back");
  expect(after.playerId).toBe(before.playerId);
  const times = await ann.page
    .waitForFunction(() => (window as unknown as { cameBack?: { snapshot: number; input: number } }).cameBack)
    .then((handle) => handle.jsonValue());
  const opened = joined - rttMs / 2;
  return { snapshot: Math.round(times!.snapshot - opened), input: Math.round(times!.input - opened) };
}

test("after four seconds without a network the page plays on in its place, two round trips after its socket is open", async () => {
  await ann.setNetwork({ rttMs, jitterMs: 0, stalls: 0 });
  // A machine that does other work can be late once. A client that waits for more than it has to is late each time.
  let inTime = false;
  for (let round = 0; round < 3 && !inTime; round++) {
    const { snapshot, input } = await cutAndComeBack();
    console.log(`back after 4 s at ${rttMs} ms: snapshot ${snapshot} ms after the socket was open, word of an input in time ${input} ms`);
    // Word of the input takes half a round trip more than the input, and waits for two ticks and a picture.
    inTime = snapshot < 2 * rttMs && input < 2.5 * rttMs + 100;
  }
  expect(inTime).toBe(true);
});

test("the page had no error and kept its content security policy", () => expect(ann.complaints).toEqual([]));
