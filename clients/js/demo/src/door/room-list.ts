import type { RoomInfo } from "@skirmish-dev/sdk";
import { element } from "../hud.js";

/** More would not fit the window; the busiest are shown. */
const maxRooms = 4;

/** The rooms of a game at the door, each with a button to watch it. */
export class RoomList {
  readonly #list: HTMLUListElement;
  readonly #title: string;
  readonly #watch: (roomId: string) => void;
  #shown: readonly RoomInfo[] | undefined;

  /** @param title - of a room without a name. */
  constructor(id: string, title: string, watch: (roomId: string) => void) {
    this.#list = element(id, HTMLUListElement);
    this.#title = title;
    this.#watch = watch;
  }

  /** Touches the page only when something changed, so that a button stays under the pointer. */
  show(rooms: readonly RoomInfo[]): void {
    // The lobby gives the same list until it changes.
    if (rooms === this.#shown) return;
    this.#shown = rooms;
    const busy = rooms.filter((room) => room.players > 0).sort((a, b) => b.players - a.players);
    this.#list.replaceChildren(...busy.slice(0, maxRooms).map((room) => this.#line(room)));
  }

  #line(room: RoomInfo): HTMLLIElement {
    const line = document.createElement("li");
    const words = document.createElement("span");
    const watched = room.watchers > 0 ? `, ${room.watchers} watching` : "";
    words.textContent = `${room.name || this.#title}: ${room.players} of ${room.maxPlayers}${watched}`;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Watch";
    button.addEventListener("click", () => this.#watch(room.id));
    line.append(words, button);
    return line;
  }
}
