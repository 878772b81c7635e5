import { readFileSync } from "node:fs";
import type { FieldSchema } from "../../src/schema-type.js";
import { packed } from "../../src/state/packed.js";
import { plain } from "../../src/state/plain.js";

/** The codecs by their numbers. */
export const codecs = [plain, packed];

/** Golden vectors that the Go side writes and both suites read. */
function load(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../../../netcode/testdata/${name}`, import.meta.url), "utf8"));
}

export interface MessageVector {
  readonly name: string;
  readonly dir: "c2s" | "s2c";
  readonly value: Record<string, unknown>;
  readonly hex: string;
}

export interface SnapshotVector {
  readonly name: string;
  readonly schema: string;
  readonly schema_hash: string;
  /** 0 plain, 1 packed. */
  readonly codec: number;
  /** The receiver's player id. */
  readonly player: number;
  readonly messages: readonly {
    readonly full: boolean;
    readonly tick: number;
    readonly lag: number;
    readonly body: string;
    /** Per table, per entity: its id, the tick it was last sent, and its words. */
    readonly state: readonly (readonly (readonly number[])[])[];
  }[];
}

export interface BetweenVector {
  readonly field: FieldSchema;
  /** Of a curve: the words before `a`, and the ticks between the four. */
  readonly before?: readonly [number, number];
  readonly gaps?: readonly [number, number, number];
  readonly a: number;
  readonly b: number;
  readonly part: number;
  readonly value: number;
}

export const messageVectors = load("messages.json") as readonly MessageVector[];
export const snapshotVectors = load("snapshots.json") as readonly SnapshotVector[];
export const betweenVectors = load("between.json") as readonly BetweenVector[];

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
