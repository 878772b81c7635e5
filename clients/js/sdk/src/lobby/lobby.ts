import { isLobbyError, LobbyError } from "../errors/lobby-error.js";
import type { Seat, SeatSource } from "../net/room-options.js";
import { number, property, request, text, type Fetch, type HttpRequest } from "./http.js";
import { browserTab, type Tab } from "./tab.js";
import type { Account, RoomInfo, Ticket } from "./types.js";

/** Options of {@link Lobby}. */
export interface LobbyOptions {
  /** Where the server is. @default the page's own origin */
  readonly baseURL?: string;
  /**
   * How the guest outlives its access token of ten minutes. `cookie`: an HttpOnly cookie of the server, for pages it serves
   * itself. `memory`: the refresh token is handed to this page, for games on another origin. Any script that gets into the
   * page can steal it then; it is never written to storage. @default "cookie"
   */
  readonly refresh?: "cookie" | "memory";
  /** @default globalThis.fetch */
  readonly fetch?: Fetch;
  /** @default Date.now */
  readonly now?: () => number;
  /** @default this page's tab */
  readonly tab?: Tab;
}

/** An access token is renewed this long before it ends. */
const earlyMs = 30_000;

interface Session extends Account {
  readonly accessToken: string;
  readonly expiresAt: number;
  readonly refreshToken: string | undefined;
}

/**
 * The lobby's REST interface: signs in as a guest, keeps the access token (in memory only) fresh, lists and joins rooms.
 *
 * @example
 * ```ts
 * const lobby = new Lobby();
 * await lobby.guest("Ann");
 * const room = await Room.join(lobby.seats("arena"), arena);
 * ```
 */
export class Lobby {
  readonly #baseURL: string;
  readonly #inMemory: boolean;
  readonly #fetch: Fetch;
  readonly #now: () => number;
  readonly #tab: Tab;
  #session: Session | undefined;
  #renewing: Promise<Session> | undefined;

  constructor(options: LobbyOptions = {}) {
    this.#baseURL = (options.baseURL ?? "").replace(/\/$/, "");
    this.#inMemory = options.refresh === "memory";
    this.#fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
    this.#now = options.now ?? Date.now;
    this.#tab = options.tab ?? browserTab();
  }

  /** Who this page is signed in as, or undefined. */
  get account(): Account | undefined {
    return this.#session && { playerId: this.#session.playerId, name: this.#session.name };
  }

  /**
   * Signs in as a guest. A page that is reloaded and gives the same name again comes back as the same guest; a second tab is
   * a second guest.
   *
   * @param name - 1 to 24 characters. A name the server does not take rejects with a `LobbyError` of status 422.
   */
  async guest(name: string): Promise<Account> {
    const marker = this.#inMemory ? undefined : this.#tab.remembered();
    if (marker?.name === name.trim() && (await this.#tab.ownsCookie())) {
      this.#session = await this.#refreshed(marker);
    } else this.#session = await this.#signIn(name.trim());
    return this.account!;
  }

  /** Reserves a place in any room of the game that has one. */
  async quickJoin(game: string): Promise<Seat> {
    return seat(await this.#authorized({ method: "POST", path: "/v1/quickjoin", body: { game } }));
  }

  /** Reserves a place in a room. */
  async join(roomId: string): Promise<Seat> {
    return seat(await this.#authorized({ method: "POST", path: `/v1/rooms/${encodeURIComponent(roomId)}/join`, body: {} }));
  }

  /**
   * Reserves a place to watch a room: `Room.join(() => lobby.spectate(id), arena)`. It takes no player's place, and inputs and
   * calls do nothing.
   */
  async spectate(roomId: string): Promise<Seat> {
    return seat(
      await this.#authorized({ method: "POST", path: `/v1/rooms/${encodeURIComponent(roomId)}/spectate`, body: {} }),
    );
  }

  /** Seats for `Room.join`: any room at first, after a lost connection the same one if it still has a place. */
  seats(game: string): SeatSource {
    return async (previous) => {
      if (previous === undefined) return this.quickJoin(game);
      try {
        return await this.join(previous.roomId);
      } catch (error) {
        if (isLobbyError(error) && (error.status === 404 || error.status === 409)) return this.quickJoin(game);
        throw error;
      }
    };
  }

  /** The public rooms of a game. */
  async rooms(game: string): Promise<RoomInfo[]> {
    const answer = await request(this.#fetch, this.#baseURL, {
      method: "GET",
      path: `/v1/rooms?game=${encodeURIComponent(game)}`,
    });
    const rooms = property(answer, "rooms");
    return (Array.isArray(rooms) ? rooms : []).map((room: unknown) => ({
      id: text(room, "id"),
      game: text(room, "game"),
      name: String(property(room, "name") ?? ""),
      players: number(room, "players"),
      maxPlayers: number(room, "max_players"),
      watchers: number(room, "watchers"),
      state: String(property(room, "state") ?? ""),
    }));
  }

  /** Makes a room. Its id is joined with {@link Lobby.join}. */
  async createRoom(game: string, options: { readonly name?: string; readonly private?: boolean; readonly options?: unknown } = {}): Promise<string> {
    return text(await this.#authorized({ method: "POST", path: "/v1/rooms", body: { game, ...options } }), "id");
  }

  /** Enters the matchmaking queue. */
  async openTicket(game: string): Promise<Ticket> {
    return ticket(await this.#authorized({ method: "POST", path: "/v1/tickets", body: { game } }));
  }

  /** Asks how a ticket stands; the answer waits up to `waitSeconds` for news. */
  async ticket(id: string, waitSeconds = 0): Promise<Ticket> {
    return ticket(await this.#authorized({ method: "GET", path: `/v1/tickets/${encodeURIComponent(id)}?wait=${waitSeconds}` }));
  }

  /** Leaves the matchmaking queue. */
  async closeTicket(id: string): Promise<void> {
    await this.#authorized({ method: "DELETE", path: `/v1/tickets/${encodeURIComponent(id)}` });
  }

  async #authorized(r: HttpRequest): Promise<unknown> {
    const session = await this.#fresh();
    try {
      return await request(this.#fetch, this.#baseURL, { ...r, token: session.accessToken });
    } catch (error) {
      if (!isLobbyError(error) || error.status !== 401) throw error;
      const renewed = await this.#renew(session);
      return request(this.#fetch, this.#baseURL, { ...r, token: renewed.accessToken });
    }
  }

  async #fresh(): Promise<Session> {
    if (this.#session === undefined) throw new LobbyError("Sign in first: call guest().", 401);
    return this.#session.expiresAt - this.#now() > earlyMs ? this.#session : this.#renew(this.#session);
  }

  /** Requests that find the token expired together share one renewal. */
  #renew(old: Session): Promise<Session> {
    this.#renewing ??= this.#renewed(old).finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async #renewed(old: Session): Promise<Session> {
    const canRefresh = this.#inMemory ? old.refreshToken !== undefined : await this.#tab.ownsCookie();
    this.#session = canRefresh ? await this.#refreshed(old) : await this.#signIn(old.name);
    return this.#session;
  }

  /** Stays `who` if the server agrees; otherwise becomes a new guest of that name. */
  async #refreshed(who: Account & { readonly refreshToken?: string | undefined }): Promise<Session> {
    try {
      const body = this.#inMemory ? { refresh_token: who.refreshToken, transport: "body" } : {};
      const answer = await request(this.#fetch, this.#baseURL, {
        method: "POST",
        path: "/v1/auth/refresh",
        body,
        cookies: !this.#inMemory,
      });
      // Another id means that another tab owns the cookie now; this tab must not become that guest.
      if (text(answer, "player_id") === who.playerId) return this.#keep(answer, who.name);
    } catch (error) {
      if (!isLobbyError(error) || error.temporary) throw error;
    }
    return this.#signIn(who.name);
  }

  async #signIn(name: string): Promise<Session> {
    const body = this.#inMemory ? { name, transport: "body" } : { name };
    const cookies = !this.#inMemory && (await this.#tab.ownsCookie());
    return this.#keep(await request(this.#fetch, this.#baseURL, { method: "POST", path: "/v1/auth/guest", body, cookies }), name);
  }

  #keep(answer: unknown, name: string): Session {
    const refreshToken = property(answer, "refresh_token");
    const session: Session = {
      playerId: text(answer, "player_id"),
      name,
      accessToken: text(answer, "access_token"),
      expiresAt: this.#now() + 1000 * number(answer, "expires_in"),
      refreshToken: typeof refreshToken === "string" ? refreshToken : undefined,
    };
    if (!this.#inMemory) this.#tab.remember({ playerId: session.playerId, name });
    return session;
  }
}

function seat(answer: unknown): Seat {
  return { url: text(answer, "url"), roomId: text(answer, "room_id") };
}

function ticket(answer: unknown): Ticket {
  const url = property(answer, "url");
  return {
    id: text(answer, "id"),
    state: text(answer, "state") as Ticket["state"],
    position: number(answer, "position"),
    seat: typeof url === "string" ? { url, roomId: text(answer, "room_id") } : undefined,
  };
}
