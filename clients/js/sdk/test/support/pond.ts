import type { GameSchema } from "../../src/schema-type.js";
import { Writer } from "../../src/wire/writer.js";

/** A small game for tests: ducks that swim, turn and quack. */
export interface Pond {
  tables: {
    players: { id: number; name: string; bot: boolean };
    duck: { owner: number; x: number; angle: number; awake: boolean };
  };
  events: { quack: { by: number; loud: number } };
  calls: { rename: { to: string }; feed: { grams: number } };
  input: { swim: number; quack: boolean };
}

const word = { bits: 32, lo: 0, hi: 4294967295 } as const;

export const pond: GameSchema<Pond> = {
  game: "pond",
  schemaHash: "0102030405060708",
  inputHash: "1112131415161718",
  tables: [
    {
      name: "players",
      fields: [
        { name: "id", kind: "player", ...word, once: true },
        { name: "name", kind: "text", ...word },
        { name: "bot", kind: "bool", bits: 1, lo: 0, hi: 1 },
      ],
    },
    {
      name: "duck",
      fields: [
        { name: "owner", kind: "player", ...word, once: true },
        { name: "x", kind: "fixed", bits: 16, lo: -3200, hi: 3200, interp: "lerp", step: 0.25 },
        { name: "angle", kind: "fixed", bits: 8, lo: 0, hi: 255, interp: "lerp", step: 1.40625, wrap: true },
        { name: "awake", kind: "bool", bits: 1, lo: 0, hi: 1 },
      ],
    },
  ],
  events: [
    {
      name: "quack",
      fields: [
        { name: "by", kind: "player", ...word },
        { name: "loud", kind: "uint", bits: 8, lo: 0, hi: 255 },
      ],
    },
  ],
  input: [
    { name: "swim", kind: "int", bits: 2, lo: -1, hi: 1 },
    { name: "quack", kind: "bool", bits: 1, lo: 0, hi: 1, edge: true },
  ],
  calls: [
    { name: "rename", fields: [{ name: "to", kind: "str", bits: 0, lo: 0, hi: 0, max: 8 }] },
    { name: "feed", fields: [{ name: "grams", kind: "uint", bits: 8, lo: 0, hi: 200 }] },
  ],
};

/** A value of a message under construction; `Uint8Array` becomes bin. */
export type Wire = number | string | null | Uint8Array | readonly Wire[];

/** Packs a message from plain values. */
export function pack(value: Wire): Uint8Array<ArrayBuffer> {
  const w = new Writer();
  write(w, value);
  return Uint8Array.from(w.done());
}

function write(w: Writer, value: Wire): void {
  if (value === null) w.nil();
  else if (typeof value === "number") w.int(value);
  else if (typeof value === "string") w.str(value);
  else if (value instanceof Uint8Array) w.bin(value);
  else {
    w.array(value.length);
    for (const v of value) write(w, v);
  }
}

const none = new Uint8Array(0);

/** HELLO of a pond at `tick`: 30 ticks per second, we are player 7. */
export function hello(tick: number, resumeSeat: string | null = null, player = 7, assets: readonly Wire[] = []): Wire {
  const ten = [0, 1, 0, Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]), null, player, 30, tick, tick * 33333, resumeSeat];
  return assets.length > 0 ? [...ten, assets] : ten;
}

/** FULL with ducks given as [slot, owner, x word, angle word, awake]. */
export function full(tick: number, ducks: readonly (readonly number[])[] = []): Wire {
  return [1, tick, [0, null, [[], none, [], ducks.flatMap(([slot = 0, ...row]) => [slot, 1, ...row])]]];
}

/** DELTA of one tick in which nothing changed but what was predicted. */
export function delta(
  tick: number,
  extra: { readonly lag?: number; readonly pace?: number | null; readonly body?: Wire } = {},
): Wire {
  return [2, tick & 0xffff, extra.lag ?? 1, null, extra.pace ?? null, extra.body ?? [0]];
}
