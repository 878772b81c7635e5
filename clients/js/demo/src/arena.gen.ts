import type { GameSchema } from "@skirmish-dev/sdk";

/** A row of table "players". */
export interface ArenaPlayers {
  id: number;
  name: string;
  bot: boolean;
}

/** A row of table "ship". */
export interface ArenaShip {
  owner: number;
  x: number;
  y: number;
  angle: number;
  hp: number;
  score: number;
}

/** A row of table "shot". */
export interface ArenaShot {
  owner: number;
  x: number;
  y: number;
}

export interface ArenaTables {
  players: ArenaPlayers;
  ship: ArenaShip;
  shot: ArenaShot;
}

/** Event "hit". */
export interface ArenaHit {
  target: number;
  by: number;
  x: number;
  y: number;
}

/** Event "kill". */
export interface ArenaKill {
  target: number;
  by: number;
  x: number;
  y: number;
}

export interface ArenaEvents {
  hit: ArenaHit;
  kill: ArenaKill;
}

/** One input: every field of it each tick. */
export interface ArenaInput {
  turn: number;
  thrust: boolean;
  fire: boolean;
}

/** The game has no calls. */
export type ArenaCalls = Record<never, never>;

export interface Arena {
  tables: ArenaTables;
  events: ArenaEvents;
  calls: ArenaCalls;
  input: ArenaInput;
}

export const arena: GameSchema<Arena> = {
  game: "arena",
  schemaHash: "",
  inputHash: "",
  tables: [
    {
      name: "players",
      fields: [
        { name: "id", kind: "player", bits: 32, lo: 0, hi: 4294967295, once: true },
        { name: "name", kind: "text", bits: 32, lo: 0, hi: 4294967295 },
        { name: "bot", kind: "bool", bits: 1, lo: 0, hi: 1 },
      ],
    },
    {
      name: "ship",
      fields: [
        { name: "owner", kind: "player", bits: 32, lo: 0, hi: 4294967295, once: true },
        { name: "x", kind: "fixed", bits: 32, lo: -2147483648, hi: 2147483647, interp: "lerp", step: 0.03125 },
        { name: "y", kind: "fixed", bits: 32, lo: -2147483648, hi: 2147483647, interp: "lerp", step: 0.03125 },
        { name: "angle", kind: "fixed", bits: 10, lo: 0, hi: 1023, interp: "lerp", step: 0.006135923151542565, wrap: true },
        { name: "hp", kind: "uint", bits: 8, lo: 0, hi: 255 },
        { name: "score", kind: "uint", bits: 16, lo: 0, hi: 65535 },
      ],
    },
    {
      name: "shot",
      fields: [
        { name: "owner", kind: "player", bits: 32, lo: 0, hi: 4294967295, once: true },
        { name: "x", kind: "fixed", bits: 32, lo: -2147483648, hi: 2147483647, interp: "lerp", step: 0.03125 },
        { name: "y", kind: "fixed", bits: 32, lo: -2147483648, hi: 2147483647, interp: "lerp", step: 0.03125 },
      ],
    },
  ],
  events: [
    {
      name: "hit",
      fields: [
        { name: "target", kind: "player", bits: 32, lo: 0, hi: 4294967295 },
        { name: "by", kind: "player", bits: 32, lo: 0, hi: 4294967295 },
        { name: "x", kind: "fixed", bits: 32, lo: -2147483648, hi: 2147483647, step: 0.03125 },
        { name: "y", kind: "fixed", bits: 32, lo: -2147483648, hi: 2147483647, step: 0.03125 },
      ],
    },
    {
      name: "kill",
      fields: [
        { name: "target", kind: "player", bits: 32, lo: 0, hi: 4294967295 },
        { name: "by", kind: "player", bits: 32, lo: 0, hi: 4294967295 },
        { name: "x", kind: "fixed", bits: 32, lo: -2147483648, hi: 2147483647, step: 0.03125 },
        { name: "y", kind: "fixed", bits: 32, lo: -2147483648, hi: 2147483647, step: 0.03125 },
      ],
    },
  ],
  input: [
    { name: "turn", kind: "int", bits: 2, lo: -1, hi: 1 },
    { name: "thrust", kind: "bool", bits: 1, lo: 0, hi: 1 },
    { name: "fire", kind: "bool", bits: 1, lo: 0, hi: 1, edge: true },
  ],
  calls: [],
};
