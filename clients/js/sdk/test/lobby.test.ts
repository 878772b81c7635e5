import { beforeEach, describe, expect, test } from "vitest";
import { LobbyError } from "../src/errors/lobby-error.js";
import { Lobby, type LobbyOptions } from "../src/lobby/lobby.js";
import { browserTab, type TabHost } from "../src/lobby/tab.js";
import { fromWire, toWire } from "../src/lobby/wire-names.js";

/** A server with one cookie jar, which all tabs of a browser share. */
class FakeServer {
  now = 0;
  guests = 0;
  /** The guest whose refresh token is in the browser's cookie. */
  cookie: string | undefined;
  readonly seen: {
    readonly path: string;
    readonly body: Record<string, unknown>;
    readonly token: string | null;
    readonly cookies: boolean;
  }[] = [];
  readonly answers: Response[] = [];

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const path = url.replace("https://host", "");
    const body = JSON.parse((init.body as string | undefined) ?? "{}") as Record<string, unknown>;
    const token = new Headers(init.headers).get("Authorization");
    const cookies = init.credentials === "same-origin";
    this.seen.push({ path, body, token, cookies });
    const planned = this.answers.shift();
    if (planned !== undefined) return planned;
    if (path === "/v1/auth/guest") {
      const id = `g${++this.guests}`;
      if (cookies) this.cookie = id;
      return session(id, body["transport"] === "body");
    }
    if (path === "/v1/auth/refresh") {
      const who = cookies ? this.cookie : (body["refresh_token"] as string | undefined)?.slice(2);
      return who === undefined ? problem(401, "sign in again") : session(who, !cookies);
    }
    if (path === "/v1/auth/login" || path === "/v1/auth/register") {
      if (body["password"] !== "right") return problem(401, "e-mail and password do not fit together", {}, "login_refused");
      if (cookies) this.cookie = "acc";
      return session("acc", body["transport"] === "body");
    }
    if (path === "/v1/auth/logout") {
      this.cookie = undefined;
      return new Response(null, { status: 204 });
    }
    if (path === "/v1/account") return json({ player_id: "acc", name: "Ann" });
    if (path.endsWith("/join") || path.endsWith("/spectate") || path === "/v1/quickjoin") return json({ url: "wss://host/v1/play?seat=s", room_id: "r9" });
    return problem(404, "no such thing");
  };

  paths(): string[] {
    return this.seen.map((s) => s.path);
  }
}

const json = (value: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(value), { status, headers });
const problem = (status: number, detail: string, headers = {}, code = "a_code") => json({ title: "x", detail, code }, status, headers);
const session = (id: string, token: boolean) =>
  json({ player_id: id, access_token: `a-${id}`, expires_in: 600, ...(token ? { refresh_token: `r-${id}` } : {}) });

/** Web Locks of one browser. */
class FakeLocks {
  readonly #held = new Set<string>();
  readonly #waiting = new Map<string, (() => void)[]>();

  request = (async (name: string, a: unknown, b?: () => Promise<unknown>) => {
    const run = (b ?? a) as () => Promise<unknown>;
    const { signal } = (b === undefined ? {} : a) as LockOptions;
    if (this.#held.has(name)) {
      await new Promise<void>((resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason as Error));
        this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), resolve]);
      });
    }
    this.#held.add(name);
    try {
      return await run();
    } finally {
      this.release(name);
    }
  }) as unknown as LockManager["request"];

  release(name = "skirmish.tab"): void {
    this.#held.delete(name);
    this.#waiting.get(name)?.shift()?.();
  }
}

/** sessionStorage of one tab, or localStorage of the browser. */
function storage(from: Record<string, string> = {}): NonNullable<TabHost["storage"]> & { readonly all: Record<string, string> } {
  const all = { ...from };
  return {
    all,
    getItem: (key) => all[key] ?? null,
    setItem: (key, value) => void (all[key] = value),
    removeItem: (key) => void delete all[key],
  };
}

let server: FakeServer;
let locks: FakeLocks;
let shared: ReturnType<typeof storage>;

beforeEach(() => {
  server = new FakeServer();
  locks = new FakeLocks();
  shared = storage();
});

/** The lobby of a new tab of that browser; `store` is its sessionStorage. */
function tab(store = storage(), options: LobbyOptions & { withLocks?: boolean } = {}): Lobby {
  const host: TabHost = { storage: store, shared, locks: options.withLocks === false ? undefined : locks };
  return new Lobby({ baseURL: "https://host", fetch: server.fetch, now: () => server.now, tab: browserTab(host), ...options });
}

describe("where there is no page", () => {
  test("a missing baseURL is said", async () => {
    await expect(tab(storage(), { baseURL: "", fetch: globalThis.fetch }).guest("Ann")).rejects.toMatchObject({
      message: "Give baseURL: there is no page.",
      status: 0,
    });
  });
});

describe("a guest", () => {
  test("signs in, and joins with the token", async () => {
    const lobby = tab();
    expect(await lobby.guest(" Ann ")).toEqual({ playerId: "g1", name: "Ann" });
    expect(await lobby.quickJoin("arena")).toEqual({ url: "wss://host/v1/play?seat=s", roomId: "r9" });
    expect(server.seen[1]).toMatchObject({
      path: "/v1/quickjoin",
      body: { game: "arena" },
      token: "Bearer a-g1",
      cookies: false,
    });
  });

  test("stays the same after a reload", async () => {
    const store = storage();
    await tab(store).guest("Ann");
    locks.release();
    expect((await tab(storage(store.all)).guest("Ann")).playerId).toBe("g1");
    expect(server.paths()).toEqual(["/v1/auth/guest", "/v1/auth/refresh"]);
  });

  test("is a new one after a reload with another name", async () => {
    const store = storage();
    await tab(store).guest("Ann");
    locks.release();
    expect((await tab(storage(store.all)).guest("Bob")).playerId).toBe("g2");
  });

  test("keeps no token in storage", async () => {
    const store = storage();
    await tab(store).guest("Ann");
    expect(Object.values(store.all).join()).toBe('{"playerId":"g1","name":"Ann"}');
  });

  test("refreshes before the token ends, once for all requests that wait", async () => {
    const lobby = tab();
    await lobby.guest("Ann");
    server.now = 575_000;
    await Promise.all([lobby.quickJoin("arena"), lobby.quickJoin("arena"), lobby.join("r1")]);
    expect(server.paths().filter((p) => p === "/v1/auth/refresh")).toHaveLength(1);
    expect(lobby.account?.playerId).toBe("g1");
  });

  test("whose token is refused early refreshes once and asks again", async () => {
    const lobby = tab();
    await lobby.guest("Ann");
    server.answers.push(problem(401, "expired"));
    await lobby.quickJoin("arena");
    expect(server.paths()).toEqual(["/v1/auth/guest", "/v1/quickjoin", "/v1/auth/refresh", "/v1/quickjoin"]);
  });

  test("whose account is gone becomes a new one of the same name", async () => {
    const lobby = tab();
    await lobby.guest("Ann");
    server.now = 600_000;
    server.cookie = undefined;
    await lobby.quickJoin("arena");
    expect(lobby.account).toEqual({ playerId: "g2", name: "Ann" });
  });

  test("is not replaced because the server is down", async () => {
    const lobby = tab();
    await lobby.guest("Ann");
    server.now = 600_000;
    server.answers.push(problem(503, "later"));
    await expect(lobby.quickJoin("arena")).rejects.toMatchObject({ status: 503 });
    expect(server.guests).toBe(1);
  });
});

describe("a second tab", () => {
  test("is a second guest and leaves the first one's cookie alone", async () => {
    const first = tab();
    const second = tab();
    await first.guest("Ann");
    expect((await second.guest("Ann")).playerId).toBe("g2");
    expect(server.cookie).toBe("g1");
    server.now = 600_000;
    await first.quickJoin("arena");
    expect(first.account?.playerId).toBe("g1");
  });

  test("becomes a new guest of its name when its token ends", async () => {
    const first = tab();
    const second = tab();
    await first.guest("Ann");
    await second.guest("Bob");
    server.now = 600_000;
    await second.quickJoin("arena");
    expect(second.account).toEqual({ playerId: "g3", name: "Bob" });
    expect(server.cookie).toBe("g1");
  });

  test("that was duplicated does not come back as the first", async () => {
    const store = storage();
    await tab(store).guest("Ann");
    expect((await tab(storage(store.all)).guest("Ann")).playerId).toBe("g2");
  });

  test("without Web Locks takes the cookie, and the first one notices", async () => {
    const first = tab(storage(), { withLocks: false });
    const second = tab(storage(), { withLocks: false });
    await first.guest("Ann");
    await second.guest("Bob");
    expect(server.cookie).toBe("g2");
    server.now = 600_000;
    await first.quickJoin("arena");
    expect(first.account).toEqual({ playerId: "g3", name: "Ann" });
  });

  test("works where storage is blocked", async () => {
    const blocked: TabHost = { storage: undefined, locks };
    const lobby = new Lobby({ baseURL: "https://host", fetch: server.fetch, tab: browserTab(blocked) });
    expect((await lobby.guest("Ann")).playerId).toBe("g1");
  });
});

describe("an account", () => {
  test("is one player in all tabs, and each has a token of its own", async () => {
    await tab().signIn("ann@example.org", "right");
    const second = tab();
    expect(await second.restore()).toEqual({ playerId: "acc", name: "Ann" });
    await second.quickJoin("arena");
    expect(server.seen.at(-1)!.token).toBe("Bearer a-acc");
    expect(Object.values(shared.all).join()).toBe('{"playerId":"acc","name":"Ann"}');
  });

  test("that cannot be opened tells why by its code, and nobody is signed in", async () => {
    const lobby = tab();
    await expect(lobby.signIn("ann@example.org", "wrong")).rejects.toMatchObject({ status: 401, code: "login_refused" });
    expect(lobby.account).toBeUndefined();
    expect(await tab().restore()).toBeUndefined();
  });

  test("is refreshed by one tab at a time", async () => {
    await tab().signIn("ann@example.org", "right");
    let under = 0;
    let most = 0;
    const slow = async (url: string, init: RequestInit) => {
      if (!url.endsWith("/refresh")) return server.fetch(url, init);
      most = Math.max(most, ++under);
      await Promise.resolve();
      const answer = await server.fetch(url, init);
      under--;
      return answer;
    };
    await Promise.all([1, 2, 3].map(() => tab(storage(), { fetch: slow }).restore()));
    expect(most).toBe(1);
  });

  test("that is signed out elsewhere is not replaced by a guest", async () => {
    const lobby = tab();
    await lobby.signIn("ann@example.org", "right");
    server.cookie = undefined;
    server.now = 600_000;
    await expect(lobby.quickJoin("arena")).rejects.toMatchObject({ status: 401 });
    expect(server.guests).toBe(0);
    expect(lobby.account).toBeUndefined();
    expect(await tab().restore()).toBeUndefined();
  });

  test("keeps its cookie when a guest of another tab lives on", async () => {
    const guest = tab();
    await guest.guest("Bob");
    await tab().signIn("ann@example.org", "right");
    server.now = 600_000;
    await guest.quickJoin("arena");
    expect(guest.account).toEqual({ playerId: "g2", name: "Bob" });
    expect(server.cookie).toBe("acc");
  });

  test("signs out in all tabs", async () => {
    const lobby = tab();
    await lobby.signIn("ann@example.org", "right");
    await lobby.signOut();
    expect(server.seen.at(-1)).toMatchObject({ path: "/v1/auth/logout", cookies: true });
    expect(lobby.account).toBeUndefined();
    expect(await tab().restore()).toBeUndefined();
  });

  test("of a game on another origin lives in memory", async () => {
    const lobby = tab(storage(), { refresh: "memory" });
    await lobby.signIn("ann@example.org", "right");
    server.now = 600_000;
    await lobby.quickJoin("arena");
    expect(server.seen.find((s) => s.path === "/v1/auth/refresh")).toMatchObject({ body: { refresh_token: "r-acc" }, cookies: false });
    expect(shared.all).toEqual({});
  });
});

test("a room list that has not changed is the same list, and is asked for with its ETag", async () => {
  const asked: (string | null)[] = [];
  let tag = '"one"';
  const lobby = tab(storage(), {
    fetch: (_url, init) => {
      const has = new Headers(init.headers).get("If-None-Match");
      asked.push(has);
      if (has === tag) return Promise.resolve(new Response(null, { status: 304 }));
      return Promise.resolve(json({ rooms: [{ id: tag, max_players: 8 }] }, 200, { ETag: tag }));
    },
  });
  const first = await lobby.rooms("arena");
  expect(first).toEqual([{ id: '"one"', maxPlayers: 8 }]);
  expect(await lobby.rooms("arena")).toBe(first);
  tag = '"two"';
  expect((await lobby.rooms("arena"))[0]!.id).toBe('"two"');
  expect(asked).toEqual([null, '"one"', '"one"']);
});

test("rooms are found by filter, joined with a password or by code, and made with what their creator says", async () => {
  const lobby = tab();
  await lobby.guest("Ann");
  server.answers.push(json({ rooms: [], next: "c", total: 9 }), json({ id: "r1", code: "ABC" }));
  expect(await lobby.findRooms({ game: "arena", free: 2, name: "a b", sort: "players" })).toMatchObject({ next: "c", total: 9 });
  expect(await lobby.createRoom("arena", { private: true, metadata: { the_map: "x" } })).toMatchObject({ code: "ABC" });
  await lobby.join("r 1", "secret");
  await lobby.joinByCode("abc");
  await lobby.spectate("r1", "secret");
  expect(server.seen.slice(1).map(({ path, body }) => [path, body])).toEqual([
    ["/v1/rooms?game=arena&free=2&name=a+b&sort=players", {}],
    ["/v1/rooms", { game: "arena", private: true, metadata: { the_map: "x" } }],
    ["/v1/rooms/r%201/join", { password: "secret" }],
    ["/v1/rooms/join", { code: "abc" }],
    ["/v1/rooms/r1/spectate", { password: "secret" }],
  ]);
});

test("what a game puts into an answer or a request is passed on as it is", () => {
  const wire = { room_id: "r", list: [{ max_players: 2 }], options: { my_key: { an_other: 1 } } };
  const here = { roomId: "r", list: [{ maxPlayers: 2 }], options: { my_key: { an_other: 1 } } };
  expect(fromWire(wire)).toEqual(here);
  expect(toWire(here)).toEqual(wire);
});

test("a game on another origin keeps its refresh token in memory and uses no cookie", async () => {
  const store = storage();
  const lobby = tab(store, { refresh: "memory" });
  await lobby.guest("Ann");
  server.now = 600_000;
  await lobby.quickJoin("arena");
  expect(server.seen[1]).toMatchObject({ path: "/v1/auth/refresh", body: { refresh_token: "r-g1" }, cookies: false });
  expect(server.seen.some((s) => s.cookies)).toBe(false);
  expect(store.all).toEqual({});
});

describe("seats", () => {
  const before = { url: "wss://old", roomId: "r 1" };

  test("come from the room before, if it still has one", async () => {
    const lobby = tab();
    await lobby.guest("Ann");
    await lobby.seats("arena")(before);
    expect(server.paths().at(-1)).toBe("/v1/rooms/r%201/join");
  });

  test("to watch a room are asked for by themselves", async () => {
    const lobby = tab();
    await lobby.guest("Ann");
    expect(await lobby.spectate("r 1")).toEqual({ url: "wss://host/v1/play?seat=s", roomId: "r9" });
    expect(server.paths().at(-1)).toBe("/v1/rooms/r%201/spectate");
  });

  test.each([404, 409])("come from any room when that one answers %d", async (status) => {
    const lobby = tab();
    await lobby.guest("Ann");
    server.answers.push(problem(status, "gone"));
    await lobby.seats("arena")(before);
    expect(server.paths().at(-1)).toBe("/v1/quickjoin");
  });
});

describe("a refusal", () => {
  test("carries the server's words, status and Retry-After", async () => {
    server.answers.push(problem(429, "too many sign-ins", { "Retry-After": "3" }));
    const error = await tab()
      .guest("Ann")
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(LobbyError);
    expect(error).toMatchObject({ status: 429, code: "a_code", message: "too many sign-ins", retryAfterMs: 3000, temporary: true });
  });

  test("of a field carries what is wrong with each, and says the first unless the server's words do", async () => {
    const errors = [
      { location: "body.nam", message: "unexpected property" },
      { location: "body.mode", message: "expected string" },
    ];
    const refused = (detail: string) => json({ title: "x", detail, code: "invalid", errors }, 422);
    server.answers.push(refused("validation failed"), refused("unexpected property nam"));
    const message = "validation failed: body.nam unexpected property";
    await expect(tab().guest("Ann")).rejects.toMatchObject({ message, errors });
    await expect(tab().guest("Ann")).rejects.toMatchObject({ message: "unexpected property nam", errors });
  });

  test("without words is still said in words", async () => {
    server.answers.push(new Response("<html>", { status: 502 }));
    await expect(tab().guest("Ann")).rejects.toThrow("The server answered 502.");
  });

  test("by silence has status 0", async () => {
    const lobby = new Lobby({
      fetch: () => Promise.reject(new TypeError("failed")),
      tab: browserTab({ storage: undefined, locks: undefined }),
    });
    await expect(lobby.guest("Ann")).rejects.toMatchObject({ status: 0, temporary: true });
  });

  test("of an answer without a token is an error, not an empty session", async () => {
    server.answers.push(json({ player_id: "g1" }));
    await expect(tab().guest("Ann")).rejects.toThrow("no accessToken");
  });
});
