import { fullHP } from "./constants.js";

/** A line of the scoreboard. */
export interface ScoreLine {
  readonly player: number;
  readonly name: string;
  readonly score: number;
  readonly color: string;
  readonly me: boolean;
}

const maxLines = 8;
const maxFeed = 5;

/** Finds an element that index.html must have. */
export function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`index.html has no ${type.name} with id ${id}`);
  return found;
}

/** The words around the arena. Everything that players wrote goes through textContent. */
export class Hud {
  readonly #hp = element("hp", HTMLMeterElement);
  readonly #hpText = element("hp-text", HTMLOutputElement);
  readonly #score = element("score", HTMLOutputElement);
  readonly #players = element("players", HTMLOutputElement);
  readonly #ping = element("ping", HTMLOutputElement);
  readonly #rows = element("score-rows", HTMLOListElement);
  readonly #feed = element("feed", HTMLOListElement);
  readonly #banner = element("banner", HTMLParagraphElement);
  readonly #down = element("down", HTMLParagraphElement);
  readonly #watching = element("watching", HTMLParagraphElement);
  readonly #game = element("game", HTMLDivElement);
  #shown = "";

  /** `hp` is undefined while there is no own ship. */
  vitals(hp: number | undefined, score: number, players: number, pingMs: number): void {
    this.#hp.value = hp ?? 0;
    this.#hp.max = fullHP;
    this.#hp.classList.toggle("low", (hp ?? 0) <= fullHP / 3);
    put(this.#hpText, String(hp ?? 0));
    put(this.#score, String(score));
    put(this.#players, String(players));
    put(this.#ping, pingMs > 0 ? `${Math.max(1, Math.round(pingMs))} ms` : "-");
  }

  /**
   * Shows the best players, and the own line even when it is not among them. Touches the page only when something changed.
   */
  scores(lines: readonly ScoreLine[]): void {
    const sorted = [...lines].sort((a, b) => b.score - a.score || a.player - b.player);
    const shown = sorted.slice(0, maxLines);
    const me = sorted.find((line) => line.me);
    if (me !== undefined && !shown.includes(me)) shown[maxLines - 1] = me;
    const key = shown.map((line) => `${line.player} ${line.score} ${line.name}`).join("\n");
    if (key === this.#shown) return;
    this.#shown = key;
    this.#rows.replaceChildren(...shown.map(row));
  }

  /** Adds a line to the feed of what happened. */
  tell(words: string): void {
    const line = document.createElement("li");
    line.textContent = words;
    line.addEventListener("animationend", () => line.remove());
    this.#feed.append(line);
    while (this.#feed.childElementCount > maxFeed) this.#feed.firstElementChild?.remove();
  }

  /** Shows or hides the banner about the connection. */
  banner(words: string | undefined): void {
    this.#banner.hidden = words === undefined;
    put(this.#banner, words ?? "");
  }

  /** Shows or hides what happened to the own ship. */
  down(words: string | undefined): void {
    this.#down.hidden = words === undefined;
    put(this.#down, words ?? "");
  }

  /** Says whom a spectator watches, and takes away what only players have; undefined for players. */
  watching(name: string | undefined): void {
    this.#game.classList.toggle("watching", name !== undefined);
    this.#watching.hidden = name === undefined;
    put(this.#watching, name === undefined ? "" : `Watching ${name || "an empty arena"}. ← and → for another.`);
  }

  clear(): void {
    this.#feed.replaceChildren();
    this.banner(undefined);
    this.down(undefined);
    this.watching(undefined);
  }
}

function row(line: ScoreLine): HTMLLIElement {
  const li = document.createElement("li");
  li.classList.toggle("me", line.me);
  li.style.color = line.color;
  for (const [name, words] of [
    ["dot", ""],
    ["name", line.name],
    ["points", String(line.score)],
  ] as const) {
    const span = document.createElement("span");
    span.className = name;
    span.textContent = words;
    li.append(span);
  }
  return li;
}

function put(to: HTMLElement, words: string): void {
  if (to.textContent !== words) to.textContent = words;
}
