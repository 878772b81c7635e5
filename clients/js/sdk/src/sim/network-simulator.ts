import type { Fetch } from "../lobby/http.js";
import { environment, type Environment, type WebSocketLike } from "../time/environment.js";

/** What a network does to messages. All zero: nothing. */
export interface NetworkConditions {
  /** Added to the round trip, half of it each way. */
  readonly rttMs: number;
  /** Each message takes up to this much longer, each way. */
  readonly jitterMs: number;
  /** The part of messages that are lost and sent again, 0 to 1. As with TCP, nothing behind one gets through before it. */
  readonly stalls: number;
  /** How long such a message takes longer. */
  readonly stallMs: number;
}

/** The network as it is. */
export const perfectNetwork: NetworkConditions = { rttMs: 0, jitterMs: 0, stalls: 0, stallMs: 250 };

/**
 * A bad network between a page and its server, for trying a game out: a WebSocket class that delays what goes through it. The
 * conditions may change at any time and hold for all sockets, both ways; order is kept.
 *
 * @example
 * ```ts
 * const network = new NetworkSimulator();
 * const room = await Room.join(lobby.seats("arena"), arena, { environment: { WebSocket: network.WebSocket } });
 * network.conditions = { rttMs: 150, jitterMs: 10, stalls: 0.05, stallMs: 250 };
 * ```
 */
export class NetworkSimulator {
  conditions: NetworkConditions = perfectNetwork;
  /** For the option `environment` of `Room.join`. */
  readonly WebSocket: Environment["WebSocket"];
  /** For the option of that name of `Lobby`: fails while the network is cut. */
  readonly fetch: Fetch;
  readonly #env: Environment;
  readonly #open = new Set<SimulatedSocket>();
  #cutUntil = -Infinity;

  /** `env` replaces the browser's clock, timers, dice and WebSocket, for tests. */
  constructor(env: Partial<Environment> = {}) {
    const real = (this.#env = environment(env));
    const way = (): Way => new Way(real, () => this.conditions);
    const dial = (socket: SimulatedSocket): boolean => {
      if (this.#isCut) real.setTimeout(() => socket.lose(), 0);
      else this.#open.add(socket);
      return !this.#isCut;
    };
    this.WebSocket = class extends SimulatedSocket {
      constructor(url: string) {
        super(way(), way());
        if (dial(this)) this.connect(new real.WebSocket(url));
      }
    };
    this.fetch = (url, init) =>
      this.#isCut ? Promise.reject(new TypeError("the simulated network is cut")) : globalThis.fetch(url, init);
  }

  /** Nothing gets through for `ms`: sockets are lost, without a word to the server before it is over, and none opens. */
  cut(ms: number): void {
    this.#cutUntil = this.#env.now() + ms;
    const lost = [...this.#open];
    this.#open.clear();
    for (const socket of lost) socket.lose();
    this.#env.setTimeout(() => lost.forEach((socket) => socket.forget()), ms);
  }

  get #isCut(): boolean {
    return this.#env.now() < this.#cutUntil;
  }
}

/** One direction of a socket: hands things over later, in order, whatever each by itself would have taken. */
class Way {
  readonly #env: Environment;
  readonly #conditions: () => NetworkConditions;
  readonly #queue: { readonly at: number; readonly deliver: () => void }[] = [];

  constructor(env: Environment, conditions: () => NetworkConditions) {
    this.#env = env;
    this.#conditions = conditions;
  }

  pass(deliver: () => void): void {
    const { rttMs, jitterMs, stalls, stallMs } = this.#conditions();
    const { random } = this.#env;
    const wait = rttMs / 2 + jitterMs * random() + (random() < stalls ? stallMs : 0);
    const first = this.#queue.length === 0;
    if (wait === 0 && first) {
      deliver();
      return;
    }
    this.#queue.push({ at: this.#env.now() + wait, deliver });
    if (first) this.#wake();
  }

  /** The first in the queue has a timer; one that is handed over starts the next one's. */
  #wake(): void {
    const first = this.#queue[0];
    if (first === undefined) return;
    this.#env.setTimeout(() => this.#due(), Math.max(0, first.at - this.#env.now()));
  }

  #due(): void {
    const now = this.#env.now();
    // Timers may run a little early; what is due within the same millisecond goes together.
    while (this.#queue.length > 0 && this.#queue[0]!.at <= now + 1) {
      const { deliver } = this.#queue[0]!;
      deliver();
      this.#queue.shift();
    }
    this.#wake();
  }
}

type Handler<Event> = ((event: Event) => void) | null;

/** What a browser reports when there was no close frame, and what we tell the server when it can hear us again. */
const lostWithoutCode = 1006;
const silent = 4104;

class SimulatedSocket implements WebSocketLike {
  binaryType = "blob";
  onopen: Handler<never> = null;
  onmessage: Handler<never> = null;
  onclose: Handler<never> = null;
  onerror: Handler<never> = null;
  /** None while it cannot be dialled. */
  #inner: WebSocketLike | undefined;
  #lost = false;
  readonly #out: Way;
  readonly #back: Way;

  constructor(out: Way, back: Way) {
    this.#out = out;
    this.#back = back;
  }

  connect(inner: WebSocketLike): void {
    this.#inner = inner;
    inner.binaryType = "arraybuffer";
    const pass = (deliver: () => void): void => this.#back.pass(() => this.#lost || deliver());
    inner.onopen = (event) => pass(() => this.onopen?.(event));
    inner.onmessage = (event) => pass(() => this.onmessage?.(event));
    inner.onclose = (event) => pass(() => this.onclose?.(event));
    inner.onerror = (event) => pass(() => this.onerror?.(event));
  }

  get readyState(): number {
    return this.#lost ? 3 : (this.#inner?.readyState ?? 0);
  }

  get bufferedAmount(): number {
    return this.#inner?.bufferedAmount ?? 0;
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    // The sender reuses its buffer.
    const copy = data.slice();
    this.#out.pass(() => {
      if (!this.#lost && this.#inner?.readyState === 1) this.#inner.send(copy);
    });
  }

  close(code?: number, reason?: string): void {
    this.#out.pass(() => this.#inner?.close(code, reason));
  }

  /** The connection is gone, and this side has noticed. */
  lose(): void {
    if (this.readyState === 3) return;
    this.#lost = true;
    this.onclose?.({ code: lostWithoutCode, reason: "" } as never);
  }

  /** The server may notice too. */
  forget(): void {
    this.#inner?.close(silent);
  }
}
