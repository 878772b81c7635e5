// tsc reads this file with the module beside it, which the test of netcode/schema/tsgen compares: what is generated is TypeScript, its
// types are those of the schema's kinds, and the SDK takes it.
import type { GameSchema } from "@skirmish-dev/sdk";
import { everyKind, type EveryKind, type EveryKindCallResign, type EveryKindTableCrewMember } from "./every-kind.gen.js";

export const game: GameSchema<EveryKind> = everyKind;

export const row: EveryKindTableCrewMember = {
  owner: 1,
  alive: true,
  hp: 100,
  mood: -3,
  x: 1.5,
  angle: 3.1,
  depth: 0.25,
  label: "Ann",
  target: 7,
  "slot[0]": -1,
};
export const resign: EveryKindCallResign = {};

// @ts-expect-error a bool is no number
row.alive = 1;
// @ts-expect-error a text is its string, not an id
row.label = 3;
// @ts-expect-error there is no such table
export type Nobody = EveryKind["tables"]["nobody"];
// @ts-expect-error every field of an input is sent
export const half: EveryKind["input"] = { dx: 1 };
