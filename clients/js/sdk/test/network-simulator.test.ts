import { beforeEach, expect, test } from "vitest";
import { Room } from "../src/net/room.js";
import { plain } from "../src/state/plain.js";
import { NetworkSimulator } from "../src/sim/network-simulator.js";
import type { WebSocketLike } from "../src/time/environment.js";
import { FakeWorld, settle } from "./support/fake-world.js";
import { delta, full, hello, pond } from "./support/pond.js";
import { seeded } from "./support/random.js";

let world: FakeWorld;
let network: NetworkSimulator;
let socket: WebSocketLike;
let got: { readonly at: number; readonly n: number }[];

beforeEach(() => {
  world = new FakeWorld();
  network = new NetworkSimulator({ ...world.environment, random: seeded(4) });
  socket = new network.WebSocket("ws://pond");
  got = [];
  socket.onmessage = (event: { data: ArrayBuffer }) => got.push({ at: world.time, n: new Uint8Array(event.data)[0]! });
});

const bytes = (n: number) => Uint8Array.of(n);

test("the perfect network passes everything on at once", () => {
  let open = 0;
  socket.onopen = () => open++;
  world.socket.open();
  world.socket.receiveBytes(bytes(1));
  socket.send(bytes(2));
  expect([open, got.length, world.socket.sent]).toEqual([1, 1, [bytes(2)]]);
  expect(world.timers).toBe(0);
});

test("half of the round trip is added each way, and jitter", async () => {
  world.socket.open();
  network.conditions = { rttMs: 100, jitterMs: 20, stalls: 0, stallMs: 0 };
  const start = world.time;
  world.socket.receiveBytes(bytes(1));
  const buffer = bytes(9);
  socket.send(buffer);
  buffer[0] = 0;
  await world.pass(49);
  expect([got.length, world.socket.sent.length]).toEqual([0, 0]);
  await world.pass(22);
  expect(got[0]!.at - start).toBeGreaterThanOrEqual(49);
  expect(world.socket.sent).toEqual([bytes(9)]);
});

test("a stall holds up what is behind it, and order is kept whatever the conditions become", async () => {
  world.socket.open();
  network.conditions = { rttMs: 0, jitterMs: 0, stalls: 1, stallMs: 300 };
  world.socket.receiveBytes(bytes(1));
  network.conditions = { rttMs: 0, jitterMs: 0, stalls: 0, stallMs: 0 };
  world.socket.receiveBytes(bytes(2));
  await world.pass(250);
  expect(got).toEqual([]);
  await world.pass(60);
  world.socket.receiveBytes(bytes(3));
  expect(got.map((g) => g.n)).toEqual([1, 2, 3]);
});

test("messages of a busy minute keep their order and their number", async () => {
  world.socket.open();
  network.conditions = { rttMs: 80, jitterMs: 60, stalls: 0.05, stallMs: 250 };
  for (let n = 0; n < 200; n++) {
    world.socket.receiveBytes(bytes(n));
    await world.pass(10);
  }
  await world.pass(1000);
  expect(got.map((g) => g.n)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  expect(world.timers).toBe(0);
});

test("a close comes behind what was sent before it", async () => {
  world.socket.open();
  network.conditions = { rttMs: 100, jitterMs: 0, stalls: 0, stallMs: 0 };
  const closed: number[] = [];
  socket.onclose = (event: { code: number }) => closed.push(event.code);
  socket.send(bytes(1));
  socket.close(1000);
  world.socket.receiveBytes(bytes(7));
  world.socket.drop(4002);
  expect([world.socket.closedWith, closed]).toEqual([undefined, []]);
  await world.pass(60);
  expect([got.length, closed, world.socket.closedWith]).toEqual([1, [4002], 1000]);
});

test("a room plays through it, and measures it", async () => {
  network.conditions = { rttMs: 120, jitterMs: 0, stalls: 0, stallMs: 0 };
  const joining = Room.join(async () => ({ url: "ws://pond", roomId: "r" }), pond, {
    codec: plain,
    environment: { ...world.environment, WebSocket: network.WebSocket },
  });
  await settle();
  world.socket.open();
  await world.pass(60);
  world.socket.receive(hello(99));
  world.socket.receive(full(100));
  await world.pass(70);
  const room = await joining;
  for (let tick = 101; tick <= 110; tick++) {
    await world.pass(33);
    world.socket.receive(delta(tick));
  }
  const [t0] = world.socket.messages(3)[0] as [number];
  world.socket.receive([5, t0, 0, 0]);
  await world.pass(70);
  expect(room.tick).toBe(110);
  expect(room.stats.pingMs).toBeGreaterThanOrEqual(119);
  expect(world.socket.messages(1).length).toBeGreaterThan(3);
  room.leave();
});
