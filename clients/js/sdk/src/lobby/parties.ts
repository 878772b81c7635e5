import { isLobbyError } from "../errors/lobby-error.js";
import type { Party, ReadyRequest } from "./api.gen.js";
import type { Lobby } from "./lobby.js";

/**
 * Players who want to play together. Its changes come as events of the kind `party`, whose data is a {@link Party}; one without
 * members says that it is over for this player.
 *
 * The leader queues for all with `lobby.queue({ mode })`, once every other member is ready; the others hear of the ticket by an
 * event of the kind `ticket` and wait with `lobby.queue({ ticketId })`.
 *
 * @example
 * ```ts
 * const parties = new Parties(lobby);
 * const code = partyCode(location.hash);
 * const party = code === undefined ? await parties.create() : await parties.join(code);
 * show(party.url); // for friends
 * ```
 */
export class Parties {
  readonly #lobby: Lobby;

  constructor(lobby: Lobby) {
    this.#lobby = lobby;
  }

  /** Makes a party, which this player leads. */
  create(): Promise<Party> {
    return this.#lobby.send<"createParty">({ method: "POST", path: "/v1/party" });
  }

  /** The party that this player is in, or undefined. */
  async mine(): Promise<Party | undefined> {
    try {
      return await this.#lobby.send<"getParty">({ method: "GET", path: "/v1/party" });
    } catch (error) {
      if (isLobbyError(error) && error.code === "no_party") return undefined;
      throw error;
    }
  }

  /** Joins a party by its code. */
  join(code: string): Promise<Party> {
    return this.#lobby.send<"joinParty">({ method: "POST", path: "/v1/party/join", body: { code } });
  }

  /** Says whether this player is ready, and what for. Not being ready any more ends the party's ticket. */
  ready(ready: boolean, what: Omit<ReadyRequest, "ready"> = {}): Promise<Party> {
    return this.#lobby.send<"readyParty">({ method: "POST", path: "/v1/party/ready", body: { ...what, ready } });
  }

  /** Leaves the party. Who has been there longest leads it then. */
  async leave(): Promise<void> {
    await this.#lobby.send<"leaveParty">({ method: "DELETE", path: "/v1/party" });
  }

  /** The leader sends a member away; the party has a new code then. */
  kick(playerId: string): Promise<Party> {
    return this.#lobby.send<"kickPartyMember">({ method: "DELETE", path: `/v1/party/members/${encodeURIComponent(playerId)}` });
  }

  /** The leader hands the party over. */
  lead(playerId: string): Promise<Party> {
    return this.#lobby.send<"leadParty">({ method: "POST", path: "/v1/party/leader", body: { playerId } });
  }

  /** The leader gives the party a new code: the link that is about is void. */
  renewCode(): Promise<Party> {
    return this.#lobby.send<"renewPartyCode">({ method: "POST", path: "/v1/party/code" });
  }
}

/** The code in a party's link: `partyCode(location.hash)`. */
export function partyCode(hash: string): string | undefined {
  return new URLSearchParams(hash.replace(/^#/, "")).get("party") ?? undefined;
}
