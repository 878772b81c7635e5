/** Width of a bin of the histogram, and how many there are: delays up to a second between two snapshots and some jitter. */
const binMs = 4;
const bins = 300;
/** What was seen counts half after this time. */
const halfLifeMs = 5000;
/** For this part of the time a snapshot from behind the render tick shall be here; for the rest, motion is extrapolated. */
const served = 0.96;
/**
 * A gap over this, and over two snapshots, is a connection that hung or a page that slept, and says nothing about jitter. What was
 * seen counts from this time on.
 */
const maxGapMs = 1000;
/** Until the network is known, others are drawn this many snapshots behind the newest one. */
const firstDelay = 2;
/**
 * What jitter may cost, on top of the time between two snapshots. Beyond it everybody would be drawn in a past that is no use to
 * play in, and extrapolation over a stall errs less than it.
 */
const mostJitterMs = 56;
/** Added to what was measured: the clocks that it is measured with are good to about this. */
const marginMs = 2;

/**
 * Chooses how far behind the least delayed way of a snapshot everything is drawn. The newest snapshot's age grows from one
 * arrival to the next, whatever makes the next one late: jitter, a stall, a snapshot that was skipped. The delay is the age that
 * was exceeded in 4 % of the last seconds, within bounds; it grows within seconds when the network gets worse and shrinks
 * slowly.
 */
export class PlayoutDelay {
  readonly #weights = new Float64Array(bins);
  #total = 0;
  #ms: number;

  /** `intervalMs` is the time between two snapshots as far as it is known. */
  constructor(intervalMs: number) {
    this.#ms = firstDelay * intervalMs;
  }

  /** The delay in milliseconds. */
  get ms(): number {
    return this.#ms;
  }

  /**
   * The newest snapshot's age went from `from` to `to` milliseconds, then the next one came. `intervalMs` is the time between two
   * when none is skipped.
   */
  aged(from: number, to: number, intervalMs: number): void {
    const gap = to - from;
    if (!(gap > 0) || gap > Math.max(maxGapMs, 2.5 * intervalMs)) return;
    const fade = 0.5 ** (gap / halfLifeMs);
    this.#total *= fade;
    const weights = this.#weights;
    for (let i = 0; i < bins; i++) weights[i]! *= fade;
    const last = bins * binMs - 1;
    for (let at = Math.max(0, from); at < to; ) {
      const bin = Math.floor(Math.min(last, at) / binMs);
      const end = bin === bins - 1 ? to : Math.min(to, (bin + 1) * binMs);
      weights[bin]! += end - at;
      this.#total += end - at;
      at = end;
    }
    if (this.#total <= maxGapMs) this.#ms = firstDelay * intervalMs;
    else this.#ms = Math.min(this.#quantile() + marginMs, intervalMs + mostJitterMs);
  }

  #quantile(): number {
    let above = this.#total * (1 - served);
    for (let i = bins - 1; i >= 0; i--) {
      const weight = this.#weights[i]!;
      if (weight > above) return (i + 1 - above / weight) * binMs;
      above -= weight;
    }
    return 0;
  }
}
