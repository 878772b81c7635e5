/** Bits of a piece's moves, as the game says them: north-east, north-west, south-east, south-west. North is up. */
const steps = [
  [-1, 1],
  [-1, -1],
  [1, 1],
  [1, -1],
] as const;

/** Row and column, from the top left, of a dark square: they are counted row by row. */
export function place(square: number): { readonly row: number; readonly column: number } {
  const row = Math.floor(square / 4);
  return { row, column: 2 * (square % 4) + 1 - (row % 2) };
}

/** The dark square at a place, or undefined beyond the edge and on light ones. */
export function squareAt(row: number, column: number): number | undefined {
  if (row < 0 || row > 7 || column < 0 || column > 7 || (row + column) % 2 === 0) return undefined;
  return row * 4 + Math.floor(column / 2);
}

/**
 * Where the moves of a piece lead: squares, each with its direction. A neighbour that is taken is jumped over; whether that is
 * allowed the server has said already.
 */
export function targets(square: number, moves: number, taken: (square: number) => boolean): Map<number, number> {
  const found = new Map<number, number>();
  const { row, column } = place(square);
  steps.forEach(([down, right], dir) => {
    if ((moves & (1 << dir)) === 0) return;
    const next = squareAt(row + down, column + right);
    const to = next !== undefined && taken(next) ? squareAt(row + 2 * down, column + 2 * right) : next;
    if (to !== undefined) found.set(to, dir);
  });
  return found;
}

/** A square as players call it: a1 is White's left corner. */
export function squareName(square: number): string {
  const { row, column } = place(square);
  return `${"abcdefgh"[column]}${8 - row}`;
}
