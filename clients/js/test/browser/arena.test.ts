import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SeenShip } from "../../demo/src/hook.js";
import { launch, Player, type Seen } from "../support/browser.js";
import { hunt } from "../support/pilot.js";
import { startServer, type TestServer } from "../support/server.js";

let server: TestServer;
let browser: Browser;
let context: BrowserContext;
let ann: Player;
let ben: Player;

// Two tabs of one browser: they share cookies and yet are two guests.
beforeAll(async () => {
  server = await startServer();
  browser = await launch();
  context = await browser.newContext({ viewport: { width: 1000, height: 700 } });
  ann = await Player.join(context, server.url, "Ann <b>1</b>");
  ben = await Player.join(context, server.url, "Ben");
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const shipOf = (seen: Seen, name: string): SeenShip | undefined => seen.ships.find((s) => s.name === name);
const text = (player: Player, id: string) => player.page.locator(`#${id}`).innerText();

/** Waits until both pages see the ship of `name` in another place than before. */
async function bothSeeMove(name: string, before: SeenShip): Promise<void> {
  const moved = (seen: Seen) => {
    const ship = shipOf(seen, name);
    return ship !== undefined && Math.hypot(ship.x - before.x, ship.y - before.y) > 30;
  };
  await Promise.all([ann, ben].map((p) => p.until(moved, `${name}'s ship moved`)));
}

test("both tabs are in one room, as two guests", async () => {
  const both = (seen: Seen) => seen.ships.filter((s) => s.hp > 0).length === 2;
  const [a, b] = await Promise.all([ann, ben].map((p) => p.until(both, "has two ships")));
  expect(a!.roomId).toBe(b!.roomId);
  expect(a!.playerId).not.toBe(b!.playerId);
  await ben.page.waitForFunction(() => document.getElementById("score-rows")?.textContent?.includes("Ann <b>1</b>"));
  expect(await text(ben, "players")).toBe("2");
});

test("both have the map, fetched once and then out of the browser's cache", async () => {
  await Promise.all([ann, ben].map((p) => p.until((s) => s.places.includes("The Cradle"), "has the map")));
  const reloaded = await context.newPage();
  await reloaded.goto(server.url);
  const hash = createHash("sha256").update(readFileSync("../../game/arena/map.json")).digest("hex");
  const again = await reloaded.evaluate(async (url) => {
    const answer = await fetch(url);
    await answer.arrayBuffer();
    const [timing] = performance.getEntriesByName(new URL(url, location.href).href) as PerformanceResourceTiming[];
    return { status: answer.status, keep: answer.headers.get("Cache-Control"), transferred: timing?.transferSize };
  }, `/v1/assets/${hash}`);
  expect(again).toEqual({ status: 200, keep: "public, max-age=31536000, immutable", transferred: 0 });
  await reloaded.close();
});

test("both see both ships move", async () => {
  for (const player of [ann, ben]) {
    const before = (await player.until((s) => s.me !== undefined && s.me.hp > 0, "is alive")).me!;
    await player.hold("ArrowUp");
    await bothSeeMove(player.name, before);
    await player.hold();
  }
});

test("a shot hits, and the score changes on both", async () => {
  let hurt = 100;
  const killed = async () => {
    const [a, b] = await Promise.all([ann.see(), ben.see()]);
    hurt = Math.min(hurt, shipOf(b, "Ben")?.hp ?? 100);
    return (a.me?.score ?? 0) > 0;
  };
  await hunt(ann, (seen) => shipOf(seen, "Ben"), killed, 60_000);
  expect(hurt).toBeLessThan(100);
  const seen = await ben.until((s) => (shipOf(s, ann.name)?.score ?? 0) > 0, "sees Ann's score");
  expect(shipOf(seen, ann.name)!.score).toBe((await ann.see()).me!.score);
  await ann.page.waitForFunction(() => document.getElementById("score")?.textContent !== "0");
  // The line appears when what Ben draws gets to the shot, and goes again after a while.
  await ben.page.waitForFunction(() => document.getElementById("feed")?.textContent?.includes("shot Ben"));
  await ben.until((s) => s.me !== undefined && s.me.hp > 0, "lives again");
});

test("a spectator watches a room of the list, follows one and then the other, and is no player", async () => {
  const spectator = await Player.watch(context, server.url);
  const seen = await spectator.until((s) => s.ships.length === 2, "sees both ships");
  expect(seen.playerId).toBe(0);
  const watching = spectator.page.locator("#watching");
  await spectator.page.waitForFunction(() => document.getElementById("watching")?.textContent?.includes("Watching Ann <b>1</b>."));
  await spectator.page.keyboard.press("ArrowRight", { delay: 150 });
  await spectator.page.waitForFunction(() => document.getElementById("watching")?.textContent?.includes("Watching Ben."));
  expect(await watching.isVisible()).toBe(true);
  for (const id of ["hp", "chat-text"]) expect(await spectator.page.locator(`#${id}`).isVisible()).toBe(false);
  const listed = async () => (await fetch(`${server.url}/v1/rooms?game=arena`)).json();
  await expect.poll(listed, { timeout: 5000 }).toMatchObject({ rooms: [{ players: 2, watchers: 1 }] });
  const asked: string[] = [];
  spectator.page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  expect(server.cut("newest")).toBe(1);
  await spectator.until((s) => s.state === "playing" && s.reconnects === 1 && s.ships.length === 2, "watches again");
  expect(asked.filter((path) => path.endsWith("/spectate"))).toEqual([]);
  expect(await text(ann, "players")).toBe("2");
  await spectator.page.getByRole("button", { name: "Leave" }).click();
  await spectator.page.getByRole("button", { name: "Play" }).waitFor({ state: "visible" });
  expect(spectator.complaints).toEqual([]);
  await spectator.page.close();
});

test("what one says the other reads, as text", async () => {
  await ann.page.keyboard.press("Enter");
  await ann.page.keyboard.type("hello <i>you</i>");
  await ann.page.keyboard.press("Enter");
  await ben.page.waitForFunction(() => document.getElementById("feed")?.textContent?.includes("hello <i>you</i>"));
  expect(await ben.page.locator("#feed i").count()).toBe(0);
});

test("a dropped socket comes back by itself, as the same player of the same room", async () => {
  const before = await ben.until((s) => s.me !== undefined, "has a ship");
  expect(server.cut("newest")).toBe(1);
  await ben.until((s) => s.state === "reconnecting", "was dropped");
  await ben.page.locator("#banner").waitFor({ state: "visible" });
  const after = await ben.until((s) => s.state === "playing" && s.reconnects === 1, "is back");
  expect(after.roomId).toBe(before.roomId);
  expect(after.playerId).toBe(before.playerId);
  expect(after.ships.filter((s) => s.name === "Ben")).toHaveLength(1);
  await ben.page.locator("#banner").waitFor({ state: "hidden" });
  expect((await ann.see()).state).toBe("playing");

  const start = (await ben.until((s) => s.me !== undefined && s.me.hp > 0, "has a ship again")).me!;
  await ben.hold("ArrowUp");
  await bothSeeMove("Ben", start);
  await ben.hold();
});

test("the first tab stays the same guest over a reload, and no other tab becomes it", async () => {
  for (const player of [ann, ben]) {
    await player.hold();
    await player.page.reload();
    await player.play();
  }
  // Ann's tab was first and has the cookie; Ben's has none and becomes a new guest of his name.
  expect(ann.accounts).toEqual([ann.accounts[0], ann.accounts[0]]);
  expect(ben.accounts).toHaveLength(2);
  expect(new Set([...ann.accounts, ...ben.accounts]).size).toBe(3);
});

test("a server that was killed and started again gets its players back by itself, under their names", async () => {
  await server.restart();
  const both = (seen: Seen) => seen.state === "playing" && seen.ships.filter((s) => s.hp > 0).length === 2;
  const [a, b] = await Promise.all([ann, ben].map((p) => p.until((s) => s.reconnects > 0 && both(s), "is back", 30_000)));
  expect(a!.ships.map((s) => s.name).sort()).toEqual(["Ann <b>1</b>", "Ben"]);
  expect(a!.roomId).toBe(b!.roomId);
});

test("leaving takes the ship away and shows the door again", async () => {
  await ben.page.getByRole("button", { name: "Leave" }).click();
  await ben.page.getByRole("button", { name: "Play" }).waitFor({ state: "visible" });
  await ann.until((s) => shipOf(s, "Ben") === undefined, "is alone");
});

test("no page had an error or broke its content security policy", () => {
  expect(ann.complaints).toEqual([]);
  expect(ben.complaints).toEqual([]);
});
