import type { GameSchema } from "../../src/schema-type.js";
import { Reader } from "../../src/wire/reader.js";
import { FakeSocket, plain, type FakeWorld } from "./fake-world.js";
import type { Wire } from "./pond.js";

/** A game with a server of its own, in virtual time: one boat that rows along a line and fires balls ahead of it. */
export interface Lake {
  tables: {
    players: { id: number };
    boat: Boat;
    ball: Ball;
  };
  events: {};
  calls: {};
  input: LakeInput;
}

export interface Boat {
  owner: number;
  x: number;
  speed: number;
  reload: number;
}

export interface Ball {
  owner: number;
  x: number;
  fired: number;
}

export interface LakeInput {
  pull: number;
  fire: boolean;
}

const word = { bits: 32, lo: 0, hi: 4294967295 } as const;
const place = { kind: "fixed", bits: 24, lo: -8000000, hi: 8000000, interp: "lerp", step: 1 / 32 } as const;

export const lake: GameSchema<Lake> = {
  game: "lake",
  schemaHash: "0102030405060708",
  inputHash: "1112131415161718",
  tables: [
    { name: "players", fields: [{ name: "id", kind: "player", ...word, once: true }] },
    {
      name: "ball",
      fields: [
        { name: "owner", kind: "player", ...word, once: true },
        { name: "x", ...place },
        { name: "fired", kind: "uint", bits: 8, lo: 0, hi: 255, once: true },
      ],
    },
    {
      name: "boat",
      predicted: true,
      fields: [
        { name: "owner", kind: "player", ...word, once: true },
        { name: "x", ...place },
        { name: "speed", kind: "fixed", bits: 16, lo: -30000, hi: 30000, step: 1 / 8, owneronly: true },
        { name: "reload", kind: "uint", bits: 8, lo: 0, hi: 255, owneronly: true },
      ],
    },
  ],
  events: [],
  calls: [],
  input: [
    { name: "pull", kind: "int", bits: 2, lo: -1, hi: 1 },
    { name: "fire", kind: "bool", bits: 1, lo: 0, hi: 1, edge: true },
  ],
};

export const rate = 30;
export const ballSpeed = 900;
export const reloadTicks = 6;
const ballTicks = 40;
const lateTicks = 7;
const longestRewind = 12;
const me = 7;
const tickMs = 1000 / rate;

/** One tick of a boat; true when it fires. */
export function row(boat: Boat, input: LakeInput, dt: number): boolean {
  boat.speed = boat.speed * 0.9 + input.pull * 12;
  boat.x += boat.speed * dt;
  if (boat.reload > 0) boat.reload--;
  if (boat.reload > 0 || !input.fire) return false;
  boat.reload = reloadTicks;
  return true;
}

/** A ball of the server's. */
export interface Flown {
  readonly slot: number;
  readonly made: number;
  /** The first tick without it. */
  ended: number;
  /** Where it was after each tick from `made` on. */
  readonly way: number[];
}

interface Entity {
  readonly slot: number;
  readonly enter: readonly number[];
  readonly x: number;
  readonly owned: readonly number[];
}

/** What the client was sent of an entity. */
interface Sent {
  rows: { readonly tick: number; readonly x: number }[];
  owned: readonly number[];
}

/** How a lake's server is out of the ordinary. */
export interface LakeOptions {
  /** The gun goes off without a ball in this tick, as when a shot hits at once. */
  readonly eats?: (tick: number) => boolean;
  /** No snapshot goes out after this tick. */
  readonly skips?: (tick: number) => boolean;
}

/** The server's side of every socket of `world`: one room with one player. */
export class LakeServer {
  tick = 100;
  readonly balls: Flown[] = [];
  /** When a client came, and when inputs came for a tick that was still to run; world time. */
  readonly joins: number[] = [];
  readonly inputs: number[] = [];
  /** Ticks in which the boat fired. */
  readonly fired: number[] = [];
  readonly #boat: Boat = { owner: me, x: 0, speed: 0, reload: 0 };
  readonly #world: FakeWorld;
  readonly #options: LakeOptions;
  readonly #start: number;
  readonly #inputs = new Map<number, { readonly input: LakeInput; readonly view: number }>();
  #last: LakeInput = { pull: 0, fire: false };
  #lateFire = false;
  #view = 0;
  #margins: { readonly at: number; readonly margin: number }[] = [];
  #socket: FakeSocket | undefined;
  #sent = new Map<string, Sent>();
  #sentTick = 0;

  constructor(world: FakeWorld, options: LakeOptions = {}) {
    this.#world = world;
    this.#options = options;
    this.#start = world.time;
    const receive = (socket: FakeSocket, data: Uint8Array) => this.#receive(socket, data);
    this.WebSocket = class extends FakeSocket {
      constructor(url: string) {
        super(url);
        world.environment.setTimeout(() => this.open(), 0);
      }
      override send(data: Uint8Array<ArrayBuffer>): void {
        receive(this, data.slice());
      }
    };
    this.#schedule();
  }

  readonly WebSocket: new (url: string) => FakeSocket;

  #schedule(): void {
    const due = this.#start + (this.tick + 1 - 100) * tickMs;
    this.#world.environment.setTimeout(() => {
      this.#step();
      this.#schedule();
    }, due - this.#world.time);
  }

  #receive(socket: FakeSocket, data: Uint8Array): void {
    const [type, ...rest] = plain(new Reader(data as Uint8Array<ArrayBuffer>)) as [number, ...unknown[]];
    if (type === 0) {
      this.#socket = socket;
      this.#sent.clear();
      const hash = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
      socket.receive([0, 1, 0, hash, null, me, rate, this.tick, this.tick * 33333, `S${this.joins.push(this.#world.time)}`]);
      socket.receive([1, this.tick, [0, null, ...this.#tables()]]);
      this.#sentTick = this.tick;
    } else if (type === 1) this.#take(rest as [number, number, number, number[][]]);
    else if (type === 3) socket.receive([5, rest[0] as number, 0, 0]);
  }

  #take([first, , view, inputs]: [number, number, number, number[][]]): void {
    // Fractional ticks since the last one ran.
    const now = this.tick + (this.#world.time - this.#start) / tickMs - (this.tick - 100);
    inputs.forEach(([pull, fire], i) => {
      const label = first + i;
      const newest = i === inputs.length - 1;
      if (newest) this.#margins.push({ at: this.#world.time, margin: label - now });
      if (label <= this.tick) this.#lateFire ||= fire === 1 && label > this.tick - lateTicks;
      else {
        this.inputs.push(this.#world.time);
        this.#inputs.set(label, { input: { pull: pull!, fire: fire === 1 }, view: view / 16 - (inputs.length - 1 - i) });
      }
    });
  }

  #step(): void {
    const tick = ++this.tick;
    const taken = this.#inputs.get(tick);
    this.#inputs.delete(tick);
    const input = { ...(taken?.input ?? { ...this.#last, fire: false }) };
    this.#view = Math.max(this.#view, taken?.view ?? 0);
    this.#last = input;
    if (taken !== undefined) {
      input.fire ||= this.#lateFire;
      this.#lateFire = false;
    }
    const fires = row(this.#boat, input, Math.fround(1 / rate));
    const { x } = this.#boat;
    this.#boat.x = rounded(x, 32);
    this.#boat.speed = rounded(this.#boat.speed, 8);
    for (const ball of this.balls) {
      if (ball.ended === tick) continue;
      if (ball.ended > tick) ball.way.push(ball.way.at(-1)! + ballSpeed / rate);
    }
    if (fires) this.#fire(tick, x);
    if (this.#socket?.readyState === 1 && !this.#options.skips?.(tick)) this.#send(tick);
  }

  /** It flies through what the player had not seen yet, and appears that far on. */
  #fire(tick: number, x: number): void {
    this.fired.push(tick);
    if (this.#options.eats?.(tick)) return;
    const rewind = Math.min(longestRewind, Math.max(0, tick - 1 - this.#view));
    const way = [x + ((1 + rewind) * ballSpeed) / rate];
    this.balls.push({ slot: this.balls.length + 1, made: tick, ended: tick + Math.ceil(ballTicks - rewind), way });
  }

  #send(tick: number): void {
    this.#margins = this.#margins.filter((m) => this.#world.time - m.at < 1000);
    const pace = this.#margins.length === 0 ? null : Math.round(16 * Math.min(...this.#margins.map((m) => m.margin)));
    const lag = tick - this.#sentTick;
    const message: Wire = [2, tick & 0xffff, lag, null, pace && Math.max(-128, Math.min(127, pace)), [0, null, ...this.#tables()]];
    this.#sentTick = tick;
    this.#socket!.receive(message);
  }

  /** The tables as they have to be told to the client that was sent `#sent`. */
  #tables(): Wire[] {
    const balls = this.balls.filter((b) => b.ended > this.tick && b.made <= this.tick);
    const { x, speed, reload } = this.#boat;
    return [
      this.#table("ball", balls.map((b) => ({ slot: b.slot, enter: [b.made & 0xff], x: steps(b.way.at(-1)!), owned: [] }))),
      this.#table("boat", [{ slot: 3, enter: [], x: steps(x), owned: [speed * 8, reload] }]),
    ];
  }

  #table(name: string, entities: readonly Entity[]): Wire {
    const keyOf = (slot: number) => `${name} ${slot}`;
    const there = new Set(entities.map((e) => keyOf(e.slot)));
    const leaves = [...this.#sent.keys()].filter((key) => key.startsWith(`${name} `) && !there.has(key));
    for (const key of leaves) this.#sent.delete(key);
    const bits: number[] = [];
    const values: number[] = [];
    const enters: number[] = [];
    const owned: number[] = [];
    for (const entity of entities) {
      const key = keyOf(entity.slot);
      const before = this.#sent.get(key);
      if (before === undefined) enters.push(entity.slot, 1, me, entity.x, ...entity.enter);
      else {
        const residual = entity.x - guess(before, this.tick);
        bits.push(...(residual === 0 ? [0] : [1, 1]));
        if (residual !== 0) values.push(residual);
      }
      const had = before?.owned ?? entity.owned.map(() => 0);
      const differs = entity.owned.map((value, i) => value !== had[i]);
      const mask = differs.reduce((bits, d) => 2 * bits + Number(d), 0);
      if (differs.length > 0) owned.push(mask, ...entity.owned.filter((_, i) => differs[i]));
      this.#sent.set(key, { rows: [{ tick: this.tick, x: entity.x }, ...(before?.rows ?? [])].slice(0, 2), owned: entity.owned });
    }
    const slots = leaves.map((key) => Number(key.split(" ")[1])).sort((a, b) => a - b);
    return [slots, bytesOf(bits), values, enters, ...(name === "boat" ? [owned] : [])];
  }
}

const steps = (x: number) => Math.floor(x * 32 + 0.5);
const rounded = (x: number, per: number) => Math.floor(x * per + 0.5) / per;

function guess({ rows: [one, two] }: Sent, tick: number): number {
  if (two === undefined || one!.tick - two.tick > 8 || tick - one!.tick > 8) return one!.x;
  return one!.x + Math.floor(((one!.x - two.x) * (tick - one!.tick)) / (one!.tick - two.tick));
}

function bytesOf(bits: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  bits.forEach((bit, i) => (bytes[i >> 3]! |= bit << (7 - (i & 7))));
  return bytes;
}
