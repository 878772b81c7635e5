import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch } from "../support/browser.js";
import { startServer, type TestServer } from "../support/server.js";

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

/** The reference as somebody sees it, and what the browser has to complain about: broken content security rules among it. */
async function open(options: BrowserContextOptions = {}, path = "/docs"): Promise<{ page: Page; complaints: string[] }> {
  const page = await (await browser.newContext(options)).newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => complaints.push(message.text()));
  await page.goto(server.url + path);
  return { page, complaints };
}

const shown = (page: Page) => page.locator("article:visible").count();

test("the filter leaves what has all the words, and gives everything back", async () => {
  const { page, complaints } = await open();
  const all = await shown(page);
  expect(all).toBeGreaterThan(40);
  await page.keyboard.press("/");
  await page.keyboard.type("party not_leader");
  const some = await shown(page);
  expect(some).toBeGreaterThan(0);
  expect(some).toBeLessThan(10);
  expect(await page.locator("output").textContent()).toBe(`${some} of ${all} operations`);
  expect(await page.locator("nav li[data-for]:visible").count()).toBe(some);
  await page.keyboard.press("Escape");
  expect(await shown(page)).toBe(all);
  expect(complaints).toEqual([]);
});

test("it is whole without JavaScript", async () => {
  const { page } = await open({ javaScriptEnabled: false });
  expect(await shown(page)).toBeGreaterThan(40);
  expect(await page.locator("input:visible").count()).toBe(0);
  await page.locator("nav a[href='#joinRoom']").click();
  await expect.poll(() => page.url()).toContain("#joinRoom");
});

test("a phone shows it without scrolling sideways", async () => {
  const { page } = await open({ viewport: { width: 360, height: 740 } });
  const wide = await page.evaluate("document.documentElement.scrollWidth");
  expect(wide).toBeLessThanOrEqual(360);
});

test("a link to an operation leads to it, past a filter that hides it", async () => {
  const { page } = await open({}, "/docs#createTicket");
  await page.keyboard.press("/");
  await page.keyboard.type("moderation");
  expect(await page.locator("#createTicket").isVisible()).toBe(false);
  await page.evaluate("location.hash = '#listRooms'");
  await expect.poll(() => page.locator("#listRooms").isVisible()).toBe(true);
});

test("it is dark where the browser is", async () => {
  const background = async (colorScheme: "light" | "dark") => {
    const { page } = await open({ colorScheme });
    return page.evaluate("getComputedStyle(document.body).backgroundColor");
  };
  expect(await background("dark")).not.toBe(await background("light"));
});

test("the start page leads to it", async () => {
  const { page } = await open({}, "/");
  await page.locator("a", { hasText: "REST reference" }).click();
  await expect.poll(() => page.locator("h1").textContent()).toContain("Skirmish lobby");
});
