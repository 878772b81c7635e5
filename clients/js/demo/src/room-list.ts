import type { RoomInfo } from "@skirmish-dev/sdk";
import { element } from "./hud.js";

/** More would not fit the window; the busiest are shown. */
const maxRooms = 4;

/** The rooms at the door, each with a button to watch it. */
export class RoomList {
  readonly #list = element("rooms", HTMLUListElement);
  readonly #watch: (roomId: string) => void;
  #shown = "";

  constructor(watch: (roomId: string) => void) {
    this.#watch = watch;
  }

  /** Touches the page only when something changed, so that a button stays under the pointer. */
  show(rooms: readonly RoomInfo[]): void {
    const busy = rooms.filter((room) => room.players > 0).sort((a, b) => b.players - a.players);
    const key = JSON.stringify(busy);
    if (key === this.#shown) return;
    this.#shown = key;
    this.#list.replaceChildren(...busy.slice(0, maxRooms).map((room) => this.#line(room)));
  }

  #line(room: RoomInfo): HTMLLIElement {
    const line = document.createElement("li");
    const words = document.createElement("span");
    const watched = room.watchers > 0 ? `, ${room.watchers} watching` : "";
    words.textContent = `${room.name || "Arena"}: ${room.players} of ${room.maxPlayers}${watched}`;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Watch";
    button.addEventListener("click", () => this.#watch(room.id));
    line.append(words, button);
    return line;
  }
}
