import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch } from "../support/browser.js";
import { DoorPlayer } from "../support/door.js";
import { startServer, type TestServer } from "../support/server.js";

let modes: string;
let server: TestServer;
let browser: Browser;
let ann: DoorPlayer;
let ben: DoorPlayer;

beforeAll(async () => {
  modes = mkdtempSync(join(tmpdir(), "skirmish-modes-"));
  const pairs = { mode: "pairs", game: "arena", rules: { teams: 1, size: 2 } };
  writeFileSync(join(modes, "pairs.json"), JSON.stringify(pairs));
  server = await startServer("--modes", modes);
  browser = await launch();
  ann = await DoorPlayer.open(browser, server.url, "Ann", "Party");
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(modes, { recursive: true, force: true });
});

const members = (player: DoorPlayer) => player.page.locator("#party-members li");

test("a friend joins a party by its link", async () => {
  await ann.press("Make a party");
  const link = ann.page.locator("#party-link");
  await link.waitFor({ state: "visible" });
  const url = await link.inputValue();
  expect(url).toMatch(/\/#party=[A-Z2-7]{10}$/);
  ben = await DoorPlayer.open(browser, url, "Ben <i>2</i>", "Party");
  await ben.press("Join the party");
  for (const player of [ann, ben]) {
    await members(player).nth(1).waitFor();
    expect(await members(player).locator("span:first-child").allTextContents()).toEqual(["Ann", "Ben <i>2</i>"]);
  }
});

test("the leader can queue for all once the others are ready, and they play in one room", async () => {
  const queue = ann.page.getByRole("button", { name: "Queue for pairs" });
  expect(await queue.isDisabled()).toBe(true);
  await ben.press("I am ready");
  await queue.click();
  for (const player of [ann, ben]) await player.page.waitForFunction(() => window.skirmish.state === "playing");
  const rooms = await Promise.all([ann, ben].map((p) => p.page.evaluate(() => window.skirmish.roomId)));
  expect(rooms[0]).toBe(rooms[1]);
});

test("who leaves the party is gone from it, and no page had an error", async () => {
  for (const player of [ann, ben]) await player.page.locator("#leave").click();
  await ben.press("Leave the party");
  await ben.page.getByRole("button", { name: "Join the party" }).waitFor({ state: "visible" });
  await ann.page.waitForFunction(() => document.querySelectorAll("#party-members li").length === 1);
  expect([ann.complaints, ben.complaints]).toEqual([[], []]);
});
