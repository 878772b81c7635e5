import { beforeEach, expect, test } from "vitest";
import { RoomClosedError } from "../src/errors/room-closed-error.js";
import { LobbyError } from "../src/errors/lobby-error.js";
import { closeWords } from "../src/net/close-words.js";
import { CoreRoom } from "../src/net/core-room.js";
import type { CoreRoomOptions, Seat } from "../src/net/room-options.js";
import { curves } from "../src/state/curves.js";
import { plain } from "../src/state/plain.js";
import { FakeWorld, settle } from "./support/fake-world.js";
import { delta, full, hello, pond, type Pond, type Wire } from "./support/pond.js";

let world: FakeWorld;
let refusal: Error | undefined;

beforeEach(() => {
  world = new FakeWorld();
  refusal = undefined;
});

const seats = async (previous: Seat | undefined): Promise<Seat> => {
  if (previous !== undefined && refusal !== undefined) throw refusal;
  return { url: "ws://pond/1", roomId: "r1" };
};

async function dialled(options: CoreRoomOptions<Pond> = {}, schema = pond): Promise<Promise<CoreRoom<Pond>>[]> {
  const joining = CoreRoom.join(seats, schema, { codec: plain, environment: world.environment, ...options });
  joining.catch(() => {});
  await settle();
  world.socket.open();
  return [joining];
}

/** Plays the server up to a FULL of tick 100, with an asset and a name. */
function welcome(): void {
  world.socket.receive(hello(99, "again", 7, [["map", new Uint8Array(32), 3]]));
  world.socket.receive([3, 1, [[0, 100, 5, "Ann"]]]);
  world.socket.receive(full(100, [[3, 7, 40, 0, 1]]));
}

async function joined(options: CoreRoomOptions<Pond> = {}, schema = pond): Promise<CoreRoom<Pond>> {
  const [joining] = await dialled(options, schema);
  welcome();
  return joining!;
}

test("the core joins, draws, sends inputs, gets events and comes back into its place", async () => {
  const room = await joined();
  const heard: number[] = [];
  room.on("quack", ({ tick }) => heard.push(tick), { immediate: true });
  room.setInput({ swim: 1 });
  for (let tick = 101; tick <= 110; tick++) {
    await world.pass(1000 / 30);
    world.socket.receive(delta(tick));
    room.update();
  }
  expect([room.state, room.playerId, room.tick, room.tables.duck.size]).toEqual(["playing", 7, 110, 1]);
  const inputs = world.socket.messages(1) as [number, number, number, number[][]][];
  expect(inputs.at(-1)![3].at(-1)).toEqual([1, 0]);
  world.socket.receive([3, 2, [[1, 110, 5, 1]]]);
  expect(heard).toEqual([110]);
  const back: object[] = [];
  room.lifecycle.on("reconnect", (how) => back.push(how));
  world.socket.drop(1006);
  await world.pass(1000);
  expect(world.socket.url).toContain("seat=again");
  world.socket.open();
  world.socket.receive(hello(120));
  world.socket.receive(full(121, [[3, 7, 48, 0, 1]]));
  expect(back).toEqual([{ attempts: 1, resumed: true }]);
  expect(room.tables.duck.rows()).toMatchObject([{ owner: 7, x: 12 }]);
  room.leave();
});

test("a game with other fields than the page's ends the room with the code that asks for a new page", async () => {
  const [joining] = await dialled();
  const other = [...(hello(99) as Wire[])];
  other[3] = new Uint8Array(8);
  other[4] = [];
  world.socket.receive(other);
  expect(world.socket.closedWith).toBe(4001);
  await expect(joining).rejects.toMatchObject({ code: 4001, message: "The room is over (code 4001)." });
  await world.pass(60_000);
  expect(world.sockets).toHaveLength(1);
  expect(closeWords(4001)).toMatch(/Reload/);
});

test("a lobby that refuses for good ends the room, and one that cannot be reached does not", async () => {
  const room = await joined();
  refusal = new LobbyError("The lobby is down.", 503, { retryAfterMs: 2000 });
  world.socket.drop(4102);
  await world.pass(5000);
  expect(room.state).toBe("reconnecting");
  refusal = new LobbyError("You are banned.", 403);
  await world.pass(20_000);
  expect([room.state, room.error?.message]).toEqual(["closed", "You are banned."]);
  expect(room.error).toBeInstanceOf(RoomClosedError);
});

test("the core loads no checksum and tells no hints, so that neither is offered", async () => {
  // @ts-expect-error: an option of Room's
  await dialled({ check: true });
  expect(world.socket.messages(0)[0]![2]).toBe(0);
  const room = await joined();
  // @ts-expect-error: an event of Room's
  room.lifecycle.on("hint", () => {});
});

test("a hermite field is drawn on a straight line, and on its curve with the option curves", async () => {
  const [players, duck] = pond.tables;
  const fields = duck!.fields.map((field) => (field.name === "x" ? { ...field, interp: "hermite" as const } : field));
  const bent = { ...pond, tables: [players!, { ...duck!, fields }] };
  const drawn: number[][] = [];
  for (const options of [{}, { curves }]) {
    world = new FakeWorld();
    const room = await joined(options, bent);
    const seen: number[] = [];
    for (let tick = 101; tick <= 115; tick++) {
      await world.pass(1000 / 30);
      world.socket.receive(delta(tick, { body: [0, null, [[], Uint8Array.of(0b1100_0000), [8], []]] }));
    }
    await world.pass(50);
    room.update();
    room.tables.duck.forEach(({ x }) => seen.push(x));
    drawn.push(seen);
    room.leave();
  }
  expect(drawn[0]).toHaveLength(1);
  expect(drawn[1]).not.toEqual(drawn[0]);
});
