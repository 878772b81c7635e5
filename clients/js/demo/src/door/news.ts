import { AccountEvents, type AccountEvent, type Lobby } from "@skirmish-dev/sdk";

/** What the lobby has to say to whoever is signed in. */
export class News {
  readonly #lobby: Lobby;
  readonly #heard: (event: AccountEvent) => void;
  #events: AccountEvents | undefined;
  #playerId = "";

  constructor(lobby: Lobby, heard: (event: AccountEvent) => void) {
    this.#lobby = lobby;
    this.#heard = heard;
  }

  /** Follows the account that is signed in now. */
  follow(): void {
    const playerId = this.#lobby.account?.playerId ?? "";
    if (playerId === this.#playerId) return;
    this.#events?.close();
    this.#playerId = playerId;
    this.#events = new AccountEvents(this.#lobby);
    this.#events.on("event", this.#heard);
    // It may be followed again later, as after signing in anew.
    this.#events.on("end", () => (this.#playerId = ""));
  }
}
