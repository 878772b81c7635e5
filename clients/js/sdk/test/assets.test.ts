import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Fetch } from "../src/lobby/http.js";
import { Room } from "../src/net/room.js";
import { plain } from "../src/state/plain.js";
import { FakeWorld, settle } from "./support/fake-world.js";
import { full, hello, pond, type Pond } from "./support/pond.js";

const map = Buffer.from('{"reeds":[[1,2]]}');
const wrong = Buffer.from('{"reeds":[[3,4]]}');
const sum = (data: Buffer) => createHash("sha256").update(data).digest();

/** Answers as the real door does; what it has under a hash is a matter of the test. */
let server: Server;
let content: Map<string, Buffer>;
let requests: string[];
let base: string;

beforeAll(async () => {
  server = createServer((req, res) => {
    requests.push(req.url ?? "");
    const data = content.get(req.url ?? "");
    res.writeHead(data === undefined ? 404 : 200, { "Content-Type": "application/json" }).end(data);
  });
  await new Promise<void>((up) => server.listen(0, "127.0.0.1", up));
  base = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

let world: FakeWorld;
const path = (data: Buffer) => `/v1/assets/${sum(data).toString("hex")}`;

beforeEach(() => {
  world = new FakeWorld();
  requests = [];
  content = new Map([[path(map), map]]);
});

/** Says hello with the map as `data`, to the newest socket. */
function welcome(data: Buffer, size = data.length): void {
  world.socket.open();
  world.socket.receive(hello(99, null, 7, [["map", Uint8Array.from(sum(data)), size]]));
  world.socket.receive(full(100, []));
}

async function joined(size?: number): Promise<Room<Pond>> {
  const fetch: Fetch = (url, init) => globalThis.fetch(url, init);
  const seats = () => Promise.resolve({ url: `ws://${base}/v1/play?seat=secret`, roomId: "r1" });
  const joining = Room.join(seats, pond, { codec: plain, environment: { ...world.environment, fetch } });
  await settle();
  welcome(map, size);
  return joining;
}

test("an asset is fetched once, from beside the door and without the seat", async () => {
  const room = await joined();
  const [one, two] = await Promise.all([room.asset("map"), room.asset("map")]);
  expect(await one.text()).toBe(map.toString());
  expect(one.type).toBe("application/json");
  expect(two).toBe(one);
  expect(await room.asset("map")).toBe(one);
  expect(requests).toEqual([path(map)]);
});

test("bytes of another hash are refused, and asked for anew the next time", async () => {
  content.set(path(map), wrong);
  const room = await joined();
  await expect(room.asset("map")).rejects.toThrow('The asset "map" cannot be fetched.');
  content.set(path(map), map);
  expect(await (await room.asset("map")).text()).toBe(map.toString());
});

test("an asset that the server does not have, or of another size, is refused", async () => {
  const room = await joined();
  content.clear();
  await expect(room.asset("map")).rejects.toThrow("cannot be fetched");
  const other = await joined(map.length + 1);
  content.set(path(map), map);
  await expect(other.asset("map")).rejects.toThrow("cannot be fetched");
});

test("a name that the game does not have is told, with those it has", async () => {
  const room = await joined();
  await expect(room.asset("mop")).rejects.toThrow(new TypeError('pond has no asset "mop"; it has: map'));
});

test("after a restart with another map the new one is fetched", async () => {
  const room = await joined();
  expect((await room.asset("map")).size).toBe(map.length);
  const next = Buffer.from("{}");
  content.set(path(next), next);
  world.socket.drop(1006);
  for (let i = 0; i < 100 && world.sockets.length < 2; i++) await world.pass(100);
  welcome(next);
  expect(await (await room.asset("map")).text()).toBe("{}");
});
