import { isCallError, type Room } from "@skirmish-dev/sdk";
import { changed } from "../door/ranking.js";
import { element } from "../hud.js";
import { black, Board, white } from "./board.js";
import type { Draughts, DraughtsTableMatch } from "./draughts.gen.js";

const waiting = 0;
const playing = 1;

/** What a match ended by, from the loser's side. */
const reasons: Readonly<Record<number, string>> = {
  1: "has no pieces left",
  2: "cannot move",
  3: "has resigned",
  4: "has left",
};
/** A press on Resign counts when it is repeated within this time. */
const resignMs = 4000;

/** The page's elements for draughts, wired once; a match comes and goes. */
export class DraughtsView {
  readonly #board = new Board((piece, dir) => void this.#call("move", { piece, dir }));
  readonly #status = element("draughts-status", HTMLParagraphElement);
  readonly #rating = element("draughts-rating", HTMLParagraphElement);
  readonly #problem = element("draughts-problem", HTMLParagraphElement);
  readonly #names = [element("draughts-above", HTMLParagraphElement), element("draughts-below", HTMLParagraphElement)] as const;
  readonly #resign = element("resign", HTMLButtonElement);
  #room: Room<Draughts> | undefined;
  #reason = 0;
  #shown = "";
  #sure: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.#resign.addEventListener("click", () => this.#pressResign());
    element("draughts-leave", HTMLButtonElement).addEventListener("click", () => this.#room?.leave());
  }

  /** Shows a room from now on. */
  follow(room: Room<Draughts>): void {
    this.#room = room;
    this.#reason = 0;
    this.#shown = "";
    this.#problem.textContent = "";
    this.#rating.textContent = "";
    room.on("over", (over) => (this.#reason = over.reason), { immediate: true });
    room.lifecycle.on("disconnect", ({ reason }) => (this.#problem.textContent = `${reason} Coming back…`));
    room.lifecycle.on("reconnect", () => (this.#problem.textContent = ""));
  }

  /** Tells what the match has done to the player's rating. */
  rated(rating: { readonly before: number; readonly after: number }): void {
    this.#rating.textContent = `Your rating: ${rating.after.toFixed(1)} (${changed(rating)})`;
  }

  /** Draws what has changed. */
  draw(): void {
    const room = this.#room;
    const match = room?.tables.match.rows()[0];
    if (room === undefined || match === undefined) return;
    room.update();
    const pieces = room.tables.piece.rows().map((piece) => ({ ...piece, id: piece.entityId }));
    const key = JSON.stringify([match, pieces, room.playerId, this.#reason]);
    if (key === this.#shown) return;
    this.#shown = key;
    const side = sideOf(match, room.playerId);
    this.#board.show(pieces, side);
    this.#status.textContent = words(match, side, this.#reason);
    this.#status.classList.toggle("mine", match.phase === playing && match.turn === side);
    // Who plays sits below, who watches sees White there.
    const below = side === black ? black : white;
    nameplate(this.#names[1], match, below);
    nameplate(this.#names[0], match, below === black ? white : black);
    this.#resign.hidden = side === 0 || match.phase !== playing;
  }

  #pressResign(): void {
    if (this.#sure === undefined) {
      this.#resign.textContent = "Really resign?";
      this.#sure = setTimeout(() => this.#unsure(), resignMs);
      return;
    }
    this.#unsure();
    void this.#call("resign", {});
  }

  #unsure(): void {
    clearTimeout(this.#sure);
    this.#sure = undefined;
    this.#resign.textContent = "Resign";
  }

  async #call<K extends "move" | "resign">(name: K, args: Draughts["calls"][K]): Promise<void> {
    try {
      await this.#room?.call(name, args);
      this.#problem.textContent = "";
    } catch (error) {
      if (!isCallError(error)) throw error;
      this.#problem.textContent = error.message;
    }
  }
}

function sideOf(match: DraughtsTableMatch, player: number): number {
  if (player === 0 || match.phase === waiting) return 0;
  return match.black === player ? black : match.white === player ? white : 0;
}

const nameOf = (match: DraughtsTableMatch, side: number): string => (side === black ? match.name0 : match.name1);

/** The line above the board: whose turn it is, or how the match ended. `side` is the reader's own. */
export function words(match: DraughtsTableMatch, side: number, reason: number): string {
  if (match.phase === waiting) return "Waiting for the second player…";
  if (match.phase === playing) return match.turn === side ? "Your turn." : `${nameOf(match, match.turn)} is to move.`;
  if (match.winner !== black && match.winner !== white) return "A draw: nobody gets ahead.";
  const loser = match.winner === black ? white : black;
  const why = reasons[reason];
  const won = match.winner === side ? "You have won" : side === 0 ? `${nameOf(match, match.winner)} has won` : "You have lost";
  if (why === undefined) return `${won}.`;
  return loser === side ? `${won}.` : `${won}: ${nameOf(match, loser)} ${why}.`;
}

function nameplate(line: HTMLElement, match: DraughtsTableMatch, side: number): void {
  const left = side === black ? match.left0 : match.left1;
  const away = side === black ? match.away0 : match.away1;
  line.className = side === black ? "black" : "white";
  line.classList.toggle("turn", match.phase === playing && match.turn === side);
  const name = document.createElement("b");
  name.textContent = nameOf(match, side) || "…";
  const rest = document.createElement("span");
  rest.textContent = away ? "is away, and has a minute to come back" : `${left} ${left === 1 ? "piece" : "pieces"}`;
  line.replaceChildren(name, rest);
}
