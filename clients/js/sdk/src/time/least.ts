/** The least of the values noted in the last one to two spans of time. */
export class Least {
  readonly #spanMs: number;
  #since = -Infinity;
  #before = Infinity;
  #now = Infinity;

  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  /** Infinity before the first one. */
  get value(): number {
    return Math.min(this.#before, this.#now);
  }

  note(now: number, value: number): void {
    if (now - this.#since >= this.#spanMs) {
      this.#before = this.#now;
      this.#now = Infinity;
      this.#since = now;
    }
    this.#now = Math.min(this.#now, value);
  }
}
