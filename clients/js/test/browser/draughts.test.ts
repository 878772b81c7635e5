import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch } from "../support/browser.js";
import { DoorPlayer } from "../support/door.js";
import { startServer, type TestServer } from "../support/server.js";

let server: TestServer;
let browser: Browser;
let ann: DoorPlayer;
let ben: DoorPlayer;

// Two browsers: they share nothing.
beforeAll(async () => {
  server = await startServer();
  browser = await launch();
  ann = await DoorPlayer.open(browser, server.url, "Ann <b>1</b>");
  ben = await DoorPlayer.open(browser, server.url, "Ben");
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

test("who waits for an opponent sees it, and can stop", async () => {
  await ann.press("Find an opponent");
  await ann.page.locator("#queue-words").filter({ hasText: "You are number 1. Nobody else is looking yet." }).waitFor({ state: "visible" });
  await ann.press("Stop looking");
  await ann.page.getByRole("button", { name: "Find an opponent" }).waitFor({ state: "visible" });
});

test("two guests who look for an opponent are matched with each other", async () => {
  for (const player of [ann, ben]) await player.press("Find an opponent");
  await Promise.all([ann, ben].map((p) => p.page.locator("#board .may").or(p.status.filter({ hasText: "to move" })).first().waitFor()));
  const names = await ben.page.locator("#draughts-above b, #draughts-below b").allTextContents();
  expect(names.sort()).toEqual(["Ann <b>1</b>", "Ben"]);
  // Each sees itself below.
  expect(await ann.page.locator("#draughts-below b").textContent()).toBe("Ann <b>1</b>");
  expect(await ben.page.locator("#draughts-below b").textContent()).toBe("Ben");
});

test("they move in turn, and both see it", async () => {
  for (let i = 0; i < 6; i++) {
    await Promise.race([ann, ben].map((p) => p.reads("Your turn.")));
    const [mover, other] = (await ann.myTurn()) ? [ann, ben] : [ben, ann];
    const before = await other.position();
    await mover.move();
    await other.changes(before);
    expect(await other.position()).toBe(await mover.position());
  }
});

test("who resigns, asked twice, has lost, and both read it", async () => {
  await ben.press("Resign");
  await ben.press("Really resign?");
  await ann.reads("You have won: Ben has resigned.");
  await ben.reads("You have lost.");
});

/** What the server says of the match, without the browsers: the board, and the history of each player. */
async function standings() {
  const get = async <T>(path: string) => (await (await fetch(`${server.url}${path}`)).json()) as T;
  const { rows } = await get<{ rows: { player_id: string; name: string; matches: number; wins: number; rating: number }[] }>(
    "/v1/leaderboards/draughts",
  );
  const histories = await Promise.all(
    rows.map((row) => get<{ matches: { id: string; outcome: string; rating: object }[] }>(`/v1/matches?player=${row.player_id}`)),
  );
  return rows.map((row, i) => ({ ...row, history: histories[i]!.matches }));
}

test("both ratings and both histories have changed, once, and the players see it", async () => {
  for (const [player, sign] of [
    [ann, "+"],
    [ben, "−"],
  ] as const) {
    const rating = await player.page.locator("#draughts-rating").filter({ hasText: "Your rating" }).textContent();
    expect(rating).toContain(`(${sign}`);
  }
  const after = await standings();
  expect(after.map((p) => [p.name, p.matches, p.wins, p.history.map((m) => m.outcome)])).toEqual([
    [ann.name, 1, 1, ["win"]],
    ["Ben", 1, 0, ["loss"]],
  ]);
  expect(after[0]!.history[0]!.id).toBe(after[1]!.history[0]!.id);

  await ann.press("Back to the door");
  await ann.tab("Ranking");
  await ann.page.locator("#board-rows tr.me").filter({ hasText: "1 / 0" }).waitFor();
  expect(await ann.page.locator("#board-rows tr td:nth-child(2)").allTextContents()).toEqual([ann.name, "Ben"]);
  expect(await ann.page.locator("#history li").allTextContents()).toEqual([expect.stringContaining("Won against Ben")]);
});

test("a match against the computer begins at once", async () => {
  await ben.press("Back to the door");
  await ben.press("Against the computer");
  await ben.page.locator("#draughts-above b").filter({ hasText: "computer" }).waitFor();
  await ben.reads("Your turn.");
  const before = await ben.position();
  await ben.move();
  await ben.reads("Your turn.");
  expect(await ben.position()).not.toBe(before);
});

test("a server that is killed and started again has counted the match once", async () => {
  const before = await standings();
  await server.restart();
  expect(await standings()).toEqual(before);
});

test("no page had an error or broke its content security policy", () => {
  // The restart cuts streams and sockets, which the browser itself reports.
  const meant = /WebSocket|ERR_/;
  for (const player of [ann, ben]) expect(player.complaints.filter((words) => !meant.test(words))).toEqual([]);
});
