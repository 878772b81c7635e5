/** How long to wait before coming back. */
export interface BackoffOptions {
  /** The first wait is at most this long. @default 500 */
  readonly firstMs?: number;
  /** No wait is longer, unless the server asks for it. @default 10000 */
  readonly maxMs?: number;
}

/**
 * Exponential back-off with full jitter: each wait is anywhere between nothing and a limit that doubles, so that the clients
 * of a restarted server do not come back all at once.
 */
export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #tries = 0;

  constructor(random: () => number, options: BackoffOptions = {}) {
    this.#random = random;
    this.#firstMs = options.firstMs ?? 500;
    this.#maxMs = options.maxMs ?? 10_000;
  }

  /** The next wait in milliseconds: at least `leastMs`, which the server asked for, and at most `mostMs` beyond that. */
  next(leastMs = 0, mostMs = Infinity): number {
    const limit = Math.min(this.#maxMs, mostMs, this.#firstMs * 2 ** Math.min(this.#tries, 30));
    this.#tries++;
    return leastMs + this.#random() * limit;
  }

  /** Begins anew: the connection stands. */
  reset(): void {
    this.#tries = 0;
  }
}
