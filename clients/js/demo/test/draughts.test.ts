import { expect, test } from "vitest";
import type { DraughtsTableMatch } from "../src/draughts/draughts.gen.js";
import { words } from "../src/draughts/play.js";
import { place, squareAt, squareName, targets } from "../src/draughts/squares.js";

test("squares and places are the same thing", () => {
  for (let square = 0; square < 32; square++) {
    const { row, column } = place(square);
    expect(squareAt(row, column)).toBe(square);
  }
  expect([squareName(28), squareName(3)]).toEqual(["a1", "h8"]);
  expect(squareAt(0, 0)).toBeUndefined();
  expect(squareAt(8, 1)).toBeUndefined();
});

test("moves lead to the next square, and over one that is taken", () => {
  const [northEast, northWest] = [1, 2];
  expect(targets(21, northEast | northWest, () => false)).toEqual(new Map([[squareAt(4, 3), 0], [squareAt(4, 1), 1]]));
  expect(targets(21, northEast, (square) => square === squareAt(4, 3))).toEqual(new Map([[squareAt(3, 4), 0]]));
  expect(targets(21, 0, () => false).size).toBe(0);
});

test("the end of a match is told from the reader's side", () => {
  const match = { phase: 2, winner: 1, name0: "Ann", name1: "Ben" } as DraughtsTableMatch;
  expect(words(match, 1, 3)).toBe("You have won: Ben has resigned.");
  expect(words(match, 2, 3)).toBe("You have lost.");
  expect(words(match, 0, 4)).toBe("Ann has won: Ben has left.");
  expect(words({ ...match, winner: 3 }, 1, 5)).toBe("A draw: nobody gets ahead.");
});
