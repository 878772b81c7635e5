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
  deaths: number;
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
  attacker: number;
  victim: number;
  damage: number;
  x: number;
  y: number;
}

/** Event "kill". */
export interface ArenaKill {
  attacker: number;
  victim: number;
  x: number;
  y: number;
}

/** Event "said". */
export interface ArenaSaid {
  player: number;
  text: string;
}

export interface ArenaEvents {
  hit: ArenaHit;
  kill: ArenaKill;
  said: ArenaSaid;
}

/** Arguments of call "say". */
export interface ArenaSay {
  text: string;
}

export interface ArenaCalls {
  say: ArenaSay;
}

/** One input: every field of it each tick. */
export interface ArenaInput {
  turn: number;
  thrust: boolean;
  fire: boolean;
}

/** All types of game "arena". */
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
        { name: "x", kind: "fixed", bits: 17, lo: 0, hi: 128000, interp: "lerp", step: 0.03125 },
        { name: "y", kind: "fixed", bits: 17, lo: 0, hi: 128000, interp: "lerp", step: 0.03125 },
        { name: "angle", kind: "fixed", bits: 10, lo: 0, hi: 1023, interp: "lerp", step: 0.006135923151542565, wrap: true },
        { name: "hp", kind: "uint", bits: 8, lo: 0, hi: 255 },
        { name: "score", kind: "uint", bits: 16, lo: 0, hi: 65535 },
        { name: "deaths", kind: "uint", bits: 16, lo: 0, hi: 65535 },
      ],
    },
    {
      name: "shot",
      fields: [
        { name: "owner", kind: "player", bits: 32, lo: 0, hi: 4294967295, once: true },
        { name: "x", kind: "fixed", bits: 17, lo: 0, hi: 128000, interp: "lerp", step: 0.03125 },
        { name: "y", kind: "fixed", bits: 17, lo: 0, hi: 128000, interp: "lerp", step: 0.03125 },
      ],
    },
  ],
  events: [
    {
      name: "hit",
      fields: [
        { name: "attacker", kind: "player", bits: 32, lo: 0, hi: 4294967295 },
        { name: "victim", kind: "player", bits: 32, lo: 0, hi: 4294967295 },
        { name: "damage", kind: "uint", bits: 8, lo: 0, hi: 255 },
        { name: "x", kind: "fixed", bits: 17, lo: 0, hi: 128000, step: 0.03125 },
        { name: "y", kind: "fixed", bits: 17, lo: 0, hi: 128000, step: 0.03125 },
      ],
    },
    {
      name: "kill",
      fields: [
        { name: "attacker", kind: "player", bits: 32, lo: 0, hi: 4294967295 },
        { name: "victim", kind: "player", bits: 32, lo: 0, hi: 4294967295 },
        { name: "x", kind: "fixed", bits: 17, lo: 0, hi: 128000, step: 0.03125 },
        { name: "y", kind: "fixed", bits: 17, lo: 0, hi: 128000, step: 0.03125 },
      ],
    },
    {
      name: "said",
      fields: [
        { name: "player", kind: "player", bits: 32, lo: 0, hi: 4294967295 },
        { name: "text", kind: "str", bits: 0, lo: 0, hi: 0, max: 120 },
      ],
    },
  ],
  input: [
    { name: "turn", kind: "int", bits: 2, lo: -1, hi: 1 },
    { name: "thrust", kind: "bool", bits: 1, lo: 0, hi: 1 },
    { name: "fire", kind: "bool", bits: 1, lo: 0, hi: 1, edge: true },
  ],
  calls: [
    {
      name: "say",
      fields: [{ name: "text", kind: "str", bits: 0, lo: 0, hi: 0, max: 120 }],
    },
  ],
};
