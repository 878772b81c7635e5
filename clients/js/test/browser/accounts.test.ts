import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { arena } from "../../demo/src/arena.gen.js";
import { launch, loadSdk } from "../support/browser.js";
import { DoorPlayer } from "../support/door.js";
import { startProvider, type TestProvider } from "../support/provider.js";
import { startServer, type TestServer } from "../support/server.js";

let folder: string;
let provider: TestProvider;
let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "skirmish-oidc-"));
  provider = await startProvider();
  const file = join(folder, "oidc.json");
  const known = { name: "olm", issuer: provider.issuer, client_id: "game", client_secret: "hidden" };
  writeFileSync(file, JSON.stringify({ providers: [known] }), { mode: 0o600 });
  server = await startServer("--oidc", file);
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  provider?.close();
  rmSync(folder, { recursive: true, force: true });
});

const who = (player: DoorPlayer) => player.page.locator("#who");
const words = (player: DoorPlayer) => player.page.locator("#account-words");

/** Plays a moment, so that there is a guest, and comes back to the door. */
async function beGuest(player: DoorPlayer): Promise<void> {
  await player.tab("Arena");
  await player.press("Play");
  await player.page.waitForFunction(() => window.skirmish.state === "playing");
  await player.page.locator("#leave").click();
  await player.tab("Account");
}

test("a player signs in at a provider, and is still signed in when the page is loaded again", async () => {
  const ann = await DoorPlayer.open(browser, server.url, "Ann", "Account");
  await ann.press("Sign in with olm");
  await who(ann).filter({ hasText: "You are Olga." }).waitFor({ state: "visible" });
  expect(ann.page.url()).not.toContain("#");
  await ann.page.reload();
  await who(ann).filter({ hasText: "You are Olga." }).waitFor({ state: "visible" });
  await ann.tab("Account");
  await ann.press("Sign out");
  await who(ann).waitFor({ state: "hidden" });
  expect(ann.complaints).toEqual([]);
});

test("a provider that refuses is said at the door", async () => {
  provider.person = undefined;
  const ben = await DoorPlayer.open(browser, server.url, "Ben", "Account");
  await ben.press("Sign in with olm");
  await words(ben).filter({ hasText: "did not confirm" }).waitFor({ state: "visible" });
  expect(ben.page.url()).not.toContain("#");
  expect(ben.complaints).toEqual([]);
});

test("a guest is kept with a provider, and comes back by it in another browser", async () => {
  provider.person = "person-2";
  const cid = await DoorPlayer.open(browser, server.url, "Cid");
  await beGuest(cid);
  await cid.press("Keep this guest with olm");
  await who(cid).filter({ hasText: "You are Cid." }).waitFor({ state: "visible" });
  const elsewhere = await DoorPlayer.open(browser, server.url, "Somebody", "Account");
  await elsewhere.press("Sign in with olm");
  await who(elsewhere).filter({ hasText: "You are Cid." }).waitFor({ state: "visible" });
  expect([cid.complaints, elsewhere.complaints]).toEqual([[], []]);
});

/** A password is hashed by a process that gives way to everything else on the machine. */
const hashing = 60_000;

test("a guest is kept with an e-mail address, whose link confirms it", { timeout: 3 * hashing }, async () => {
  const dan = await DoorPlayer.open(browser, server.url, "Dan");
  await beGuest(dan);
  await dan.page.getByLabel("E-mail").fill("dan@example.org");
  await dan.page.getByLabel("Password").fill("correct horse");
  await dan.page.getByRole("button", { name: "Keep this guest", exact: true }).click();
  await words(dan).filter({ hasText: "The link in the e-mail" }).waitFor({ timeout: hashing });
  const mails = join(server.data, "mail");
  await expect.poll(() => readdirSync(mails).length).toBe(1);
  const link = /http\S+#confirm=\S+/.exec(readFileSync(join(mails, readdirSync(mails)[0]!), "utf8"))![0];
  const elsewhere = await DoorPlayer.open(browser, server.url, "Somebody", "Account");
  const mail = await elsewhere.page.context().newPage();
  await mail.goto(link);
  await mail.getByRole("button", { name: "Confirm" }).click();
  await mail.getByText("Confirmed.").waitFor();
  await elsewhere.page.getByLabel("E-mail").fill("dan@example.org");
  await elsewhere.page.getByLabel("Password").fill("correct horse");
  await elsewhere.page.getByRole("button", { name: "Sign in", exact: true }).click();
  await who(elsewhere).filter({ hasText: "You are Dan." }).waitFor({ timeout: hashing });
  expect([dan.complaints, elsewhere.complaints]).toEqual([[], []]);
});

test("a room with a password is listed as locked, and opens to who knows it", async () => {
  const maker = await DoorPlayer.open(browser, server.url, "Eve", "Arena");
  await loadSdk(maker.page);
  await maker.page.evaluate(async (schema) => {
    const { Lobby, Room } = window.sdk;
    const lobby = new Lobby();
    await lobby.guest("Eve");
    const { id } = await lobby.createRoom("arena", { name: "Den", password: "sesame" });
    await Room.join(() => lobby.join(id, "sesame"), schema);
  }, arena);
  const fay = await DoorPlayer.open(browser, server.url, "Fay", "Arena");
  const line = fay.page.locator("#rooms li").filter({ hasText: "Den: 1 of" });
  await line.filter({ hasText: "locked" }).waitFor({ timeout: 20_000 });
  for (const [password, opens] of [
    ["wrong", false],
    ["sesame", true],
  ] as const) {
    await line.getByRole("button", { name: "Join" }).click();
    await fay.page.getByLabel("Password of Den").fill(password);
    await fay.page.keyboard.press("Enter");
    if (opens) await fay.page.waitForFunction(() => window.skirmish.state === "playing");
    else await fay.page.locator("#join-error").filter({ hasText: "not the password" }).waitFor();
  }
});
