import { beforeEach, describe, expect, test, vi } from "vitest";
import { CallError } from "../src/errors/call-error.js";
import { LobbyError } from "../src/errors/lobby-error.js";
import { RoomClosedError } from "../src/errors/room-closed-error.js";
import { Room } from "../src/net/room.js";
import { curves } from "../src/state/curves.js";
import { packed } from "../src/state/packed.js";
import { plain } from "../src/state/plain.js";
import type { RoomOptions, Seat } from "../src/net/room-options.js";
import type { Hint, PredictionSource, Watch } from "../src/predict/prediction.js";
import { FakeWorld, settle } from "./support/fake-world.js";
import { delta, full, hello, pack, pond, type Pond, type Wire } from "./support/pond.js";
import { Writer } from "../src/wire/writer.js";
import { between, seeded } from "./support/random.js";

let world: FakeWorld;
let asked: (Seat | undefined)[];

beforeEach(() => {
  world = new FakeWorld();
  asked = [];
});

const seats = async (previous: Seat | undefined): Promise<Seat> => {
  asked.push(previous);
  return { url: `ws://pond/${asked.length}`, roomId: "r1" };
};

/** Begins to join; the socket is there, nothing has been received. */
async function dialled(options: RoomOptions<Pond> = {}, source = seats): Promise<{ joining: Promise<Room<Pond>> }> {
  const joining = Room.join(source, pond, { codec: plain, environment: world.environment, ...options });
  joining.catch(() => {});
  await settle();
  return { joining };
}

/** Plays the server up to a FULL at `tick`. */
function welcome(tick = 100): void {
  world.socket.open();
  world.socket.receive(hello(tick - 1));
  world.socket.receive([3, 1, [[0, tick & 0xffff, 5, "Ann"]]]);
  world.socket.receive(full(tick, [[3, 7, 40, 0, 1]]));
}

async function joined(options: RoomOptions<Pond> = {}): Promise<Room<Pond>> {
  const { joining } = await dialled(options);
  welcome();
  return joining;
}

describe("joining", () => {
  test("asks for no seat where there is no WebSocket", async () => {
    const { joining } = await dialled({ environment: { ...world.environment, WebSocket: undefined as never } });
    await expect(joining).rejects.toThrow(
      new TypeError("no WebSocket here; use Node 22 or environment: { WebSocket }"),
    );
    expect(asked).toEqual([]);
  });

  test("sends JOIN first and resolves with the state", async () => {
    const room = await joined({ check: true });
    expect(world.socket.url).toBe("ws://pond/1");
    expect(world.socket.messages(0)).toEqual([
      [1, 1, 1, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), Uint8Array.of(0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18), null],
    ]);
    expect([room.state, room.playerId, room.roomId, room.tick]).toEqual(["playing", 7, "r1", 100]);
    expect(room.tables.duck.rows()).toMatchObject([{ owner: 7, x: 10, awake: true }]);
  });

  test("offers codec packed unless the page asks for plain, and takes no other", async () => {
    const joining = Room.join(seats, pond, { environment: world.environment });
    joining.catch(() => {});
    await settle();
    world.socket.open();
    expect(world.socket.messages(0)[0]![1]).toBe(2);
    world.socket.receive(hello(99));
    expect(world.socket.closedWith).toBe(4000);
    await expect(joining).rejects.toMatchObject({ cause: { message: "codec 0 was not offered" } });
  });

  test("measures the round trip from HELLO on", async () => {
    await dialled();
    world.socket.open();
    expect(world.socket.messages(3)).toHaveLength(0);
    world.socket.receive(hello(99));
    expect(world.socket.messages(3)).toHaveLength(1);
  });

  test("rejects with what the lobby said", async () => {
    const refused = new LobbyError("the room is full", 409);
    await expect(Room.join(() => Promise.reject(refused), pond, { codec: plain, environment: world.environment })).rejects.toBe(refused);
  });

  test.each([
    [4001, /Reload/],
    [4100, /lost/],
    [1006, /lost/],
  ])("rejects when the socket closes with %d, and does not dial again", async (code, words) => {
    const { joining } = await dialled();
    world.socket.drop(code);
    await expect(joining).rejects.toThrow(words);
    await expect(joining).rejects.toBeInstanceOf(RoomClosedError);
    await world.pass(60_000);
    expect(world.sockets).toHaveLength(1);
    expect(world.timers).toBe(0);
  });

  test("rejects when the server says nothing for 10 s", async () => {
    const { joining } = await dialled();
    world.socket.open();
    await world.pass(12_000);
    await expect(joining).rejects.toBeInstanceOf(RoomClosedError);
  });
});

describe("playing", () => {
  test("one input goes out per tick, acknowledging what has come", async () => {
    const room = await joined();
    room.setInput({ swim: 1 });
    for (let tick = 101; tick <= 130; tick++) {
      await world.pass(1000 / 30);
      world.socket.receive(delta(tick));
    }
    const inputs = world.socket.messages(1) as [number, number, number, number[][]][];
    const labels = inputs.flatMap(([first, , , values]) => values.map((_, i) => first + i));
    expect(labels).toEqual(labels.map((_, i) => labels[0]! + i));
    expect(labels.length).toBeGreaterThanOrEqual(28);
    expect(inputs.at(-1)![1]).toBeGreaterThanOrEqual(129);
    expect(inputs.at(-1)![3].at(-1)).toEqual([1, 0]);
  });

  test("a hidden tab whose timers are slow still acknowledges on arrival", async () => {
    await joined();
    // Timers are not run at all here.
    const before = world.socket.messages(1).length;
    for (let tick = 101; tick <= 130; tick++) {
      world.time += 1000 / 30;
      world.socket.receive(delta(tick));
    }
    const acks = world.socket
      .messages(1)
      .slice(before)
      .map((m) => m[1] as number);
    expect(acks.length).toBeGreaterThanOrEqual(4);
    expect(acks.at(-1)).toBeGreaterThanOrEqual(124);
  });

  test("a hidden tab is up to date at once when it is seen again, and hands nothing over in a burst", async () => {
    const room = await joined();
    const quacks: number[] = [];
    let seen = 0;
    room.on("quack", () => quacks.push(++seen));
    // Neither timers nor animation frames run for a minute.
    let mostPerSecond = 0;
    let sentBefore = world.socket.sent.length;
    for (let tick = 101; tick <= 1900; tick++) {
      world.time += 1000 / 30;
      if (tick % 30 === 0) world.socket.receive([3, tick / 30 - 2, [[1, tick & 0xffff, 7, 1]]]);
      else world.socket.receive(delta(tick, { lag: tick % 30 === 1 && tick > 101 ? 2 : 1 }));
      if (tick % 30 === 0) {
        mostPerSecond = Math.max(mostPerSecond, world.socket.sent.length - sentBefore);
        sentBefore = world.socket.sent.length;
      }
    }
    const before = quacks.length;
    room.update();
    expect(quacks.length - before).toBeLessThanOrEqual(1);
    expect(before).toBeGreaterThan(55);
    expect(room.renderTick).toBeGreaterThan(1900 - 4);
    expect(mostPerSecond).toBeLessThan(2 * 30 + 20);
  });

  test("a page that slept goes on with the newest snapshot and few inputs", async () => {
    const room = await joined();
    for (let tick = 101; tick <= 160; tick++) {
      await world.pass(1000 / 30);
      world.socket.receive(delta(tick));
    }
    // Five seconds in which nothing of the page ran; then all that came meanwhile is handed over at once.
    world.time += 5000;
    const before = world.socket.sent.length;
    for (let tick = 161; tick <= 310; tick++) world.socket.receive(delta(tick));
    room.update();
    expect(room.renderTick).toBeGreaterThan(310 - 5);
    await world.pass(40);
    expect(world.socket.sent.length - before).toBeLessThan(15);
    const inputs = world.socket.messages(1).filter((m) => (m[1] as number) > 160);
    expect(inputs.flatMap((m) => m[3] as number[][]).length).toBeLessThanOrEqual(20);
    expect(inputs.at(-1)![0]).toBeGreaterThan(300);
    expect(room.state).toBe("playing");
  });

  test("at ten pictures a second every tick has its input and motion is even", async () => {
    const room = await joined();
    room.setInput({ swim: 1 });
    const drawn: number[] = [];
    for (let tick = 101; tick <= 400; tick++) {
      await world.pass(1000 / 30);
      world.socket.receive(delta(tick));
      if (tick % 3 !== 0) continue;
      room.update();
      drawn.push(room.renderTick);
    }
    const steps = drawn.slice(20).map((t, i) => t - drawn[i + 19]!);
    expect(Math.min(...steps)).toBeGreaterThan(2.8);
    expect(Math.max(...steps)).toBeLessThan(3.2);
    expect(400 - drawn.at(-1)!).toBeLessThan(2.5);
    const inputs = world.socket.messages(1) as [number, number, number, number[][]][];
    const labels = inputs.flatMap(([first, , , values]) => values.map((_, i) => first + i));
    expect(labels).toEqual(labels.map((_, i) => labels[0]! + i));
    expect(labels.length).toBeGreaterThan(290);
  });

  /** Plays ticks while the browser holds so many unsent bytes, and returns the inputs sent meanwhile: first label and how many. */
  async function labels(room: Room<Pond>, bufferedAmount: number, from: number, to: number): Promise<[number, number][]> {
    world.socket.bufferedAmount = bufferedAmount;
    const before = world.socket.messages(1).length;
    for (let tick = from; tick <= to; tick++) {
      await world.pass(1000 / 30);
      world.socket.receive(delta(tick));
      room.update();
    }
    const inputs = world.socket.messages(1).slice(before) as [number, number, number, number[][]][];
    return inputs.map(([first, , , values]) => [first, values.length]);
  }

  test("inputs go out while the browser holds less than 4096 unsent bytes, and neither they nor pings from there on", async () => {
    const room = await joined();
    expect((await labels(room, 4095, 101, 140)).length).toBeGreaterThan(30);
    const before = world.socket.sent.length;
    expect(await labels(room, 4096, 141, 180)).toEqual([]);
    expect(world.socket.sent.length).toBe(before);
  });

  test("what was held back is not sent later: eight inputs at most, and the newest is for a tick to come", async () => {
    const room = await joined();
    const sent = await labels(room, 0, 101, 130);
    await labels(room, 4096, 131, 170);
    const [first, count] = (await labels(room, 0, 171, 172))[0]!;
    expect(count).toBe(8);
    expect(first).toBeGreaterThan(sent.at(-1)![0] + 30);
    expect(first + count - 1).toBeGreaterThan(170);
  });

  test.each([
    ["plain", plain, [0], [1]],
    ["packed", packed, Uint8Array.of(0b0011_1100), Uint8Array.of(0b1011_1100)],
  ])("the figures tell of a snapshot that was cut to fit, in codec %s", async (_, codec, whole, cut) => {
    const { joining } = await dialled({ codec });
    world.socket.open();
    const said = hello(99) as Wire[];
    world.socket.receive(said.map((v, i) => (i === 2 ? codec.number : v)));
    world.socket.receive([1, 100, whole]);
    const room = await joining;
    expect(room.stats.limited).toBe(false);
    world.socket.receive(delta(101, { body: cut }));
    expect(room.stats.limited).toBe(true);
    world.socket.receive(delta(102, { body: whole }));
    expect(room.stats.limited).toBe(false);
  });

  test("the figures tell of snapshots that were left out before the newest", async () => {
    const room = await joined();
    const limited = [101, 102, 104, 105].map((tick, i) => {
      world.socket.receive(delta(tick, { lag: i === 2 ? 2 : 1 }));
      return room.stats.limited;
    });
    expect(limited).toEqual([false, false, true, false]);
    expect(room.stats.skipped).toBe(1);
  });

  test("the figures go on telling of it when every other snapshot is left out for minutes, and begin anew with the next connection", async () => {
    const room = await joined();
    world.socket.receive(delta(101));
    for (let tick = 103; tick <= 103 + 120 * 30; tick += 2) {
      world.time += 2000 / 30;
      world.socket.receive(delta(tick, { lag: 2 }));
    }
    expect(room.stats).toMatchObject({ limited: true, skipped: 1 + 120 * 15, sendInterval: 1 });
    world.socket.drop(1006);
    expect(room.stats).toMatchObject({ limited: false, skipped: 0, sendInterval: 1 });
  });

  test("an event fires when the render tick gets to it, once, and is acknowledged", async () => {
    const room = await joined();
    const drawn = vi.fn();
    const arrived = vi.fn();
    room.on("quack", drawn);
    room.on("quack", arrived, { immediate: true });
    world.socket.receive([2, 101, 1, null, null, [0], 2, [[1, 101, 7, 200]]]);
    expect(arrived).toHaveBeenCalledExactlyOnceWith({ by: 7, loud: 200, tick: 101 });
    expect(drawn).not.toHaveBeenCalled();
    for (let tick = 102; tick <= 110; tick++) {
      await world.pass(1000 / 30);
      world.socket.receive(delta(tick));
    }
    expect(drawn).toHaveBeenCalledExactlyOnceWith({ by: 7, loud: 200, tick: 101 });
    expect(world.socket.messages(4)).toEqual([[1], [2]]);
  });

  test("a string that comes with a snapshot is known to its rows", async () => {
    const room = await joined();
    const none = new Uint8Array(0);
    world.socket.receive([2, 101, 1, null, null, [0, [[], none, [], [0, 1, 9, 6, 1]]], 2, [[0, 101, 6, "Bob"]]]);
    expect(room.tables.players.rows()).toMatchObject([{ id: 9, name: "Bob", bot: true }]);
  });

  test("a listener that throws stops neither the others nor the connection, and its error is reported", async () => {
    const room = await joined();
    const reported: (() => void)[] = [];
    vi.stubGlobal("queueMicrotask", (report: () => void) => reported.push(report));
    const after = vi.fn();
    room.lifecycle.on("snapshot", () => {
      throw new Error("oops");
    });
    room.lifecycle.on("snapshot", after);
    world.socket.receive(delta(101));
    vi.unstubAllGlobals();
    expect(after).toHaveBeenCalledExactlyOnceWith(101);
    expect(room.state).toBe("playing");
    expect(() => reported[0]!()).toThrow("oops");
  });

  test("round trips are measured without the time the room took", async () => {
    const room = await joined();
    const [t0] = world.socket.messages(3)[0] as [number];
    world.time += 48;
    world.socket.receive([5, t0, 5_000_000, 5_008_000]);
    expect(room.stats.pingMs).toBeCloseTo(40, 3);
  });
});

describe("calls", () => {
  test("resolve with status 0, reject with the game's words otherwise", async () => {
    const room = await joined();
    const named = room.call("rename", { to: "Daisy" });
    const fed = room.call("feed", { grams: 999 });
    expect(world.socket.messages(2)).toEqual([
      [1, 0, ["Daisy"]],
      [2, 1, [200]],
    ]);
    world.socket.receive([4, 2, 1, "not hungry"]);
    world.socket.receive([4, 1, 0, null]);
    await named;
    await expect(fed).rejects.toMatchObject({ failure: "refused", message: "not hungry" });
  });

  test("reject when the connection ends, and while there is none", async () => {
    const room = await joined();
    const named = room.call("rename", { to: "Daisy" });
    world.socket.drop(1006);
    await expect(named).rejects.toMatchObject({ failure: "disconnected" });
    await expect(room.call("feed", { grams: 1 })).rejects.toBeInstanceOf(CallError);
  });

  test("are bounded", async () => {
    const room = await joined();
    const all = Array.from({ length: 70 }, () => room.call("feed", { grams: 1 }));
    await expect(all.at(-1)).rejects.toMatchObject({ failure: "too-many-calls" });
    for (const call of all) call.catch(() => {});
    expect(world.socket.messages(2)).toHaveLength(64);
  });
});

describe("a call that cannot be meant", () => {
  const mistaken = async () => (await joined()) as unknown as Room<{ tables: object; events: object; calls: Record<string, object>; input: object }>;

  test("names the field that the call does not have, and the one that is missing", async () => {
    const room = await mistaken();
    expect(() => room.call("rename", { two: "Daisy" })).toThrow(new TypeError('pond has no call "rename" with a field "two"; it has: to'));
    const lacks = new TypeError('pond: call "rename" lacks field "to"');
    expect(() => room.call("rename", {})).toThrow(lacks);
    expect(() => room.call("rename", undefined as never)).toThrow(lacks);
    expect(() => room.call("rename", { to: undefined })).toThrow(lacks);
    expect(world.socket.messages(2)).toEqual([]);
  });

  test("with a text that is too long names field and limit, sends nothing, and leaves the next one alone", async () => {
    const room = await joined();
    await expect(room.call("rename", { to: "é".repeat(5) })).rejects.toThrow(new TypeError("to has 10 bytes; at most 8 are allowed"));
    expect(world.socket.messages(2)).toEqual([]);
    const named = room.call("rename", { to: "é".repeat(4) });
    expect(world.socket.messages(2)).toEqual([[2, 0, ["éééé"]]]);
    world.socket.receive([4, 2, 0, null]);
    await named;
  });
});

describe("a lost connection", () => {
  test("comes back by itself with a new seat, and goes on", async () => {
    const room = await joined();
    const states: string[] = [];
    const back = vi.fn();
    room.lifecycle.on("state", (s) => states.push(s));
    room.lifecycle.on("reconnect", back);
    room.setInput({ swim: 1 });
    world.socket.drop(1006);
    await world.pass(1000);
    expect(asked).toEqual([undefined, { url: "ws://pond/1", roomId: "r1" }]);
    expect(world.socket.url).toBe("ws://pond/2");
    welcome(400);
    expect(states).toEqual(["reconnecting", "playing"]);
    expect(back).toHaveBeenCalledExactlyOnceWith({ attempts: 1, resumed: false });
    expect(room.tick).toBe(400);
    expect(room.tables.duck.size).toBe(1);
    await world.pass(100);
    expect((world.socket.messages(1).at(-1)![3] as number[][]).at(-1)).toEqual([1, 0]);
  });

  test("is tried again with growing waits until it is given up", async () => {
    world.dice = 0.999;
    const room = await joined({ giveUpAfterMs: 20_000 });
    const waits: number[] = [];
    room.lifecycle.on("disconnect", (d) => waits.push(Math.round(d.retryInMs)));
    world.socket.drop(1006);
    for (let i = 0; i < 10 && room.state !== "closed"; i++) {
      await world.pass(waits.at(-1)!);
      world.socket.drop(1006);
    }
    expect(waits).toEqual([500, 999, 1998, 3996, 7992, 9990]);
    expect(room.state).toBe("closed");
    expect(room.error).toMatchObject({ code: 4100 });
    expect(world.timers).toBe(0);
  });

  test("waits as long as BYE asked", async () => {
    world.dice = 0;
    await joined();
    world.socket.receive([6, 4100, 3000, null]);
    world.socket.drop(4100);
    await world.pass(2900);
    expect(world.sockets).toHaveLength(1);
    await world.pass(200);
    expect(world.sockets).toHaveLength(2);
  });

  test("goes where BYE sent it, without asking for a seat", async () => {
    await joined();
    world.socket.receive([6, 4100, 0, "ws://elsewhere/1"]);
    world.socket.drop(4100);
    await world.pass(1000);
    expect(world.socket.url).toBe("ws://elsewhere/1");
    expect(asked).toHaveLength(1);
  });

  test("is noticed when nothing comes for 10 s", async () => {
    const room = await joined();
    await world.pass(11_000);
    expect(room.state).toBe("reconnecting");
    expect(world.sockets.length).toBeGreaterThan(1);
  });

  test("is tried again while the lobby cannot be reached, and given up when it refuses", async () => {
    let answer = new LobbyError("The server cannot be reached.", 0);
    let first = true;
    const source = async () => {
      if (!first) throw answer;
      first = false;
      return { url: "ws://pond/1", roomId: "r1" };
    };
    const { joining } = await dialled({}, source);
    welcome();
    const room = await joining;
    world.socket.drop(1006);
    await world.pass(5000);
    expect(room.state).toBe("reconnecting");
    answer = new LobbyError("you are banned", 403);
    await world.pass(20_000);
    expect(room.state).toBe("closed");
    expect(room.error?.message).toBe("you are banned");
  });

  test("into a room that failed asks for any room", async () => {
    await joined();
    world.socket.drop(4102);
    await world.pass(1000);
    expect(asked).toEqual([undefined, undefined]);
  });

  test("into rooms that fail one after the other ends, and the console says why", async () => {
    const said = vi.spyOn(console, "error").mockImplementation(() => {});
    const room = await joined();
    world.socket.drop(4102);
    await world.pass(1000);
    welcome(10);
    await settle();
    expect(room.state).toBe("playing");
    world.socket.drop(4102);
    await world.pass(60_000);
    expect([room.state, room.error?.message]).toEqual(["closed", "The game failed in this room; see the server's log."]);
    expect(world.sockets).toHaveLength(2);
    expect(said.mock.calls).toEqual([
      ["skirmish: The game failed in this room; see the server's log."],
      ["skirmish: The game failed in this room; see the server's log."],
    ]);
    said.mockRestore();
  });

  test("into a room that failed long after another is not the end", async () => {
    const said = vi.spyOn(console, "error").mockImplementation(() => {});
    const room = await joined();
    world.socket.drop(4102);
    await world.pass(1000);
    welcome(10);
    for (let tick = 11; tick < 18; tick++) {
      await world.pass(9000);
      world.socket.receive(full(tick));
    }
    world.socket.drop(4102);
    await world.pass(1000);
    expect(room.state).toBe("reconnecting");
    said.mockRestore();
  });

  test.each([1000, 4000, 4001, 4002, 4003, 4004, 4005, 4042, 1009])("with code %d is final", async (code) => {
    const room = await joined();
    world.socket.drop(code);
    await world.pass(60_000);
    expect(room.state).toBe("closed");
    expect(room.error?.code).toBe(code);
    expect(world.sockets).toHaveLength(1);
    expect(world.timers).toBe(0);
    expect(room.tables.duck.size).toBe(0);
  });

  test("by the game is told in the game's words", async () => {
    const room = await joined();
    world.socket.drop(4002, "no shooting in the lobby");
    expect(room.error?.message).toBe("no shooting in the lobby");
    expect(room.error?.reason).toBe("no shooting in the lobby");
  });

  test.each([4100, 4101, 4102, 4103, 4104, 4150, 1006, 1001])("with code %d is not", async (code) => {
    const room = await joined();
    world.socket.drop(code);
    await world.pass(1000);
    expect(room.state).toBe("reconnecting");
    expect(world.sockets).toHaveLength(2);
  });
});

describe("a place that the room keeps", () => {
  /** A room that is played, whose newest resume seat is `seat`. */
  async function keeping(seat = "S1"): Promise<Room<Pond>> {
    const { joining } = await dialled();
    world.socket.open();
    world.socket.receive(hello(99, seat));
    world.socket.receive([3, 1, [[0, 100, 5, "Ann"]]]);
    world.socket.receive(full(100, [[3, 7, 40, 0, 1]]));
    return joining;
  }

  /** The server takes the newest socket back at `tick`. */
  function takesBack(tick: number): void {
    world.socket.open();
    world.socket.receive(hello(tick - 1, "S9"));
    world.socket.receive(full(tick));
  }

  test("is taken again without the lobby, and events go on where they were", async () => {
    const room = await keeping();
    const quack = vi.fn();
    const back = vi.fn();
    room.on("quack", quack);
    room.lifecycle.on("reconnect", back);
    world.socket.receive([2, 101, 1, null, null, [0], 2, [[1, 101, 7, 1]]]);
    world.socket.drop(1006);
    await world.pass(1000);
    expect(world.socket.url).toBe("ws://pond/1?seat=S1");
    expect(asked).toHaveLength(1);
    world.socket.open();
    expect(world.socket.messages(0)[0]!.at(-1)).toBe(2);
    world.socket.receive(hello(139, "S2"));
    world.socket.receive([3, 3, [[1, 120, 9, 2]]]);
    world.socket.receive(full(140, [[3, 5, 40, 0, 1]]));
    for (let tick = 141; tick <= 150; tick++) {
      await world.pass(1000 / 30);
      world.socket.receive(delta(tick));
    }
    expect(quack.mock.calls.map(([q]) => (q as { loud: number }).loud)).toEqual([1, 2]);
    expect(back).toHaveBeenCalledExactlyOnceWith({ attempts: 1, resumed: true });
    expect(world.socket.messages(4).at(-1)).toEqual([3]);
  });

  test("is taken with the newest seat", async () => {
    await keeping();
    world.socket.receive([7, "S2"]);
    world.socket.drop(4101);
    await world.pass(1000);
    expect(world.socket.url).toBe("ws://pond/1?seat=S2");
  });

  test("is left alone once it was turned away: the lobby is asked", async () => {
    const room = await keeping();
    const back = vi.fn();
    room.lifecycle.on("reconnect", back);
    world.socket.drop(1006);
    await world.pass(1000);
    world.socket.drop(1006);
    await world.pass(2000);
    expect(asked).toHaveLength(2);
    // The lobby can be reached: it may have been the network.
    expect(world.socket.url).toBe("ws://pond/1?seat=S1");
    world.socket.drop(1006);
    expect(world.socket.url).toBe("ws://pond/2");
    welcome(300);
    expect(back).toHaveBeenCalledExactlyOnceWith({ attempts: 2, resumed: false });
  });

  test("is tried again while nobody can be reached", async () => {
    let reachable = true;
    const source = async (previous: Seat | undefined) => {
      if (!reachable) throw new LobbyError("The server cannot be reached.", 0);
      return seats(previous);
    };
    const joining = Room.join(source, pond, { codec: plain, environment: world.environment });
    await settle();
    world.socket.open();
    world.socket.receive(hello(99, "S1"));
    world.socket.receive(full(100));
    const room = await joining;
    reachable = false;
    for (let i = 0; i < 20 && world.sockets.length < 4; i++) {
      world.socket.drop(1006);
      await world.pass(6000);
    }
    expect(world.sockets.slice(1).map((s) => s.url)).toEqual(Array.from({ length: 3 }, () => "ws://pond/1?seat=S1"));
    takesBack(200);
    expect(room.state).toBe("playing");
    expect(asked).toHaveLength(1);
  });

  test.each([4100, 4102])("does not exist after code %d", async (code) => {
    await keeping();
    world.socket.drop(code);
    await world.pass(1000);
    expect(asked).toHaveLength(2);
  });

  test("that is gone (4105) is not asked for again", async () => {
    await keeping();
    world.socket.drop(1006);
    await world.pass(1000);
    world.socket.open();
    world.socket.drop(4105);
    await world.pass(2000);
    expect(world.socket.url).toBe("ws://pond/2");
  });

  test("may have lost events, once and at its beginning", async () => {
    const room = await keeping();
    world.socket.drop(1006);
    await world.pass(1000);
    takesBack(200);
    world.socket.receive([3, 40, [[0, 200, 5, "Ann", 6, "Bob"]]]);
    expect(room.state).toBe("playing");
    world.socket.receive([3, 50, [[1, 200, 7, 1]]]);
    expect(room.state).toBe("reconnecting");
  });

  test("is kept when we end a connection that fell silent or that we do not understand", async () => {
    await keeping();
    await world.pass(10_500);
    expect(world.sockets[0]!.closedWith).toBe(4104);
    await world.pass(1000);
    expect(world.socket.url).toBe("ws://pond/1?seat=S1");
    takesBack(500);
    world.socket.receive([9]);
    await world.pass(1000);
    expect(world.socket.url).toBe("ws://pond/1?seat=S9");
  });
});

test("a spectator acknowledges and sends no inputs", async () => {
  const { joining } = await dialled();
  world.socket.open();
  world.socket.receive(hello(99, null, 0));
  world.socket.receive(full(100, [[3, 7, 40, 0, 1]]));
  const room = await joining;
  room.setInput({ swim: 1 });
  for (let tick = 101; tick <= 130; tick++) {
    await world.pass(1000 / 30);
    world.socket.receive(delta(tick));
  }
  expect(room.playerId).toBe(0);
  expect(world.socket.messages(1).every((m) => (m[3] as unknown[]).length === 0)).toBe(true);
  expect(world.socket.messages(1).length).toBeGreaterThan(3);
});

test("a spectator that is lost comes back with its resume seat, and hears what it has missed", async () => {
  const { joining } = await dialled();
  world.socket.open();
  world.socket.receive(hello(99, "S1", 0));
  world.socket.receive([3, 1, [[0, 100, 5, "Ann"]]]);
  world.socket.receive(full(100, [[3, 7, 40, 0, 1]]));
  const room = await joining;
  world.socket.drop(1006);
  await world.pass(1000);
  expect(world.socket.url).toBe("ws://pond/1?seat=S1");
  world.socket.open();
  expect(world.socket.messages(0)[0]!.at(-1)).toBe(1);
  world.socket.receive(hello(130, "S2", 0));
  world.socket.receive([3, 2, [[0, 120, 6, "Ben"]]]);
  world.socket.receive(full(131, [[3, 7, 40, 0, 1]]));
  expect([room.state, room.playerId, room.stats.reconnects, asked.length]).toEqual(["playing", 0, 1, 1]);
});

test("leaving closes with 1000 and ends every timer", async () => {
  const room = await joined();
  room.leave();
  expect(world.socket.closedWith).toBe(1000);
  expect(room.state).toBe("closed");
  expect(world.timers).toBe(0);
});

test("leaving while reconnecting stops it", async () => {
  const room = await joined();
  world.socket.drop(1006);
  room.leave();
  await world.pass(60_000);
  expect(world.sockets).toHaveLength(1);
  expect(world.timers).toBe(0);
});

describe("a hostile or broken server", () => {
  const bytes = (message: Wire, ...more: number[]) => Uint8Array.from([...pack(message), ...more]);
  const bad: [string, RegExp, () => void][] = [
    ["an array without end", /4294967295 elements/, () => world.socket.receiveBytes(Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff))],
    ["nothing", /ends early/, () => world.socket.receiveBytes(new Uint8Array(0))],
    ["text", /text message/, () => world.socket.onmessage?.({ data: "hello" })],
    ["more than a megabyte", /1048577 bytes/, () => world.socket.receiveBytes(new Uint8Array((1 << 20) + 1))],
    ["a byte after the message", /1 bytes left over/, () => world.socket.receiveBytes(bytes([5, 1, 2, 3], 0))],
    ["an unknown message", /unknown message 9/, () => world.socket.receive([9])],
    ["an element too many", /5 elements/, () => world.socket.receive([5, 1, 2, 3, 4])],
    ["a delta that skips its baseline", /desync/, () => world.socket.receive(delta(103))],
    ["a delta for an old tick", /desync/, () => world.socket.receive(delta(100))],
    ["a second HELLO", /second HELLO/, () => world.socket.receive(hello(5))],
    ["an event out of sequence", /event 9 comes after/, () => world.socket.receive([3, 9, []])],
    ["an unknown event", /event 4 is not/, () => world.socket.receive([3, 2, [[4, 100]]])],
    ["an event without a tick", /without a tick/, () => world.socket.receive([3, 2, [[]]])],
    [
      "more events than a message holds",
      /257 events/,
      () => world.socket.receive([3, 2, Array.from({ length: 257 }, () => [0, 100])]),
    ],
    ["a pace out of range", /pace: 128/, () => world.socket.receive(delta(101, { pace: 128 }))],
  ];

  test.each(bad)("that sends %s is left with 4000, and joined anew", async (_, words, send) => {
    const room = await joined();
    const lost = vi.fn();
    room.lifecycle.on("disconnect", lost);
    send();
    expect(world.socket.closedWith).toBe(4000);
    expect(lost.mock.calls[0]![0]).toMatchObject({
      code: 4000,
      cause: { name: "ProtocolError", message: expect.stringMatching(words) as string },
    });
    await world.pass(1000);
    expect(world.sockets).toHaveLength(2);
  });

  test.each([
    ["a snapshot", full(5)],
    ["a reply", [4, 1, 0, null]],
  ])("that sends %s first is left", async (_, message) => {
    const { joining } = await dialled();
    world.socket.open();
    world.socket.receive(message as Wire);
    expect(world.socket.closedWith).toBe(4000);
    await expect(joining).rejects.toBeInstanceOf(RoomClosedError);
  });

  test("gets nowhere with random bytes", async () => {
    const random = seeded(11);
    for (let i = 0; i < 300; i++) {
      world = new FakeWorld();
      const room = await joined();
      for (let n = 0; n < 20; n++) {
        const head = [0x90 | between(random, 2, 8), between(random, 0, 7)];
        const bytes = Uint8Array.from([
          ...head,
          ...Array.from({ length: between(random, 0, 60) }, () => between(random, 0, 255)),
        ]);
        world.socket.receiveBytes(bytes);
      }
      expect(["reconnecting", "playing", "closed"]).toContain(room.state);
      room.leave();
    }
  });
});

describe("a name that the game does not have", () => {
  test("is a mistake that says what there is", async () => {
    const room = (await joined()) as unknown as Room<{ tables: object; events: Record<string, object>; calls: Record<string, object>; input: object }>;
    expect(() => room.on("nope", () => {})).toThrow(/has no event "nope"; it has: /);
    expect(() => (room.tables as Record<string, unknown>)["nope"]).toThrow(/has no table "nope"; it has: players, /);
    expect(JSON.parse(JSON.stringify(await room.tables))).toHaveProperty("players");
    expect(() => room.setInput({ nope: 1 } as never)).toThrow(/has no input field "nope"/);
    expect(() => room.call("nope", {})).toThrow(/has no call "nope"/);
  });
});

describe("a prediction", () => {
  const join = (predict: object) => Room.join(seats, pond, { codec: plain, environment: world.environment, predict: predict as never });
  const rows = { start: () => undefined };

  test("of a table that the game does not have is a mistake that says what there is", async () => {
    await expect(join({ goose: rows })).rejects.toThrow(new TypeError('pond has no table "goose"; it has: players, duck'));
    expect(asked).toEqual([]);
  });

  test("that is the step alone is a mistake that says what to give", async () => {
    await expect(join({ duck: () => undefined })).rejects.toThrow(new TypeError("duck: give predict(step)"));
    expect(asked).toEqual([]);
  });

  test("of a table that is not game.Predicted is a mistake", async () => {
    await expect(join({ duck: rows })).rejects.toThrow(
      new TypeError('pond has no predicted table (game.Predicted) "duck"; it has: none'),
    );
    expect(asked).toEqual([]);
  });

  test("that most of the time comes to another result is told to who listens, or on the console, once for its table", async () => {
    const said = vi.spyOn(console, "warn").mockImplementation(() => {});
    const [players, duck] = pond.tables;
    const schema = { ...pond, tables: [players!, { ...duck!, predicted: true }] };
    const own = { corrections: 0, reconcile: () => {}, advance: () => {}, owns: () => false, each: () => {} };
    for (const listens of [false, true]) {
      let watched!: Watch;
      const start = ({ watch, table, curves: drawnOn }: PredictionSource) => {
        watched = watch!(table);
        expect(drawnOn).toBe(curves);
        return own;
      };
      const joining = Room.join(seats, schema, {
        codec: plain,
        environment: world.environment,
        predict: { duck: { start } } as never,
      });
      await settle();
      welcome();
      const room = await joining;
      const heard: Hint[] = [];
      if (listens) room.lifecycle.on("hint", (hint) => heard.push(hint));
      for (let tick = 0; tick < 400; tick++) watched.compare(tick, Int32Array.of(7, 40, 0, 1), Int32Array.of(7, 41, 0, 1));
      expect(heard).toMatchObject(listens ? [{ table: "duck", fields: ["x"] }] : []);
      room.leave();
    }
    expect(said.mock.calls).toEqual([[expect.stringMatching(/^skirmish: Most predictions of duck\.x are corrected/)]]);
    said.mockRestore();
  });
});

/** Packs what has maps, flags and fractions in it, which a schema has. */
function packAny(value: unknown): number[] {
  if (value instanceof Uint8Array || value === null) return [...pack(value)];
  if (typeof value === "boolean") return [value ? 0xc3 : 0xc2];
  if (typeof value === "number") return [...(Number.isInteger(value) ? new Writer().int(value) : new Writer().f32(value)).done()];
  if (typeof value === "string") return [...pack(value)];
  if (Array.isArray(value)) return [...new Writer().array(value.length).done(), ...value.flatMap(packAny)];
  const entries = Object.entries(value as object);
  return [0xde, 0, entries.length, ...entries.flat().flatMap(packAny)];
}

test("a page that is older than the game says once what has changed, and plays", async () => {
  const said = vi.spyOn(console, "warn").mockImplementation(() => {});
  const { joining } = await dialled();
  const [players, duck] = pond.tables;
  const [owner, x, angle, awake] = duck!.fields;
  const { game, input, calls } = pond;
  const fields = [{ wrap: false, ...owner! }, x, { ...angle!, bits: 9 }, awake];
  const tables = [players, { name: "duck", fields }, { name: "goose", fields: [{ ...x!, name: "honk" }] }];
  const stale = [...(hello(99) as Wire[])] as unknown[];
  stale[3] = Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9);
  stale[4] = { game, tables, events: [], input, calls };
  const none = new Uint8Array(0);
  for (let time = 0; time < 2; time++) {
    world.socket.open();
    world.socket.receiveBytes(Uint8Array.from(packAny(stale)));
    world.socket.receive([1, 100, [0, null, [[], none, [], [3, 1, 7, 40, 0, 1]], [[], none, [], []]]]);
    const room = await joining;
    expect([room.state, room.tables.duck.size]).toEqual(["playing", 1]);
    world.socket.drop(4100);
    await world.pass(1000);
  }
  expect(said.mock.calls).toEqual([
    [
      'skirmish: this page was built for another "pond" than runs here (new: table goose, goose.honk; ' +
        "gone: event quack, quack.by, quack.loud; changed: duck.angle); run gen again.",
    ],
  ]);
  said.mockRestore();
});

test("a timer is counted down in seconds until its tick is drawn", async () => {
  const { joining } = await dialled();
  welcome(100);
  const room = await joining;
  room.update();
  expect(room.tickRate).toBe(30);
  expect(room.secondsUntil(room.renderTick + 45)).toBeCloseTo(1.5, 6);
  expect([room.secondsUntil(0), room.secondsUntil(50)]).toEqual([0, 0]);
  room.leave();
});
