import type { QueueStep } from "@skirmish-dev/sdk";
import { expect, test } from "vitest";
import { told as wait } from "../src/door/ranked.js";

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
