import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AccountEvents, type Channel, type EventsHost } from "../src/lobby/account-events.js";
import { BlockReader } from "../src/lobby/event-stream.js";
import { Lobby } from "../src/lobby/lobby.js";
import { browserTab } from "../src/lobby/tab.js";

/** One stream that the page has opened. */
interface Opened {
  /** The Last-Event-ID that it was opened with. */
  readonly from: string | null;
  say(text: string): void;
  end(): void;
  gone: boolean;
}

let opened: Opened[];
/** Answers instead of streams, in order. */
let refusals: Response[];
/** All that the tabs of one browser share. */
let channels: Map<string, Set<Channel>>;
let held: Map<string, Promise<unknown>>;

const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status });

beforeEach(() => {
  [opened, refusals, channels, held] = [[], [], new Map(), new Map()];
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => vi.useRealTimers());

function fetchIt(url: string, init: RequestInit): Promise<Response> {
  if (url === "/v1/auth/guest") return Promise.resolve(json({ player_id: "g1", access_token: "a", expires_in: 600 }));
  if (url !== "/v1/events") return Promise.resolve(json({ code: "gone" }, 401));
  const refused = refusals.shift();
  if (refused !== undefined) return Promise.resolve(refused);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const stream: Opened = {
        from: new Headers(init.headers).get("Last-Event-ID"),
        say: (text) => controller.enqueue(new TextEncoder().encode(text)),
        end: () => controller.close(),
        gone: false,
      };
      init.signal!.addEventListener("abort", () => {
        if (!stream.gone) controller.error(init.signal!.reason);
        stream.gone = true;
      });
      opened.push(stream);
    },
  });
  return Promise.resolve(new Response(body));
}

/** Web Locks and BroadcastChannel of the browser that all tabs of a test are in. */
const host: EventsHost = {
  random: () => 0.5,
  locks: {
    request: (async (name: string, { signal }: LockOptions, run: () => Promise<unknown>) => {
      const before = held.get(name);
      const turn = (async () => {
        await before?.catch(() => {});
        if (signal?.aborted) throw signal.reason as Error;
        return run();
      })();
      held.set(name, turn);
      return turn;
    }) as unknown as LockManager["request"],
  },
  channel: (name) => {
    const all = channels.get(name) ?? new Set();
    channels.set(name, all);
    const channel: Channel = {
      onmessage: null,
      postMessage: (data) => {
        for (const other of all) if (other !== channel) queueMicrotask(() => other.onmessage?.({ data } as MessageEvent));
      },
      close: () => all.delete(channel),
    };
    all.add(channel);
    return channel;
  },
};

/** A tab that is signed in and reads; `said` is what it was told. */
async function tab(how: Partial<EventsHost> = {}) {
  const lobby = new Lobby({ fetch: fetchIt, tab: browserTab({ storage: undefined, locks: undefined }) });
  await lobby.guest("Ann");
  const events = new AccountEvents(lobby, { ...host, ...how });
  const said: string[] = [];
  events.on("event", ({ kind, data }) => said.push(`${kind} ${JSON.stringify(data)}`));
  events.on("start-over", () => said.push("start-over"));
  events.on("end", ({ reason }) => said.push(`end ${reason}`));
  return { events, said };
}

const settled = () => vi.advanceTimersByTimeAsync(0);
const block = (id: string, kind: string, data: string) => `id: ${id}\nevent: ${kind}\ndata: ${data}\n\n`;

/** The stream that was opened last, once there are `n`. */
async function stream(n: number): Promise<Opened> {
  await settled();
  expect(opened).toHaveLength(n);
  return opened[n - 1]!;
}

describe("events", () => {
  test("are told as they come, in camel case", async () => {
    const { said } = await tab();
    (await stream(1)).say(`id: e-1\n\n: still here\n\n${block("e-2", "ticket", '{"room_id":"r1"}')}`);
    await settled();
    expect(said).toEqual(['ticket {"roomId":"r1"}']);
    expect(opened[0]!.from).toBeNull();
  });

  test("go on where they were when the stream is lost", async () => {
    const { said } = await tab();
    (await stream(1)).say(`id: e-1\n\n${block("e-2", "n", "1")}`);
    await settled();
    opened[0]!.end();
    await vi.advanceTimersByTimeAsync(500);
    const second = await stream(2);
    expect(second.from).toBe("e-2");
    second.say(`id: e-2\n\n${block("e-3", "n", "2")}`);
    await settled();
    expect(said).toEqual(["n 1", "n 2"]);
  });

  test("go on from the first cursor when nothing has happened yet", async () => {
    await tab();
    (await stream(1)).say("id: e-1\n\n");
    await settled();
    opened[0]!.end();
    await vi.advanceTimersByTimeAsync(500);
    expect((await stream(2)).from).toBe("e-1");
  });

  test("say when some are lost, and go on from there", async () => {
    const { said } = await tab();
    (await stream(1)).say(block("f-9", "start-over", "null"));
    await settled();
    expect(said).toEqual(["start-over"]);
    opened[0]!.end();
    await vi.advanceTimersByTimeAsync(500);
    expect((await stream(2)).from).toBe("f-9");
  });

  test("are asked for again when the server has fallen silent", async () => {
    await tab();
    (await stream(1)).say("id: e-1\n\n");
    for (let i = 0; i < 4; i++) {
      await vi.advanceTimersByTimeAsync(15_000);
      opened[0]!.say(": still here\n\n");
    }
    await stream(1);
    await vi.advanceTimersByTimeAsync(41_000);
    await stream(2);
    expect(opened[0]!.gone).toBe(true);
  });

  test("wait as long as the server asks for", async () => {
    refusals = [new Response("{}", { status: 503, headers: { "Retry-After": "5" } })];
    await tab();
    await vi.advanceTimersByTimeAsync(4900);
    await stream(0);
    await vi.advanceTimersByTimeAsync(1000);
    await stream(1);
  });

  test("open the next stream at once when the life of one is over", async () => {
    await tab();
    (await stream(1)).say('id: e-1\n\nevent: bye\ndata: {"reason":"lifetime"}\n\n');
    await vi.advanceTimersByTimeAsync(1);
    expect((await stream(2)).from).toBe("e-1");
  });

  test.each(["replaced", "signed-out"])("end for good when the server says %s", async (reason) => {
    const { said } = await tab();
    (await stream(1)).say(`event: bye\ndata: {"reason":"${reason}"}\n\n`);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(said).toEqual([`end ${reason}`]);
    await stream(1);
  });

  test("end with the stream when they are closed", async () => {
    const { events } = await tab();
    await stream(1);
    events.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect((await stream(1)).gone).toBe(true);
  });
});

describe("tabs of one account", () => {
  test("share a stream", async () => {
    const [first, second] = [await tab(), await tab()];
    (await stream(1)).say(`id: e-1\n\n${block("e-2", "n", "1")}`);
    await settled();
    expect([first.said, second.said]).toEqual([["n 1"], ["n 1"]]);
  });

  test("go on where the one that read has ended, and lose or repeat nothing", async () => {
    const first = await tab();
    (await stream(1)).say("id: e-1\n\n");
    // It comes later and hears no event before the first is gone: the place it has to know all the same.
    const second = await tab();
    await settled();
    first.events.close();
    const next = await stream(2);
    expect(next.from).toBe("e-1");
    next.say(block("e-2", "n", "1"));
    await settled();
    expect([first.said, second.said]).toEqual([[], ["n 1"]]);
  });

  test("do not go back because of what a tab that is gone has said late", async () => {
    const first = await tab();
    (await stream(1)).say(`id: e-1\n\n${block("e-2", "n", "1")}`);
    const second = await tab();
    await settled();
    first.events.close();
    (await stream(2)).say(block("e-3", "n", "2"));
    await settled();
    for (const [, tabs] of channels)
      for (const t of tabs) t.onmessage?.({ data: { what: "event", cursor: "e-2", event: { kind: "n", data: 1 } } } as MessageEvent);
    expect(second.said).toEqual(["n 2"]);
    opened[1]!.end();
    await vi.advanceTimersByTimeAsync(500);
    expect((await stream(3)).from).toBe("e-3");
  });

  test("each read where tabs cannot share", async () => {
    await tab({ locks: undefined });
    await tab({ channel: undefined });
    await stream(2);
  });
});

test("a stream is the same in whatever pieces it comes", () => {
  const text = `id: a-1\r\n\r\n: hm\n\n${block("a-2", "x", '{"v":"ü: \\n"}')}event: y\ndata: 1\ndata: 2\n\nid: half`;
  const want = new BlockReader().push(text);
  expect(want.map((b) => [b.id, b.kind, b.data])).toEqual([
    ["a-1", "", ""],
    ["a-2", "x", '{"v":"ü: \\n"}'],
    [undefined, "y", "1\n2"],
  ]);
  for (let cut = 0; cut <= text.length; cut++) {
    const reader = new BlockReader();
    expect([...reader.push(text.slice(0, cut)), ...reader.push(text.slice(cut))]).toEqual(want);
  }
});
