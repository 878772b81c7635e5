import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, loadSdk } from "../support/browser.js";
import { certificate, startServer, type TestServer } from "../support/server.js";

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  server = await startServer();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

declare global {
  interface Window {
    /** What a test's tab has heard. */
    heard: { readonly versions: number[]; readonly kinds: string[]; opened: boolean };
    parties: InstanceType<typeof import("@skirmish-dev/sdk").Parties>;
  }
}

/** A tab of an account, and how often it has opened a stream of its own. */
class EventTab {
  readonly page: Page;
  streams = 0;

  private constructor(page: Page) {
    this.page = page;
    page.on("request", (request) => {
      if (new URL(request.url()).pathname === "/v1/events") this.streams++;
    });
  }

  /** Opens a tab that hears the events of the account that its browser is signed in to, or of a new one. */
  static async open(context: BrowserContext, url: string, shares = true): Promise<EventTab> {
    const tab = new EventTab(await context.newPage());
    await tab.page.goto(url);
    await loadSdk(tab.page);
    await tab.page.evaluate(async (shares) => {
      const { AccountEvents, Lobby, Parties } = window.sdk;
      const lobby = new Lobby();
      if ((await lobby.restore()) === undefined) await lobby.register({ name: "Ann", email: "ann@example.org", password: "correct horse" });
      window.parties = new Parties(lobby);
      const heard: Window["heard"] = (window.heard = { versions: [], kinds: [], opened: false });
      const events = shares
        ? new AccountEvents(lobby)
        : new AccountEvents(lobby, { locks: undefined, channel: undefined, random: Math.random });
      events.on("open", () => (heard.opened = true));
      events.on("start-over", () => heard.kinds.push("start-over"));
      events.on("end", ({ reason }) => heard.kinds.push(`end: ${reason}`));
      events.on("event", ({ kind, data }) => {
        heard.kinds.push(kind);
        if (kind === "party") heard.versions.push((data as { readonly version: number }).version);
      });
    }, shares);
    await tab.page.waitForFunction(() => window.heard.opened, undefined, { timeout: 60_000 });
    return tab;
  }

  /** Has the party change so often, each change an event, and returns the version of the last. */
  change(times: number): Promise<number> {
    return this.page.evaluate(async (times) => {
      let version = 0;
      for (let i = 0; i < times; i++) ({ version } = await window.parties.ready(i % 2 === 0));
      return version;
    }, times);
  }

  /** Every version that was heard, once the last one was. */
  async versions(last: number): Promise<readonly number[]> {
    await this.page.waitForFunction((last) => window.heard.versions.includes(last), last);
    const { versions, kinds } = await this.page.evaluate(() => window.heard);
    expect(kinds.every((kind) => kind === "party")).toBe(true);
    return versions;
  }
}

const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

test("tabs share one stream, and lose nothing when the tab that reads is closed", { timeout: 180_000 }, async () => {
  const context = await browser.newContext();
  const first = await EventTab.open(context, server.url);
  const second = await EventTab.open(context, server.url);
  const third = await EventTab.open(context, server.url);
  await third.page.evaluate(() => window.parties.create());
  let last = await third.change(5);
  for (const tab of [first, second, third]) expect(await tab.versions(last)).toEqual(upTo(last));
  expect([first.streams, second.streams, third.streams]).toEqual([1, 0, 0]);

  // Changes come while the tab that reads goes, and while nobody reads.
  const changing = third.change(40);
  await third.page.waitForFunction((from) => window.heard.versions.length > from + 5, last);
  await first.page.close();
  last = await changing;
  for (const tab of [second, third]) expect(await tab.versions(last)).toEqual(upTo(last));
  expect(second.streams + third.streams).toBe(1);
  await context.close();
});

test("ten tabs that each read a stream of their own go on over HTTP/2, and a game beside them", { timeout: 180_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "skirmish-tls-"));
  const secure = await startServer(...certificate(folder));
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  try {
    const tabs: EventTab[] = [];
    // A browser opens six connections of HTTP/1 to a server: the seventh tab would wait for ever.
    for (let i = 0; i < 10; i++) tabs.push(await EventTab.open(context, secure.url, false));
    await tabs[0]!.page.evaluate(() => window.parties.create());
    const last = await tabs[9]!.change(5);
    for (const tab of tabs) {
      expect(await tab.versions(last)).toEqual(upTo(last));
      expect(tab.streams).toBe(1);
    }
    const { page } = tabs[0]!;
    await page.bringToFront();
    await page.getByLabel("Your name").fill("Ann");
    await page.getByRole("button", { name: "Play" }).click();
    await page.waitForFunction(() => window.skirmish.state === "playing");
  } finally {
    await context.close();
    await secure.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
