import * as fault from "../errors/faults.js";
import { ProtocolError } from "../errors/protocol-error.js";
import type { RoomSchema } from "../schema-type.js";
import { protocolVersion } from "./client-messages.js";
import type { Reader } from "./reader.js";


const maxSafe = Number.MAX_SAFE_INTEGER;
const maxText = 4096;

export interface Hello {
  /** The codec of bodies: 0 plain, 1 packed. */
  readonly codec: number;
  readonly schemaHash: string;
  /** Undefined when the room's schema is the one JOIN named. */
  readonly schema: RoomSchema | undefined;
  /** This client's player id; 0 for a spectator. */
  readonly player: number;
  /** Ticks per second, 1 to 128. */
  readonly tickRate: number;
  /** Newest tick that had run. */
  readonly tick: number;
  /** The room's clock in microseconds. */
  readonly time: number;
  /** Dialled to come back after a loss; undefined when the room keeps no places. */
  readonly resumeSeat: string | undefined;
  /** What can be fetched beside the socket. */
  readonly assets: readonly AssetInfo[];
}

/** What HELLO says about an asset. */
export interface AssetInfo {
  readonly name: string;
  /** Its SHA-256 in 64 hexadecimal digits. */
  readonly hash: string;
  /** Bytes. */
  readonly size: number;
}

const maxAssetSize = 16 << 20;

/** What reads those parts of HELLO that not every page needs. */
export interface HelloParts {
  readonly readSchema?: (r: Reader) => RoomSchema;
  readonly readAssets?: (r: Reader) => readonly AssetInfo[];
}

/** Reads HELLO after its type; `n` is the message's array length. Undefined when it has a schema that nothing reads. */
export function readHello(r: Reader, n: number, { readSchema, readAssets }: HelloParts): Hello | undefined {
  if (n !== 11) exactly(n, 10);
  const protocol = r.uint();
  if (protocol !== protocolVersion) throw new ProtocolError(fault.otherProtocol, protocol, protocolVersion);
  const codec = r.uint();
  const hash = r.bin();
  if (hash.length !== 8) throw new ProtocolError(fault.hashLength, hash.length);
  let schema: RoomSchema | undefined;
  if (!r.nil()) {
    if (readSchema === undefined) {
      r.toEnd();
      return undefined;
    }
    schema = readSchema(r);
  }
  const player = r.uint();
  const tickRate = r.uint(128);
  if (tickRate < 1) throw new ProtocolError(fault.noTickRate);
  const tick = r.uint();
  const time = r.uint(maxSafe);
  const resumeSeat = r.nil() ? undefined : r.str(maxText);
  const assets = n === 11 && readAssets !== undefined ? readAssets(r) : [];
  // They are the last of it.
  if (readAssets === undefined) r.toEnd();
  return { assets, resumeSeat, codec, schemaHash: toHex(hash), schema, player, tickRate, tick, time };
}

/** Reads HELLO's list of assets. */
export function readAssets(r: Reader): readonly AssetInfo[] {
  return Array.from({ length: r.array() }, () => {
    exactly(r.array(), 3);
    const name = r.str(64);
    const hash = r.bin();
    if (hash.length !== 32) throw new ProtocolError(fault.hashLength, hash.length);
    return { name, hash: toHex(hash), size: r.uint(maxAssetSize) };
  });
}

/** DELTA without its body and events, which follow in the reader. */
export interface DeltaHead {
  readonly tick: number;
  /** Ticks since the baseline. */
  readonly lag: number;
  /** Label of the newest input the room has consumed, or undefined. */
  readonly inputTick: number | undefined;
  /** Least arrival margin of the last second in 1/16 tick, or undefined. */
  readonly pace: number | undefined;
}

/** Reads DELTA after its type up to its body. `baseline` is the tick of the last FULL or DELTA. */
export function readDeltaHead(r: Reader, n: number, baseline: number): DeltaHead {
  if (n !== 8) exactly(n, 6);
  const tick16 = r.uint(0xffff);
  const lag = r.uint(0xffff);
  const forward = (tick16 - baseline) & 0xffff;
  if (lag === 0 || lag !== forward)
    throw new ProtocolError(fault.desync, lag, baseline);
  const tick = baseline + lag;
  const ack = r.nil() ? undefined : r.int();
  const pace = r.nil() ? undefined : r.int();
  if (pace !== undefined && (pace < -128 || pace > 127)) throw new ProtocolError(fault.outOfRange, "pace", pace, -128, 127);
  return { tick, lag, inputTick: ack === undefined ? undefined : tick - ack, pace };
}

export interface Reply {
  readonly id: number;
  /** 0 ok, 1 refused, 2 no such method, 3 bad arguments, 4 too many calls. */
  readonly status: number;
  /** The reason in words; empty when status is 0. */
  readonly reason: string;
}

export function readReply(r: Reader, n: number): Reply {
  exactly(n, 4);
  const id = r.uint();
  const status = r.uint(4);
  const reason = r.nil() ? "" : r.str(maxText);
  return { id, status, reason };
}

export interface Pong {
  /** What PING carried. */
  readonly t0: number;
  /** Room clock in microseconds when PING came, and when PONG was made. */
  readonly t1: number;
  readonly t2: number;
}

export function readPong(r: Reader, n: number): Pong {
  exactly(n, 4);
  return { t0: r.uint(maxSafe), t1: r.uint(maxSafe), t2: r.uint(maxSafe) };
}

export interface Bye {
  readonly code: number;
  /** Wait that long before coming back; 0: as you like. */
  readonly retryMs: number;
  /** Another URL to dial. */
  readonly where: string | undefined;
}

export function readBye(r: Reader, n: number): Bye {
  exactly(n, 4);
  return { code: r.uint(0xffff), retryMs: r.uint(), where: r.nil() ? undefined : r.str(maxText) };
}

/** SEAT: a fresh resume seat. */
export function readSeat(r: Reader, n: number): string {
  exactly(n, 2);
  return r.str(maxText);
}

/** The tick nearest to `reference` whose low 16 bits are `tick16`. */
export function nearTick(tick16: number, reference: number): number {
  return reference + (((tick16 - reference) << 16) >> 16);
}

export function exactly(n: number, want: number): void {
  if (n !== want) throw new ProtocolError(fault.arrayLength, n, want);
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
