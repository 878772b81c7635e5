import type { RoomInfo } from "@skirmish-dev/sdk";
import { element } from "../hud.js";

/** More would not fit the window. */
const maxRooms = 4;

/** What a press beside a room does. */
export interface RoomButtons {
  readonly watch: (roomId: string) => void;
  /** Without it rooms are not joined from the list. */
  readonly join?: (roomId: string) => void;
}

/** The rooms of a game at the door, with buttons to join and to watch them. */
export class RoomList {
  readonly #list: HTMLUListElement;
  readonly #title: string;
  readonly #buttons: RoomButtons;
  #shown: readonly RoomInfo[] | undefined;

  /** @param title - of a room without a name. */
  constructor(id: string, title: string, buttons: RoomButtons) {
    this.#list = element(id, HTMLUListElement);
    this.#title = title;
    this.#buttons = buttons;
  }

  /** Touches the page only when something changed, so that a button stays under the pointer. */
  show(rooms: readonly RoomInfo[]): void {
    // The lobby gives the same list until it changes.
    if (rooms === this.#shown) return;
    this.#shown = rooms;
    const busy = rooms.filter((room) => room.players > 0 && !room.locked);
    this.#list.replaceChildren(...busy.slice(0, maxRooms).map((room) => this.#line(room)));
  }

  #line(room: RoomInfo): HTMLLIElement {
    const line = document.createElement("li");
    const words = document.createElement("span");
    const watched = room.watchers > 0 ? `, ${room.watchers} watching` : "";
    words.textContent = `${room.name || this.#title}: ${room.players} of ${room.maxPlayers}${watched}`;
    line.append(words);
    const { join, watch } = this.#buttons;
    if (join !== undefined && room.players < room.maxPlayers) line.append(button("Join", () => join(room.id)));
    line.append(button("Watch", () => watch(room.id)));
    return line;
  }
}

function button(words: string, press: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = words;
  made.addEventListener("click", press);
  return made;
}
