/** Most a clock runs fast or slow while it makes up for an error. */
export const maxBend = 0.05;
/** An error over this is corrected by one jump, unless the last jump is younger than {@link jumpPauseMs}. */
export const maxErrorMs = 150;
export const jumpPauseMs = 2000;
/**
 * The clock stays with its target for this long after a jump: a page that wakes up is handed everything that came meanwhile, the
 * oldest first.
 */
const settleMs = 100;

/**
 * A clock in ticks that follows a target which is known only roughly: it runs at the tick rate, at most 5 % faster or slower,
 * so that what is drawn and sent by it stays smooth, and jumps only when it is far off.
 */
export class BentClock {
  readonly #ticksPerMs: number;
  #value = 0;
  #at = -Infinity;
  #jumpedAt = -Infinity;

  constructor(tickRate: number) {
    this.#ticksPerMs = tickRate / 1000;
  }

  /** Moves the clock to `now` (milliseconds), towards `target` (ticks), and returns it in ticks. */
  follow(now: number, target: number): number {
    if (this.#at === -Infinity) {
      this.#value = target;
      this.#at = now;
      return target;
    }
    const passed = Math.max(0, now - this.#at) * this.#ticksPerMs;
    this.#at = Math.max(this.#at, now);
    this.#value += passed;
    const error = target - this.#value;
    const sinceJump = now - this.#jumpedAt;
    const far = Math.abs(error) > maxErrorMs * this.#ticksPerMs;
    if (sinceJump < settleMs) this.#value = target;
    else if (far && sinceJump >= jumpPauseMs) {
      this.#value = target;
      this.#jumpedAt = now;
    } else {
      const bend = maxBend * passed;
      this.#value += Math.min(bend, Math.max(-bend, error));
    }
    return this.#value;
  }
}
