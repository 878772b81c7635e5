import type { Fetch } from "../lobby/http.js";

/** What the SDK uses of a WebSocket. The browser's own class has this shape. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

/** The world around a room: tests and other runtimes pass their own. */
export interface Environment {
  /** A clock in milliseconds that never goes back. @default performance.now */
  readonly now: () => number;
  /** @default Math.random */
  readonly random: () => number;
  readonly setTimeout: (run: () => void, ms: number) => unknown;
  readonly clearTimeout: (timer: never) => void;
  /** @default globalThis.fetch */
  readonly fetch: Fetch;
  /** @default globalThis.WebSocket */
  readonly WebSocket: new (url: string) => WebSocketLike;
}

/** The browser's clock, timers and sockets, with what `given` names replaced. */
export function environment(given: Partial<Environment> = {}): Environment {
  return {
    now: () => performance.now(),
    random: Math.random,
    setTimeout: (run, ms) => globalThis.setTimeout(run, ms),
    clearTimeout: (timer) => globalThis.clearTimeout(timer),
    fetch: (url, init) => globalThis.fetch(url, init),
    WebSocket: globalThis.WebSocket as unknown as Environment["WebSocket"],
    ...given,
  };
}
