import { isLobbyError, Parties, partyCode, type AccountEvent, type Lobby, type ModeInfo, type Party } from "@skirmish-dev/sdk";
import { element } from "../hud.js";

/** What a party wants of the page. */
export interface PartyWishes {
  /** Somebody must be signed in first. */
  enter(): Promise<void>;
  /** The leader queues. */
  queue(mode: string): void;
  /** The leader has queued for all. */
  follow(ticketId: string): void;
}

/** The party at the door: its link, its members, and what it can queue for. */
export class PartyPanel {
  readonly #lobby: Lobby;
  readonly #parties: Parties;
  readonly #wishes: PartyWishes;
  readonly #none = element("party-none", HTMLDivElement);
  readonly #some = element("party-some", HTMLDivElement);
  readonly #link = element("party-link", HTMLInputElement);
  readonly #members = element("party-members", HTMLUListElement);
  readonly #ready = element("party-ready", HTMLButtonElement);
  readonly #modes = element("party-modes", HTMLDivElement);
  readonly #words = element("party-words", HTMLParagraphElement);
  #party: Party | undefined;
  #known: readonly ModeInfo[] = [];
  #followed = "";

  constructor(lobby: Lobby, wishes: PartyWishes) {
    this.#lobby = lobby;
    this.#parties = new Parties(lobby);
    this.#wishes = wishes;
    const code = partyCode(location.hash);
    const make = element("party-make", HTMLButtonElement);
    make.textContent = code === undefined ? "Make a party" : "Join the party";
    make.addEventListener("click", () =>
      void this.#try(async () => {
        await wishes.enter();
        this.#show(await this.#enter(code));
      }),
    );
    this.#ready.addEventListener("click", () =>
      void this.#try(async () => this.#show(await this.#parties.ready(!this.#mine()?.ready))),
    );
    element("party-copy", HTMLButtonElement).addEventListener("click", () => void this.#copy());
    element("party-leave", HTMLButtonElement).addEventListener("click", () =>
      void this.#try(async () => {
        await this.#parties.leave();
        this.#show(undefined);
      }),
    );
  }

  /** Takes in what the lobby says. */
  heard({ kind, data }: AccountEvent): void {
    if (kind === "party") {
      const party = data as Party;
      if (this.#party === undefined || party.id === this.#party.id) this.#show(party.members.length === 0 ? undefined : party);
    }
    if (kind !== "ticket" || this.#party === undefined) return;
    const ticket = data as { readonly id: string; readonly state: string; readonly partyId?: string };
    const follows = this.#party.leaderId !== this.#lobby.account?.playerId && ticket.partyId === this.#party.id;
    // The first that is heard of a ticket may be that it is matched.
    const open = ticket.state === "queued" || ticket.state === "ready" || ticket.state === "matched";
    if (follows && open && ticket.id !== this.#followed) {
      this.#followed = ticket.id;
      this.#wishes.follow(ticket.id);
    }
  }

  /** Makes a party, or joins that of the link; who is in one already, as after a reload, comes back to it. */
  async #enter(code: string | undefined): Promise<Party | undefined> {
    try {
      return await (code === undefined ? this.#parties.create() : this.#parties.join(code));
    } catch (error) {
      if (!isLobbyError(error) || error.code !== "in_party") throw error;
      return this.#parties.mine();
    }
  }

  #mine() {
    return this.#party?.members.find((member) => member.playerId === this.#lobby.account?.playerId);
  }

  #show(party: Party | undefined): void {
    // Answers and events may cross.
    if (party !== undefined && party.id === this.#party?.id && party.version < this.#party.version) return;
    this.#party = party;
    this.#none.hidden = party !== undefined;
    this.#some.hidden = party === undefined;
    this.#words.textContent = "";
    if (party === undefined) return;
    const leads = party.leaderId === this.#lobby.account?.playerId;
    this.#link.value = party.url;
    this.#members.replaceChildren(...party.members.map((member) => this.#line(party, member, leads)));
    // The leader is ready by queueing.
    this.#ready.hidden = leads;
    this.#ready.textContent = this.#mine()?.ready ? "Not ready after all" : "I am ready";
    this.#modes.hidden = !leads;
    if (leads) void this.#try(() => this.#showModes(party));
  }

  async #showModes(party: Party): Promise<void> {
    if (this.#known.length === 0) this.#known = (await this.#lobby.config()).modes;
    const fitting = this.#known.filter((mode) => mode.teamSize.max >= party.members.length);
    const buttons = fitting.map((mode) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "main";
      button.textContent = `Queue for ${mode.name}`;
      button.disabled = party.members.some((member) => !member.ready && member.playerId !== party.leaderId);
      button.addEventListener("click", () => this.#wishes.queue(mode.name));
      return button;
    });
    const none = document.createElement("p");
    none.textContent = `This server has no mode with teams of ${party.members.length}.`;
    this.#modes.replaceChildren(...(buttons.length > 0 ? buttons : [none]));
  }

  #line(party: Party, member: Party["members"][number], leads: boolean): HTMLLIElement {
    const line = document.createElement("li");
    const name = document.createElement("span");
    name.textContent = member.name;
    const state = document.createElement("span");
    state.className = "state";
    state.textContent = member.playerId === party.leaderId ? "leads" : member.ready ? "ready" : "not ready yet";
    line.append(name, state);
    if (leads && member.playerId !== party.leaderId) {
      const away = document.createElement("button");
      away.type = "button";
      away.textContent = "Send away";
      away.addEventListener("click", () =>
        void this.#try(async () => this.#show(await this.#parties.kick(member.playerId))),
      );
      line.append(away);
    }
    return line;
  }

  async #copy(): Promise<void> {
    this.#link.select();
    try {
      await navigator.clipboard.writeText(this.#link.value);
      this.#words.textContent = "Copied. Send it to a friend.";
    } catch {
      // Not every browser allows it; the link is selected for the keyboard.
      this.#words.textContent = "Press Ctrl+C to copy the link.";
    }
  }

  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isLobbyError(error)) throw error;
      this.#words.textContent = error.message;
    }
  }
}
