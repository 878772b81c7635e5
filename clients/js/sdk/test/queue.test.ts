import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Lobby } from "../src/lobby/lobby.js";
import { browserTab } from "../src/lobby/tab.js";

const json = (value: unknown, status = 200, headers = {}) => new Response(JSON.stringify(value), { status, headers });
const ticket = (state: string, version: number, more = {}) => json({ id: "t 1", game: "draughts", state, version, ...more });

let seen: string[];
let answers: (Response | Error | (() => Response))[];

beforeEach(() => {
  seen = [];
  answers = [];
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => vi.useRealTimers());

/** A signed-in lobby. Requests about tickets get the planned answers; when there are none left they wait for ever. */
async function signedIn(): Promise<Lobby> {
  const lobby = new Lobby({
    fetch: (url, init) => {
      if (url === "/v1/auth/guest") return Promise.resolve(json({ player_id: "g1", access_token: "a", expires_in: 600 }));
      seen.push(`${init.method} ${url}`);
      if (init.method === "DELETE") return Promise.resolve(new Response(null, { status: 204 }));
      if (url.endsWith("/join")) return Promise.resolve(json({ url: "ws://again", room_id: "r1" }));
      const next = answers.shift();
      if (next instanceof Error) return Promise.reject(next);
      if (next !== undefined) return Promise.resolve(next instanceof Response ? next : next());
      return new Promise((_, reject) => init.signal!.addEventListener("abort", () => reject(init.signal!.reason as Error)));
    },
    tab: browserTab({ storage: undefined, locks: undefined }),
  });
  await lobby.guest("Ann");
  return lobby;
}

test("a queue tells each change once, and ends with seats for the match's room", async () => {
  const lobby = await signedIn();
  answers = [
    ticket("queued", 1, { position: 2 }),
    ticket("queued", 1, { position: 2 }),
    ticket("queued", 2, { position: 1, estimate_s: 20, reason: { cause: "players", found: 1, needed: 2 } }),
    ticket("matched", 4, { url: "ws://first", room_id: "r1" }),
  ];
  const steps = [];
  for await (const step of lobby.queue({ game: "draughts" })) steps.push(step);
  expect(steps.map((s) => `${s.state} ${s.position ?? ""}`)).toEqual(["queued 2", "queued 1", "matched "]);
  expect(seen[0]).toBe("POST /v1/tickets");
  expect(seen.at(-1)).toBe("GET /v1/tickets/t%201?wait=25&since=2");
  expect(steps[1]).toMatchObject({ estimateS: 20, reason: { cause: "players", needed: 2 } });
  const { seats } = steps.at(-1)!;
  expect(await seats!(undefined)).toEqual({ url: "ws://first", roomId: "r1" });
  // A seat is good once: after a lost connection there is another, in the same room.
  expect(await seats!({ url: "ws://first", roomId: "r1" })).toEqual({ url: "ws://again", roomId: "r1" });
});

test("a queue that is left leaves the queue of the server", async () => {
  const lobby = await signedIn();
  answers = [ticket("queued", 1, { position: 2 })];
  for await (const step of lobby.queue({ game: "draughts" })) if (step.state === "queued") break;
  expect(seen).toEqual(["POST /v1/tickets", "DELETE /v1/tickets/t%201"]);
});

test("a queue that is aborted while it waits leaves the queue of the server, and rejects with the reason", async () => {
  const lobby = await signedIn();
  const gone = new AbortController();
  answers = [ticket("queued", 1, { position: 2 })];
  const steps = lobby.queue({ game: "draughts", signal: gone.signal });
  await steps.next();
  const next = steps.next();
  await vi.waitFor(() => expect(seen).toHaveLength(2));
  gone.abort(new Error("changed my mind"));
  await expect(next).rejects.toThrow("changed my mind");
  expect(seen.at(-1)).toBe("DELETE /v1/tickets/t%201");
});

test("a queue outlives a lost network, and queues again when the server has forgotten the ticket", async () => {
  const lobby = await signedIn();
  answers = [
    ticket("queued", 1, { position: 2 }),
    new TypeError("no network"),
    json({ code: "no_ticket" }, 404),
    ticket("queued", 1, { position: 1 }),
    ticket("expired", 2),
  ];
  const states: string[] = [];
  const done = (async () => {
    for await (const step of lobby.queue({ game: "draughts" })) states.push(step.state);
  })();
  await vi.advanceTimersByTimeAsync(5_000);
  await done;
  expect(states).toEqual(["queued", "queued", "expired"]);
  expect(seen.filter((s) => s.startsWith("POST"))).toHaveLength(2);
});

test("a ready check is answered through its step", async () => {
  const lobby = await signedIn();
  answers = [
    ticket("ready", 3, { ready: { accepted: false, given: 0, players: 2 } }),
    ticket("ready", 4, { ready: { accepted: true, given: 1, players: 2 } }),
    ticket("ready", 4, { ready: { accepted: true, given: 1, players: 2 } }),
    ticket("matched", 5, { url: "ws://first", room_id: "r1" }),
  ];
  const states: string[] = [];
  for await (const step of lobby.queue({ mode: "duel" })) {
    states.push(step.state);
    if (step.state === "ready" && !step.ready!.accepted) await step.accept();
  }
  expect(states).toEqual(["ready", "ready", "matched"]);
  expect(seen[1]).toBe("POST /v1/tickets/t%201/accept");
});

test("a member of a party waits with the leader's ticket, and opens none", async () => {
  const lobby = await signedIn();
  answers = [ticket("queued", 1), json({ code: "no_ticket", detail: "gone" }, 404)];
  const steps = lobby.queue({ ticketId: "t 1" });
  expect((await steps.next()).value?.state).toBe("queued");
  await expect(steps.next()).rejects.toMatchObject({ code: "no_ticket" });
  expect(seen.filter((s) => s.startsWith("POST"))).toEqual([]);
});

test("a queue ends with the error when the server refuses", async () => {
  const lobby = await signedIn();
  answers = [json({ code: "no_matchmaking", detail: "the game takes no tickets" }, 422)];
  await expect(lobby.queue({ game: "arena" }).next()).rejects.toMatchObject({ code: "no_matchmaking" });
});
