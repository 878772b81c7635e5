import { expect, test } from "vitest";
import type { DrawnShip } from "../src/scene.js";
import { Spotlight } from "../src/spotlight.js";

const ship = (owner: number) => ({ owner }) as DrawnShip;
const players = [
  { player: 3, score: 1 },
  { player: 5, score: 4 },
  { player: 9, score: 0 },
];
const ships = players.map(({ player }) => ship(player));

test("the best is followed first, and stays so when another gets better", () => {
  const light = new Spotlight();
  expect(light.on(ships, players, 0)?.owner).toBe(5);
  expect(light.on(ships, [{ player: 9, score: 7 }, ...players.slice(0, 2)], 0)?.owner).toBe(5);
});

test("a key goes on once, however long it is down, and round", () => {
  const light = new Spotlight();
  light.on(ships, players, 0);
  expect([1, 1, 1, 0, 1, 0, -1].map((turn) => light.on(ships, players, turn)?.owner)).toEqual([9, 9, 9, 9, 3, 3, 9]);
});

test("nobody is followed elsewhere while it waits for its next life, and the best when it has left", () => {
  const light = new Spotlight();
  light.on(ships, players, 0);
  expect(light.on([ship(3)], players, 0)).toBeUndefined();
  expect(light.owner).toBe(5);
  expect(light.on(ships, players.filter((p) => p.player !== 5), 0)?.owner).toBe(3);
  expect(light.on([], [], 0)).toBeUndefined();
});
