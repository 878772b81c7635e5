import type { BoardRow, Lobby, PlayedMatch } from "@skirmish-dev/sdk";
import { element } from "../hud.js";

const mode = "draughts";
const boardRows = 10;
const historyRows = 8;

/** The best players of ranked draughts, and the matches of who is signed in. */
export class Ranking {
  readonly #lobby: Lobby;
  readonly #rows = element("board-rows", HTMLTableSectionElement);
  readonly #none = element("board-none", HTMLParagraphElement);
  readonly #history = element("history", HTMLUListElement);
  #shownRows: unknown;
  #shownHistory: unknown;

  constructor(lobby: Lobby) {
    this.#lobby = lobby;
  }

  /** Asks and shows. The page is touched only where something has changed: an answer that is the same is the same object. */
  async refresh(): Promise<void> {
    const me = this.#lobby.account?.playerId ?? "";
    const [top, history] = await Promise.all([
      this.#lobby.leaderboard(mode, { limit: boardRows }),
      me === "" ? undefined : this.#lobby.matches(me, { limit: historyRows }),
    ]);
    if (top !== this.#shownRows) {
      this.#shownRows = top;
      this.#rows.replaceChildren(...top.rows.map((row) => boardLine(row, row.playerId === me)));
      this.#none.hidden = top.rows.length > 0;
    }
    if (history !== this.#shownHistory) {
      this.#shownHistory = history;
      this.#history.replaceChildren(...(history?.matches ?? []).map((match) => historyLine(match, me)));
    }
  }
}

function boardLine(row: BoardRow, mine: boolean): HTMLTableRowElement {
  const line = document.createElement("tr");
  line.classList.toggle("me", mine);
  for (const words of [String(row.rank), row.name, row.rating.toFixed(1), `${row.wins} / ${row.losses}`]) {
    const cell = document.createElement("td");
    cell.textContent = words;
    line.append(cell);
  }
  return line;
}

function historyLine(match: PlayedMatch, me: string): HTMLLIElement {
  const line = document.createElement("li");
  for (const [name, words] of [
    [match.outcome, told(match, me)],
    ["change", changed(match.rating)],
    ["when", new Date(match.finishedAt).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })],
  ] as const) {
    const part = document.createElement("span");
    part.className = name;
    part.textContent = words;
    line.append(part);
  }
  return line;
}

const outcomes: Readonly<Record<string, string>> = { win: "Won against", loss: "Lost to", draw: "Drew with" };

/** A match in words, from the side of `me`. */
export function told(match: PlayedMatch, me: string): string {
  const others = match.players.filter((player) => player.playerId !== me).map((player) => player.name);
  return `${outcomes[match.outcome] ?? "Played with"} ${others.join(", ") || "a player who is gone"}`;
}

/** What a match did to a rating, with its sign. */
export function changed(rating: { readonly before: number; readonly after: number } | undefined): string {
  if (rating === undefined) return "";
  const by = rating.after - rating.before;
  return `${by < 0 ? "−" : "+"}${Math.abs(by).toFixed(1)}`;
}
