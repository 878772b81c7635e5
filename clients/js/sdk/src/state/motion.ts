import type { Field } from "./field.js";

/** Extrapolation reaches over at most this many ticks, on either side (PROTOCOL.md section 7). */
const reach = 8;

/**
 * What the ticks of an entity's three newest rows say about where it is now. The server computes the same from the same rows, so
 * it costs nothing on the wire.
 */
export class Motion {
  /** s1 and s2 are near enough to draw a line through. */
  line = false;
  /** And s3 tells how good the last line was. */
  curve = false;
  /** Ticks from t1 to the message, from t2 to t1, and from t3 to t2. */
  ahead = 0;
  gap = 0;
  before = 0;

  /** Takes the message's tick and those of the rows, of which there are `rows`. */
  set(tick: number, t1: number, t2: number, t3: number, rows: number): void {
    this.ahead = tick - t1;
    this.gap = t1 - t2;
    this.before = t2 - t3;
    this.line = rows > 1 && this.ahead <= reach && this.gap <= reach;
    this.curve = this.line && rows > 2 && this.before <= reach;
  }

  predict(field: Field, s1: number, s2: number): number {
    return this.line ? field.extrapolate(s1, s2, this.ahead, this.gap) : s1;
  }

  /** The residual that s1 had against its prediction from s2 and s3; only with `curve`. */
  missed(field: Field, s1: number, s2: number, s3: number): number {
    return field.signed(s1 - field.extrapolate(s2, s3, this.gap, this.before));
  }

  /** The parameter of a residual's Rice code. `missed` counts only with `curve`. */
  rice(field: Field, s1: number, s2: number, missed: number): number {
    if (!this.line) return Math.min(6, field.bits >> 1);
    const speed = Math.abs(field.signed(s1 - s2));
    const wrong = this.curve ? Math.abs(missed) : Math.floor(speed / 4);
    return Math.min(32 - Math.clz32(wrong + Math.floor(speed / 16)), field.bits - 1);
  }
}
