import type { Environment, WebSocketLike } from "../../src/time/environment.js";
import { Reader } from "../../src/wire/reader.js";
import { pack, type Wire } from "./pond.js";

/** A socket that the test plays the server of. */
export class FakeSocket implements WebSocketLike {
  binaryType = "";
  readyState = 0;
  bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason?: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly url: string;
  readonly sent: Uint8Array[] = [];
  closedWith: number | undefined;

  constructor(url: string) {
    this.url = url;
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    this.sent.push(Uint8Array.from(data));
  }

  close(code?: number): void {
    this.closedWith = code;
    this.readyState = 3;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  receive(message: Wire): void {
    this.receiveBytes(pack(message));
  }

  receiveBytes(bytes: Uint8Array<ArrayBuffer>): void {
    this.onmessage?.({ data: bytes.buffer });
  }

  drop(code: number, reason = ""): void {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }

  /** The messages of one type that were sent, as arrays of integers and nested arrays, without the type. */
  messages(type: number): unknown[][] {
    return this.sent.map((bytes) => plain(new Reader(bytes)) as unknown[]).flatMap(([t, ...rest]) => (t === type ? [rest] : []));
  }
}

/** Reads any message of the client's as plain values. */
export function plain(r: Reader): unknown {
  if (r.nil()) return null;
  const first = r.peek();
  if ((first >= 0x90 && first <= 0x9f) || first === 0xdc) return Array.from({ length: r.array() }, () => plain(r));
  if ((first >= 0xa0 && first <= 0xbf) || first === 0xd9) return r.str(4096);
  return first === 0xc4 ? r.bin() : r.int();
}

/** A clock, timers, dice and sockets that only move when the test says so. */
export class FakeWorld {
  time = 1000;
  dice = 0.5;
  readonly sockets: FakeSocket[] = [];
  #timers: { readonly at: number; readonly run: () => void }[] = [];

  readonly environment: Environment = {
    now: () => this.time,
    random: () => this.dice,
    setTimeout: (run, ms) => {
      const timer = { at: this.time + ms, run };
      this.#timers.push(timer);
      return timer;
    },
    clearTimeout: (timer) => {
      this.#timers = this.#timers.filter((t) => t !== timer);
    },
    fetch: () => Promise.reject(new TypeError("there is no network here")),
    WebSocket: socketClass(this),
  };

  /** The newest socket. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("nothing was dialled");
    return socket;
  }

  get timers(): number {
    return this.#timers.length;
  }

  /** Lets `ms` pass, running timers in order. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      await settle();
      const next = this.#timers.reduce<{ at: number; run: () => void } | undefined>(
        (a, b) => (a === undefined || b.at < a.at ? b : a),
        undefined,
      );
      if (next === undefined || next.at > end) break;
      this.#timers = this.#timers.filter((t) => t !== next);
      this.time = Math.max(this.time, next.at);
      next.run();
    }
    this.time = end;
    await settle();
  }
}

/** Lets everything that waits for a promise go on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

function socketClass(world: FakeWorld): Environment["WebSocket"] {
  return class extends FakeSocket {
    constructor(url: string) {
      super(url);
      world.sockets.push(this);
    }
  };
}
