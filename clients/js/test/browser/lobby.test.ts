import { AccountEvents, Lobby, type QueueStep } from "../../sdk/src/index.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer, type TestServer } from "../support/server.js";

let server: TestServer;
/** Statuses of answers, in order. */
const statuses: number[] = [];

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

/** The SDK against the real server, as a page of another origin uses it. */
function client(): Lobby {
  return new Lobby({
    baseURL: server.url,
    refresh: "memory",
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      statuses.push(response.status);
      return response;
    },
  });
}

async function guest(name: string): Promise<Lobby> {
  const lobby = client();
  await lobby.guest(name);
  return lobby;
}

/** What `wanted` waits for, or an error after a while. */
async function until(wanted: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 15_000;
  while (!wanted()) {
    if (Date.now() > end) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("the types know every game and mode that the server has", async () => {
  const config = await client().config();
  expect(config.games.map((g) => g.name)).toContain("draughts");
  expect(config.modes.find((m) => m.name === "draughts")).toMatchObject({ game: "draughts", readyS: 0 });
});

test("two who queue are matched into one room, and hear of it by events too", async () => {
  const lobbies = [await guest("Ann"), await guest("Ben")];
  const heard: unknown[][] = [[], []];
  const events = lobbies.map((lobby, i) => {
    const events = new AccountEvents(lobby);
    events.on("event", ({ kind, data }) => kind === "ticket" && heard[i]!.push((data as { state: string }).state));
    return events;
  });
  await Promise.all(events.map((e) => new Promise<void>((resolve) => e.on("open", () => resolve()))));
  const last = async (lobby: Lobby): Promise<QueueStep> => {
    let last: QueueStep | undefined;
    for await (const step of lobby.queue({ mode: "draughts" })) last = step;
    return last!;
  };
  const [a, b] = await Promise.all(lobbies.map(last));
  expect([a!.state, b!.state]).toEqual(["matched", "matched"]);
  expect(a!.roomId).toBe(b!.roomId);
  expect(await a!.seats!(undefined)).toMatchObject({ roomId: a!.roomId });
  await until(() => heard.every((h) => h.includes("matched")), "both hear of the match");
  for (const e of events) e.close();
});

test("a queue that is aborted leaves nothing behind", async () => {
  const lobby = await guest("Cas");
  const stop = new AbortController();
  const steps = lobby.queue({ mode: "draughts", signal: stop.signal });
  const first = await steps.next();
  expect(first.value).toMatchObject({ state: "queued", position: 1 });
  const next = steps.next();
  stop.abort(new Error("enough"));
  await expect(next).rejects.toThrow("enough");
  const ticket = await lobby.send<"getTicket">({ method: "GET", path: `/v1/tickets/${first.value!.id}` });
  expect(ticket).toMatchObject({ state: "cancelled", ended: "cancelled" });
});

test("events of before a restart are said to be lost, and new ones come", async () => {
  const lobby = await guest("Dan");
  const events = new AccountEvents(lobby);
  const heard: string[] = [];
  events.on("open", () => heard.push("open"));
  events.on("start-over", () => heard.push("start-over"));
  events.on("event", ({ kind }) => heard.push(kind));
  await until(() => heard.includes("open"), "the stream opens");
  await server.restart();
  await until(() => heard.includes("start-over"), "the restart is noticed");
  for await (const step of lobby.queue({ mode: "draughts" })) if (step.state === "queued") break;
  await until(() => heard.includes("ticket"), "an event after the restart");
  events.close();
});

test("an unchanged room list is an answer of no bytes", async () => {
  const lobby = client();
  const first = await lobby.rooms("arena");
  expect(await lobby.rooms("arena")).toBe(first);
  expect(statuses.at(-1)).toBe(304);
});

test("a private room is joined by its code, a locked one with its password, and rooms are found page by page", async () => {
  const [ann, ben] = [await guest("Ann"), await guest("Ben")];
  const secret = await ann.createRoom("arena", { private: true });
  expect(await ben.joinByCode(secret.code!.toLowerCase())).toMatchObject({ roomId: secret.id });
  const locked = await ann.createRoom("arena", { name: "Locked", password: "sesame" });
  await expect(ben.join(locked.id, "no")).rejects.toMatchObject({ status: 403 });
  expect(await ben.join(locked.id, "sesame")).toMatchObject({ roomId: locked.id });
  for (const name of ["Page one", "Page two"]) await ann.createRoom("arena", { name });
  const seen: string[] = [];
  await new Promise((resolve) => setTimeout(resolve, 1100)); // a listing is kept for a second
  for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
    const page = await ben.findRooms({ game: "arena", name: "page", limit: 1, ...(cursor === undefined ? {} : { cursor }) });
    expect(page.total).toBe(2);
    seen.push(...page.rooms.map((room) => room.name));
    cursor = page.next;
  }
  expect(seen.sort()).toEqual(["Page one", "Page two"]);
});

test("an account is registered, refreshes, and is left; a wrong password has its code", async () => {
  const lobby = client();
  const account = await lobby.register({ name: "Eve", email: "eve@example.org", password: "correct horse" });
  expect(await lobby.me()).toMatchObject({ playerId: account.playerId, name: "Eve", identities: [] });
  await expect(client().signIn("eve@example.org", "wrong horse")).rejects.toMatchObject({ status: 401, code: "login_refused" });
  await client().forgotPassword("eve@example.org");
  await lobby.signOut();
  expect(lobby.account).toBeUndefined();
  await expect(lobby.me()).rejects.toMatchObject({ status: 401 });
});
