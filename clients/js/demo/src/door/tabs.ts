import { element } from "../hud.js";

const names = ["arena", "draughts", "party", "ranking", "account"] as const;

/** One of the door's panels. */
export type TabName = (typeof names)[number];

/** The panels at the door, of which one shows. */
export class Tabs {
  #current: TabName = "arena";
  readonly #chosen: (tab: TabName) => void;

  constructor(chosen: (tab: TabName) => void) {
    this.#chosen = chosen;
    names.forEach((name, i) => {
      const tab = element(`tab-${name}`, HTMLButtonElement);
      tab.addEventListener("click", () => this.choose(name));
      tab.addEventListener("keydown", (event) => {
        const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
        const next = names[i + by];
        if (by === 0 || next === undefined) return;
        this.choose(next);
        element(`tab-${next}`, HTMLButtonElement).focus();
      });
    });
  }

  get current(): TabName {
    return this.#current;
  }

  choose(name: TabName): void {
    this.#current = name;
    for (const each of names) {
      const tab = element(`tab-${each}`, HTMLButtonElement);
      tab.setAttribute("aria-selected", String(each === name));
      tab.tabIndex = each === name ? 0 : -1;
      element(`panel-${each}`, HTMLElement).hidden = each !== name;
    }
    this.#chosen(name);
  }
}
