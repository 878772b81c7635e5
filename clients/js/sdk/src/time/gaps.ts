/**
 * Tells which snapshots the room has left out on one connection. A room sends at the multiples of a number of ticks that never changes, so
 * the least lag of the connection is the room's own. The playout delay goes by what came of late instead; see {@link TickClock}.
 */
export class Gaps {
  #least = Infinity;
  #lag = 0;
  /** How many were left out. */
  skipped = 0;

  /** Ticks between two snapshots when none is left out; 1 until that is known. */
  get sendInterval(): number {
    return Number.isFinite(this.#least) ? this.#least : 1;
  }

  /** Whether one was left out before the newest. */
  get open(): boolean {
    return this.#lag > this.#least;
  }

  /** A snapshot came, so many ticks after the one before; 0: a FULL. */
  came(lag: number): void {
    this.#lag = lag;
    if (lag === 0) return;
    this.#least = Math.min(this.#least, lag);
    this.skipped += Math.round(lag / this.#least) - 1;
  }
}
