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

  /** `env` replaces the browser's clock, timers, dice and WebSocket, for tests. */
  constructor(env: Partial<Environment> = {}) {
    const real = environment(env);
    const way = (): Way => new Way(real, () => this.conditions);
    this.WebSocket = class extends SimulatedSocket {
      constructor(url: string) {
        super(new real.WebSocket(url), way(), way());
      }
    };
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

class SimulatedSocket implements WebSocketLike {
  onopen: Handler<never> = null;
  onmessage: Handler<never> = null;
  onclose: Handler<never> = null;
  onerror: Handler<never> = null;
  readonly #inner: WebSocketLike;
  readonly #out: Way;

  constructor(inner: WebSocketLike, out: Way, back: Way) {
    this.#inner = inner;
    this.#out = out;
    inner.onopen = (event) => back.pass(() => this.onopen?.(event));
    inner.onmessage = (event) => back.pass(() => this.onmessage?.(event));
    inner.onclose = (event) => back.pass(() => this.onclose?.(event));
    inner.onerror = (event) => back.pass(() => this.onerror?.(event));
  }

  get binaryType(): string {
    return this.#inner.binaryType;
  }

  set binaryType(type: string) {
    this.#inner.binaryType = type;
  }

  get readyState(): number {
    return this.#inner.readyState;
  }

  get bufferedAmount(): number {
    return this.#inner.bufferedAmount;
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    // The sender reuses its buffer.
    const copy = data.slice();
    this.#out.pass(() => {
      if (this.#inner.readyState === 1) this.#inner.send(copy);
    });
  }

  close(code?: number, reason?: string): void {
    this.#out.pass(() => this.#inner.close(code, reason));
  }
}
