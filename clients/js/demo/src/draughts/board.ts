import { element } from "../hud.js";
import { squareAt, squareName, targets } from "./squares.js";

/** A piece as the board shows it. */
export interface ShownPiece {
  readonly id: number;
  readonly square: number;
  readonly side: number;
  readonly king: boolean;
  readonly moves: number;
}

/** The sides, as the game numbers them. */
export const black = 1;
export const white = 2;

/** The board: its dark squares are buttons. Pick a piece, then where it goes. */
export class Board {
  readonly #root = element("board", HTMLDivElement);
  readonly #move: (piece: number, dir: number) => void;
  readonly #squares: readonly HTMLButtonElement[];
  #pieces: readonly ShownPiece[] = [];
  #side = 0;
  #picked: number | undefined;
  #flipped: boolean | undefined;

  /** @param move - is told what the player wants; the server decides. */
  constructor(move: (piece: number, dir: number) => void) {
    this.#move = move;
    this.#squares = Array.from({ length: 32 }, (_, square) => this.#button(square));
  }

  /** Shows a position to the player of a side, 0 for who only watches. */
  show(pieces: readonly ShownPiece[], side: number): void {
    this.#pieces = pieces;
    this.#side = side;
    this.#turn(side === black);
    const able = this.#mine().filter((piece) => piece.moves !== 0);
    // In the middle of a capture there is no choice of the piece.
    if (able.length === 1) this.#picked = able[0]!.id;
    else if (!able.some((piece) => piece.id === this.#picked)) this.#picked = undefined;
    this.#paint();
  }

  #paint(): void {
    const on = new Map(this.#pieces.map((piece) => [piece.square, piece]));
    const goals = this.#goals();
    this.#squares.forEach((button, square) => {
      const piece = on.get(square);
      const may = piece !== undefined && piece.side === this.#side && piece.moves !== 0;
      button.className = [
        "dark",
        piece === undefined ? "" : piece.side === black ? "black" : "white",
        piece?.king ? "king" : "",
        may ? "may" : "",
        piece !== undefined && piece.id === this.#picked ? "picked" : "",
        goals.has(square) ? "goal" : "",
      ].join(" ");
      button.disabled = !may && !goals.has(square);
      const what = piece === undefined ? "" : `, ${piece.side === black ? "black" : "white"} ${piece.king ? "king" : "man"}`;
      button.setAttribute("aria-label", `${squareName(square)}${what}${goals.has(square) ? ", move here" : ""}`);
    });
  }

  #mine(): readonly ShownPiece[] {
    return this.#pieces.filter((piece) => piece.side === this.#side);
  }

  #goals(): Map<number, number> {
    const picked = this.#mine().find((piece) => piece.id === this.#picked);
    if (picked === undefined) return new Map();
    return targets(picked.square, picked.moves, (square) => this.#pieces.some((piece) => piece.square === square));
  }

  #press(square: number): void {
    const dir = this.#goals().get(square);
    if (dir !== undefined && this.#picked !== undefined) {
      this.#move(this.#picked, dir);
      return;
    }
    const piece = this.#mine().find((p) => p.square === square && p.moves !== 0);
    if (piece !== undefined) this.#picked = piece.id;
    this.#paint();
  }

  #button(square: number): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.append(document.createElement("span"));
    button.addEventListener("click", () => this.#press(square));
    return button;
  }

  /** Lays the squares out so that the player's own side is at the bottom. */
  #turn(flipped: boolean): void {
    if (this.#flipped === flipped) return;
    this.#flipped = flipped;
    const cells: HTMLElement[] = [];
    for (let i = 0; i < 64; i++) {
      const at = flipped ? 63 - i : i;
      const square = squareAt(Math.floor(at / 8), at % 8);
      cells.push(square === undefined ? document.createElement("i") : this.#squares[square]!);
    }
    this.#root.replaceChildren(...cells);
  }
}
