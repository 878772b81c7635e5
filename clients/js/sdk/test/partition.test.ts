import { expect, test } from "vitest";
import { Room } from "../src/net/room.js";
import { plain } from "../src/state/plain.js";
import { NetworkSimulator } from "../src/sim/network-simulator.js";
import { FakeWorld } from "./support/fake-world.js";
import { lake, LakeServer, rate } from "./support/lake.js";
import { seeded } from "./support/random.js";

const tickMs = 1000 / rate;

test.each([
  [0, 1],
  [50, 2],
  [150, 3],
  [150, 4],
  [300, 5],
])("after a partition of 4 s a client %d ms away plays within two round trips of its socket (seed %d)", async (rttMs, seed) => {
  const world = new FakeWorld();
  const server = new LakeServer(world);
  const env = { ...world.environment, random: seeded(seed) };
  const network = new NetworkSimulator({ ...env, WebSocket: server.WebSocket });
  network.conditions = { rttMs, jitterMs: 0, stalls: 0, stallMs: 0 };
  let asked = 0;
  const seats = async () => {
    // The lobby is behind the same network.
    if (asked++ > 0) await network.fetch("/", {}).catch(() => Promise.reject(new Error("unreachable")));
    return { url: "ws://lake/", roomId: "r" };
  };
  const joining = Room.join(seats, lake, { codec: plain, environment: { ...env, WebSocket: network.WebSocket } });
  await world.pass(1000);
  const room = await joining;
  room.setInput({ pull: 1 });
  await world.pass(2000);

  const back: { at: number; resumed: boolean }[] = [];
  room.lifecycle.on("reconnect", ({ resumed }) => back.push({ at: world.time, resumed }));
  const inputsBefore = server.inputs.length;
  network.cut(4000);
  const healed = world.time + 4000;
  expect(room.state).toBe("reconnecting");
  await world.pass(3999);
  expect(server.inputs.length - inputsBefore, "what was on its way is lost too").toBe(0);
  await world.pass(10_000);

  expect(back.map((b) => b.resumed)).toEqual([true]);
  expect(server.joins).toHaveLength(2);
  const opened = server.joins[1]! - rttMs / 2;
  const played = server.inputs[inputsBefore]!;
  expect(opened - healed, "the wait for the next attempt").toBeLessThan(2000 + rttMs);
  expect(back[0]!.at - opened, "snapshot").toBeLessThanOrEqual(rttMs + 1);
  expect(played - opened, "input for a tick to come").toBeLessThanOrEqual(Math.max(2 * rttMs, 2 * tickMs));
  // And what comes after is in time as well.
  expect(server.inputs.length - inputsBefore).toBeGreaterThan(((10_000 - 5000) / 1000) * rate);
});
