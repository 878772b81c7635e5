import type { Lobby, QueueStep, SeatSource } from "@skirmish-dev/sdk";
import { element } from "../hud.js";

/** The wait for a match at the door: one button that begins it, what is known of it, one that ends it. */
export class Ranked {
  readonly #lobby: Lobby;
  readonly #find = element("find", HTMLButtonElement);
  readonly #panel = element("queue", HTMLDivElement);
  readonly #words = element("queue-words", HTMLParagraphElement);
  #leave: AbortController | undefined;

  /** @param find - is called when a match is wanted. */
  constructor(lobby: Lobby, find: () => void) {
    this.#lobby = lobby;
    this.#find.addEventListener("click", find);
    element("queue-leave", HTMLButtonElement).addEventListener("click", () => this.leave());
  }

  /** Waits for a match and returns the seats of its room; undefined when the player has had enough. Throws `LobbyError`. */
  async match(): Promise<SeatSource | undefined> {
    const leave = new AbortController();
    this.#leave = leave;
    this.#show("Looking for an opponent…");
    try {
      for await (const step of this.#lobby.queue({ game: "draughts", signal: leave.signal })) {
        if (step.seats !== undefined) return step.seats;
        this.#show(told(step));
      }
    } catch (error) {
      if (!leave.signal.aborted) throw error;
    } finally {
      this.#leave = undefined;
      this.#panel.hidden = true;
      this.#find.hidden = false;
    }
    return undefined;
  }

  /** Gives the wait up, if there is one. */
  leave(): void {
    this.#leave?.abort();
  }

  #show(words: string): void {
    this.#find.hidden = true;
    this.#panel.hidden = false;
    this.#words.textContent = words;
  }
}

function told(step: QueueStep): string {
  return (step.position ?? 0) > 0 ? `Looking for an opponent… You are number ${step.position}.` : "Looking for an opponent…";
}
