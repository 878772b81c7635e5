import { createHash } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import { Lobby, type LobbyOptions } from "../src/lobby/lobby.js";
import type { SignInPage } from "../src/lobby/provider-flow.js";
import { browserTab, type TabHost } from "../src/lobby/tab.js";

/** sessionStorage or localStorage. */
function storage() {
  const all = new Map<string, string>();
  return {
    all,
    getItem: (key: string) => all.get(key) ?? null,
    setItem: (key: string, value: string) => void all.set(key, value),
    removeItem: (key: string) => void all.delete(key),
  };
}

let here: string;
let left: URL | undefined;
let store: ReturnType<typeof storage>;
let shared: ReturnType<typeof storage>;
let sent: { readonly path: string; readonly body: Record<string, unknown> }[];
let player: string;
let refusal: Response | undefined;

beforeEach(() => {
  here = "https://host/play?x=1#y";
  left = undefined;
  [store, shared] = [storage(), storage()];
  [sent, player, refusal] = [[], "p1", undefined];
});

const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status });

async function answer(url: string, init: RequestInit): Promise<Response> {
  const path = new URL(url).pathname;
  sent.push({ path, body: JSON.parse((init.body as string | undefined) ?? "{}") as Record<string, unknown> });
  if (path === "/v1/auth/oidc") return json({ providers: ["google"] });
  if (path === "/v1/account") return json({ player_id: player, name: "Ann" });
  if (path === "/v1/account/identities") return refusal ?? new Response(null, { status: 204 });
  return json({ player_id: player, access_token: "a", expires_in: 600 });
}

/** The browser comes back from the provider. */
function back(said: string): void {
  here = `${left!.searchParams.get("return_to")}#${said}&challenge=${left!.searchParams.get("challenge")}`;
}

/** The page as it is loaded now; the tab's storage outlives it. */
function load(options: LobbyOptions = {}): Lobby {
  const page: SignInPage = {
    storage: store,
    address: () => here,
    leave: (address) => (left = new URL(address)),
    clean: () => (here = here.replace(/#.*/, "")),
  };
  const host: TabHost = { storage: store, shared, locks: undefined };
  return new Lobby({ baseURL: "https://host", fetch: answer, tab: browserTab(host), page, ...options });
}

test("a sign-in leaves for the provider, and the page that comes back redeems its code once", async () => {
  await load().signInWith("google");
  expect(left!.origin + left!.pathname).toBe("https://host/v1/auth/oidc/google/start");
  expect(left!.searchParams.get("return_to")).toBe("https://host/play");
  back("code=c1");
  const lobby = load();
  expect(await lobby.finishSignIn()).toEqual({ playerId: "p1", name: "Ann" });
  const { body } = sent.find((s) => s.path === "/v1/auth/oidc/redeem")!;
  expect(body["code"]).toBe("c1");
  const challenge = createHash("sha256").update(String(body["verifier"])).digest("base64url");
  expect(left!.searchParams.get("challenge")).toBe(challenge);
  expect(here).toBe("https://host/play");
  back("code=c1");
  expect(await load().finishSignIn()).toBeUndefined();
  expect((await load().restore())?.playerId).toBe("p1");
});

test("a code that the page has not asked for is left alone", async () => {
  here = "https://host/play#code=mallory";
  expect(await load().finishSignIn()).toBeUndefined();
  expect(here).toBe("https://host/play#code=mallory");
  expect(sent).toEqual([]);
});

test.each(["code=mallory", "error=refused", `code=mallory&challenge=${"A".repeat(43)}`])(
  "a link that somebody else has made does not end a sign-in: #%s",
  async (said) => {
    await load().signInWith("google");
    here = `https://host/play#${said}`;
    expect(await load().finishSignIn()).toBeUndefined();
    expect(here).toBe(`https://host/play#${said}`);
    back("code=c1");
    expect((await load().finishSignIn())?.playerId).toBe("p1");
    expect(sent.filter((s) => s.path === "/v1/auth/oidc/redeem").map((s) => s.body["code"])).toEqual(["c1"]);
  },
);

test.each([
  ["refused", 403, false],
  ["busy", 503, true],
  ["provider_unavailable", 503, true],
])("what the provider does not confirm is an error: %s", async (code, status, temporary) => {
  await load().signInWith("google", { returnTo: "https://host/other" });
  back(`error=${code}`);
  await expect(load().finishSignIn()).rejects.toMatchObject({ code, status, temporary });
  expect(await load().finishSignIn()).toBeUndefined();
});

test("a guest that links a provider comes back as the same player, an account from then on", async () => {
  const lobby = load();
  await lobby.guest("Ann");
  await lobby.linkWith("google");
  back("code=c2");
  const after = load();
  expect(await after.finishSignIn()).toEqual({ playerId: "p1", name: "Ann" });
  expect(sent.map((s) => s.path)).toEqual(["/v1/auth/guest", "/v1/auth/oidc", "/v1/auth/refresh", "/v1/account/identities"]);
  expect(sent.at(-1)!.body).toMatchObject({ code: "c2" });
  expect((await load().restore())?.playerId).toBe("p1");
});

test("a page that comes back as somebody else links nothing to them", async () => {
  const lobby = load();
  await lobby.guest("Ann");
  await lobby.linkWith("google");
  back("code=c3");
  player = "p2"; // the guest was lost meanwhile
  await expect(load().finishSignIn()).rejects.toMatchObject({ status: 401 });
  expect(sent.map((s) => s.path)).not.toContain("/v1/account/identities");
});

test("an identity that another account has leaves the guest a guest", async () => {
  const lobby = load();
  await lobby.guest("Ann");
  await lobby.linkWith("google");
  back("code=c4");
  refusal = json({ code: "identity_taken", detail: "taken" }, 409);
  await expect(load().finishSignIn()).rejects.toMatchObject({ status: 409, code: "identity_taken" });
  expect(await load().restore()).toBeUndefined();
});

test("a page that could not come back as the same player does not leave to link", async () => {
  const lobby = load({ refresh: "memory" });
  await expect(lobby.linkWith("google")).rejects.toMatchObject({ code: "another_player" });
  await lobby.guest("Ann");
  await expect(lobby.linkWith("google")).rejects.toMatchObject({ code: "another_player" });
  expect(left).toBeUndefined();
});

test("a page does not leave for a provider that the server does not have", async () => {
  const lobby = load();
  await lobby.guest("Ann");
  const unknown = { status: 404, code: "no_provider", message: 'The server has no provider "goggle"; it has: google.' };
  await expect(lobby.signInWith("goggle")).rejects.toMatchObject(unknown);
  await expect(lobby.linkWith("goggle")).rejects.toMatchObject(unknown);
  expect(left).toBeUndefined();
  expect(store.all.has("skirmish.provider")).toBe(false);
});

test("a guest sets an address, and a page of its own confirms it", async () => {
  const lobby = load();
  await lobby.guest("Ann");
  await lobby.setEmail("ann@example.org", "correct horse");
  await lobby.confirmEmail("t");
  await lobby.unlink("google");
  expect(sent.slice(1)).toEqual([
    { path: "/v1/account/email", body: { email: "ann@example.org", password: "correct horse" } },
    { path: "/v1/auth/confirm", body: { token: "t" } },
    { path: "/v1/account/identities/google", body: {} },
  ]);
});
