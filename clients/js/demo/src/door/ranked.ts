import type { Lobby, QueueOptions, QueueStep, SeatSource, TicketReason } from "@skirmish-dev/sdk";
import { element } from "../hud.js";

/** A match that was found. */
export interface Found {
  readonly game: string;
  readonly seats: SeatSource;
}

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

  /** Waits for a match and returns the seats of its room; undefined when there is none after all. Throws `LobbyError`. */
  async match(what: QueueOptions): Promise<Found | undefined> {
    this.leave();
    const leave = new AbortController();
    this.#leave = leave;
    this.#show("Looking for an opponent…");
    try {
      for await (const step of this.#lobby.queue({ ...what, signal: leave.signal })) {
        if (step.state === "ready" && !step.ready?.accepted) await step.accept();
        if (step.seats !== undefined) return { game: step.game, seats: step.seats };
        this.#show(told(step));
      }
    } catch (error) {
      if (!leave.signal.aborted) throw error;
    } finally {
      if (this.#leave === leave) {
        this.#leave = undefined;
        this.#panel.hidden = true;
        this.#find.hidden = false;
      }
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

/** What is in the way of a match, in the player's words. */
const causes: Readonly<Record<TicketReason["cause"], string>> = {
  players: "Nobody else is looking yet.",
  skill: "The others play much better or worse; the limits widen while you wait.",
  latency: "The others are too far away.",
  roles: "Not every role is taken yet.",
  party: "The parties do not fit together yet.",
  attributes: "The others want to play something else.",
  balance: "The teams would not be even.",
  room: "The match is found, and waits for a room.",
};

/** A wait in words: where, how long, why. */
export function told({ state, position = 0, estimateS, reason, ready }: QueueStep): string {
  if (state === "ready" && ready !== undefined) return `An opponent is found; ${ready.given} of ${ready.players} are ready.`;
  const where = position > 0 ? `You are number ${position}` : "Looking for an opponent";
  const time = estimateS === undefined ? "." : `, about ${estimateS} s.`;
  return `${where}${time}${reason === undefined ? "" : ` ${causes[reason.cause]}`}`;
}
