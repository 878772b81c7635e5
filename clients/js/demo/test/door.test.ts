import type { PlayedMatch, QueueStep } from "@skirmish-dev/sdk";
import { expect, test } from "vitest";
import { told as wait } from "../src/door/ranked.js";
import { changed, told } from "../src/door/ranking.js";

test("a wait is told with what is known of it", () => {
  const step = { state: "queued", position: 2 } as QueueStep;
  expect(wait(step)).toBe("You are number 2.");
  expect(wait({ ...step, estimateS: 20, reason: { cause: "players", found: 1, needed: 2 } })).toBe(
    "You are number 2, about 20 s. Nobody else is looking yet.",
  );
  expect(wait({ ...step, state: "ready", ready: { accepted: true, given: 1, players: 2 } })).toBe(
    "An opponent is found; 1 of 2 are ready.",
  );
});

test("a match of the past is told from the player's side", () => {
  const match = { outcome: "win", players: [{ playerId: "a", name: "Ann" }, { playerId: "b", name: "Ben" }] } as unknown as PlayedMatch;
  expect(told(match, "a")).toBe("Won against Ben");
  expect(told({ ...match, outcome: "loss" }, "b")).toBe("Lost to Ann");
  expect(told({ ...match, players: [] }, "b")).toBe("Won against a player who is gone");
});

test("a change of rating has its sign", () => {
  expect(changed({ before: 0, after: 2.04 })).toBe("+2.0");
  expect(changed({ before: 3, after: 1.5 })).toBe("−1.5");
  expect(changed(undefined)).toBe("");
});
