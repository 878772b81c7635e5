import type { RoomInfo } from "@skirmish-dev/sdk";
import { element } from "../hud.js";

/** More would not fit the window. */
const maxRooms = 4;

/** What a press beside a room does; the password is that of a locked one. */
export interface RoomButtons {
  readonly watch: (roomId: string, password?: string) => void;
  /** Without it rooms are not joined from the list. */
  readonly join?: (roomId: string, password?: string) => void;
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

  /** Touches the page only when something changed, so that a button stays under the pointer, and not while a password is typed. */
  show(rooms: readonly RoomInfo[]): void {
    // The lobby gives the same list until it changes.
    if (rooms === this.#shown || this.#list.querySelector("form") !== null) return;
    this.#shown = rooms;
    const busy = rooms.filter((room) => room.players > 0);
    this.#list.replaceChildren(...busy.slice(0, maxRooms).map((room) => this.#line(room)));
  }

  #line(room: RoomInfo): HTMLLIElement {
    const line = document.createElement("li");
    const words = document.createElement("span");
    const watched = room.watchers > 0 ? `, ${room.watchers} watching` : "";
    words.textContent = `${room.name || this.#title}: ${room.players} of ${room.maxPlayers}${watched}${room.locked ? ", locked" : ""}`;
    line.append(words, ...this.#choices(room, line));
    return line;
  }

  #choices(room: RoomInfo, line: HTMLLIElement): HTMLButtonElement[] {
    const { join, watch } = this.#buttons;
    const press = (words: string, enter: (roomId: string, password?: string) => void) =>
      button(words, () => (room.locked ? this.#ask(room, words, line, enter) : enter(room.id)));
    const choices = [press("Watch", watch)];
    if (join !== undefined && room.players < room.maxPlayers) choices.unshift(press("Join", join));
    return choices;
  }

  /** Asks for the password of a locked room in the place of its buttons; Escape puts them back. */
  #ask(room: RoomInfo, words: string, line: HTMLLIElement, enter: (roomId: string, password: string) => void): void {
    const form = document.createElement("form");
    const password = document.createElement("input");
    password.type = "password";
    password.required = true;
    password.maxLength = 128;
    password.autocomplete = "off";
    password.setAttribute("aria-label", `Password of ${room.name || this.#title}`);
    const done = () => {
      form.remove();
      line.append(...this.#choices(room, line));
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      done();
      enter(room.id, password.value);
    });
    form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") done();
    });
    form.append(password, button(words, () => form.requestSubmit()));
    for (const choice of line.querySelectorAll("button")) choice.remove();
    line.append(form);
    password.focus();
  }
}

function button(words: string, press: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = words;
  made.addEventListener("click", press);
  return made;
}
