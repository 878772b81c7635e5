/** Rows kept per entity, a power of two: what the render tick lies behind must fit, with room for a late one. */
export const keep = 32;

/** Two rows further apart than this many ticks say nothing about how an entity moves (PROTOCOL.md section 7). */
export const longestSpan = 8;

/** The gap to a row that is not there. */
const noGap = 2 ** 30 - 1;

/** When an entity leaves that has not left. */
export const never = Infinity;

/**
 * What a {@link TableState} knows of one entity besides its words. A decoder goes through all of them for each message, which is
 * why this is an object: reading ten fields of one costs V8 one check, where ten typed arrays would cost ten.
 */
export class Entity {
  /** Its number in the table, which it has until the next FULL. */
  readonly cell: number;
  slot = 0;
  generation = 0;
  /** Where its newest row stands, counted in rows; the `keep` rows around it, as a ring, are this entity's. */
  row: number;
  /** How many of them hold something. */
  rows = 0;
  /** The tick of the newest row, in which the entity was last sent. */
  tick = 0;
  /** Ticks from the row before to the newest one, from the one before that, and once more. */
  gap = noGap;
  gap1 = noGap;
  gap2 = noGap;
  /** How many of the last rows have the same words where nothing is predicted. */
  same = 0;
  /** The newest row was exactly as predicted. Codec `packed` keeps it. */
  calm = false;
  /** The tick with whose snapshot it came; 0 if it was there before. */
  entered = 0;
  left: number = never;

  constructor(cell: number) {
    this.cell = cell;
    this.row = cell * keep;
  }

  /** Moves on to the ring's next row, which is sent in `tick`. */
  push(tick: number): void {
    this.row = (this.row & -keep) | ((this.row + 1) & (keep - 1));
    if (this.rows < keep) this.rows++;
    this.gap2 = this.gap1;
    this.gap1 = this.gap;
    this.gap = tick - this.tick;
    this.tick = tick;
  }

  /** Its rows so far do not tell how it moves. */
  forget(): void {
    this.gap = this.gap1 = this.gap2 = noGap;
  }

  /** The two rows before the newest one are near enough to draw a line through to it. */
  get line(): boolean {
    return this.gap <= longestSpan && this.gap1 <= longestSpan;
  }

  /** Whether at (fractional) `tick` there are rows to tell how it moves, rather than a single one from before. */
  movesAt(tick: number): boolean {
    return this.gap < noGap || tick <= this.tick;
  }

  /** The row `back` rows before the newest one. */
  rowBefore(back: number): number {
    return (this.row & -keep) | ((this.row - back) & (keep - 1));
  }
}
