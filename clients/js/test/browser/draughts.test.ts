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

test("no page had an error or broke its content security policy", () => {
  // The restart cuts streams and sockets, which the browser itself reports.
  const meant = /WebSocket|ERR_/;
  for (const player of [ann, ben]) expect(player.complaints.filter((words) => !meant.test(words))).toEqual([]);
});
