import { quarterSines } from "./sines.js";

/** Steps in a full turn, for {@link sin} and {@link cos}: what a field tagged `bits=10,wrap` tells apart. */
export const turn = 1024;

/**
 * The sine of an angle in whole steps of 1/1024 of a full turn, from the table that `game.Sin` of the server reads: a predicted step
 * that uses it comes to the same bits, where `Math.sin` has a last bit of its own in each browser.
 *
 * @example
 * ```ts
 * ship.vx = Math.fround(ship.vx + Math.fround(cos(heading) * push));
 * ```
 */
export function sin(steps: number): number {
  const quarter = turn / 4;
  const i = steps & (turn - 1);
  const mirrored = i & (2 * quarter - 1);
  const word = quarterSines[mirrored <= quarter ? mirrored : 2 * quarter - mirrored]!;
  return (i > 2 * quarter ? -word : word) / 65536;
}

/** The cosine, as {@link sin} is the sine. */
export function cos(steps: number): number {
  return sin(steps + turn / 4);
}
