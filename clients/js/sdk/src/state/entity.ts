/** When an entity leaves that has not left. */
export const never = Infinity;

/** What a {@link TableState} knows of one entity besides its rows. */
export class Entity {
  /** Where its rows stand in {@link Rows}, until the next FULL. */
  readonly cell: number;
  slot = 0;
  generation = 0;
  /** The number of the message with which its first row came. */
  since = 0;
  /** The tick with whose snapshot it came; 0 if it was there before. */
  entered = 0;
  left: number = never;

  constructor(cell: number) {
    this.cell = cell;
  }
}
