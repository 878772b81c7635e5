import { isLobbyError, LobbyError } from "../errors/lobby-error.js";
import type { Seat, SeatSource } from "../net/room-options.js";
import type {
  AccountInfo,
  CreateRoomRequest,
  Leaderboard,
  MatchList,
  Operations,
  Profile,
  RoomInfo,
  RoomList,
  ServerConfig,
} from "./api.gen.js";
import { Http, text, type Fetch, type HttpRequest } from "./http.js";
import { browserPage, comeBack, leaveFor, type ProviderOptions, type SignInPage } from "./provider-flow.js";
import { queue, type QueueOptions } from "./queue.js";
import { SignIn } from "./sign-in.js";
import { browserTab, type Tab } from "./tab.js";
import type { Account, BoardPage, Page, QueueStep, RoomFilter } from "./types.js";

/** Options of {@link Lobby}. */
export interface LobbyOptions {
  /** Where the server is; needed where there is no page, as in Node. @default the page's own origin */
  readonly baseURL?: string;
  /**
   * How the player outlives its access token of ten minutes. `cookie`: an HttpOnly cookie of the server, for pages it serves
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
  /** @default this page */
  readonly page?: SignInPage;
}

/**
 * The lobby's REST interface: signs in, keeps the access token (in memory only) fresh, lists and joins rooms, finds matches.
 *
 * Every method rejects with a `LobbyError` when the server refuses or cannot be reached: its `code` is for programs, its
 * `message` fit to be shown, `retryAfterMs` says when it is worth another try.
 *
 * @example
 * ```ts
 * const lobby = new Lobby();
 * await lobby.guest("Ann");
 * const room = await Room.join(lobby.seats("arena"), arena);
 * ```
 */
export class Lobby {
  readonly #http: Http;
  readonly #signIn: SignIn;
  readonly #page: SignInPage;

  constructor(options: LobbyOptions = {}) {
    this.#http = new Http(
      (options.baseURL ?? "").replace(/\/$/, ""),
      options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
    );
    this.#signIn = new SignIn({
      http: this.#http,
      inMemory: options.refresh === "memory",
      now: options.now ?? Date.now,
      tab: options.tab ?? browserTab(),
    });
    this.#page = options.page ?? browserPage();
  }

  /** Who this page is signed in as, or undefined. */
  get account(): Account | undefined {
    return this.#signIn.account;
  }

  /**
   * Signs in as a guest. A page that is reloaded and gives the same name again comes back as the same guest; a second tab is
   * a second guest.
   *
   * @param name - 1 to 24 characters. A name the server does not take rejects with a `LobbyError` of status 422.
   */
  guest(name: string): Promise<Account> {
    return this.#signIn.guest(name.trim());
  }

  /**
   * Makes an account with e-mail and password and signs in to it. It can play at once; the link in the e-mail makes the address
   * the way to come back. All tabs of the browser that {@link Lobby.restore} are the same player.
   */
  register(account: { readonly name: string; readonly email: string; readonly password: string }): Promise<Account> {
    return this.#signIn.register(account);
  }

  /** Signs in with e-mail and password. The code of a refusal is `login_refused`, whatever was wrong. */
  signIn(email: string, password: string): Promise<Account> {
    return this.#signIn.signIn(email, password);
  }

  /** The OpenID providers that the server knows, in the order in which to show them. */
  async providers(): Promise<readonly string[]> {
    return (await this.#http.get<"listProviders">("/v1/auth/oidc")).providers;
  }

  /**
   * Leaves the page to sign in at an OpenID provider. The browser comes back to `returnTo`, where {@link Lobby.finishSignIn} does the
   * rest. Who has no account yet has one then. A provider that the server does not know is refused with the code `no_provider`, and the
   * page stays.
   *
   * @example
   * ```ts
   * const account = (await lobby.finishSignIn()) ?? (await lobby.restore()); // when the page loads
   * button.onclick = () => lobby.signInWith("google");
   * ```
   */
  async signInWith(provider: string, options: ProviderOptions = {}): Promise<void> {
    await leaveFor(this.#page, await this.#startAt(provider), options);
  }

  /**
   * Leaves the page as {@link Lobby.signInWith} does, to make the provider another way to sign in to this account: a guest keeps what it
   * has won. The page must come back as the same player: one with `refresh: "memory"` cannot, nor the guest of a second tab; they are
   * refused with the code `another_player`.
   */
  async linkWith(provider: string, options: ProviderOptions = {}): Promise<void> {
    const who = await this.#signIn.returnable();
    if (who === undefined) throw new LobbyError("This tab would come back as another player.", 409, { code: "another_player" });
    await leaveFor(this.#page, await this.#startAt(provider), options, who);
  }

  /**
   * Ends what {@link Lobby.signInWith} or {@link Lobby.linkWith} has begun, if the page has come back from a provider. Call it when the page
   * loads. Rejects with a `LobbyError` when the provider has refused (`refused`, `provider_unavailable`), or another account has the
   * identity (`identity_taken`).
   *
   * @returns who this page is signed in as; undefined when it did not come from a provider.
   */
  async finishSignIn(): Promise<Account | undefined> {
    const back = comeBack(this.#page);
    if (back === undefined) return undefined;
    const { code, verifier, link } = back;
    if (link === undefined) return this.#signIn.redeem(code, verifier);
    await this.#signIn.again(link);
    await this.send<"linkIdentity">({ method: "POST", path: "/v1/account/identities", body: { code, verifier } });
    this.#signIn.promote();
    return this.account;
  }

  /** Takes a way to sign in away: `email` or a provider. The only one stays, with the code `last_identity`. */
  async unlink(provider: string): Promise<void> {
    await this.send<"unlinkIdentity">({ method: "DELETE", path: `/v1/account/identities/${encodeURIComponent(provider)}` });
  }

  /**
   * Makes e-mail and password the way to sign in to this account, once the link in the e-mail is opened; it takes the place of another
   * address. A guest keeps what it has won. `sign_in_again` says that the sign-in is over ten minutes ago.
   */
  async setEmail(email: string, password: string): Promise<void> {
    await this.send<"setEmail">({ method: "POST", path: "/v1/account/email", body: { email, password } });
  }

  /** Confirms an address with what is behind `#confirm=` in its link, for pages that open the link themselves. */
  async confirmEmail(token: string): Promise<void> {
    await this.#http.send<"confirmEmail">({ method: "POST", path: "/v1/auth/confirm", body: { token } });
  }

  /** Asks for an e-mail with a link to set another password. Whether the address has an account only its owner learns. */
  async forgotPassword(email: string): Promise<void> {
    await this.#http.send<"askReset">({ method: "POST", path: "/v1/auth/reset", body: { email } });
  }

  /** Comes back to the account that some tab of this browser has signed in to; undefined when there is none. */
  restore(): Promise<Account | undefined> {
    return this.#signIn.restore();
  }

  /** Ends the session, in all tabs of an account. Game sockets of the account are closed. */
  signOut(): Promise<void> {
    return this.#signIn.signOut();
  }

  /** What the server knows of this account. */
  me(): Promise<AccountInfo> {
    return this.send<"getAccount">({ method: "GET", path: "/v1/account" });
  }

  /** What the server has: games, limits, versions. */
  config(): Promise<ServerConfig> {
    return this.#http.get<"getConfig">("/v1/config");
  }

  /** Reserves a place in any room of the game that has one. */
  async quickJoin(game: string): Promise<Seat> {
    return seat(await this.send<"quickJoin">({ method: "POST", path: "/v1/quickjoin", body: { game } }));
  }

  /** Reserves a place in a room; `password` is that of a locked one. */
  async join(roomId: string, password?: string): Promise<Seat> {
    const path = `/v1/rooms/${encodeURIComponent(roomId)}/join` as const;
    return seat(await this.send<"joinRoom">({ method: "POST", path, ...withPassword(password) }));
  }

  /** Reserves a place in a private room, by the code that its creator has given away. */
  async joinByCode(code: string, password?: string): Promise<Seat> {
    const body = { code, ...withPassword(password).body };
    return seat(await this.send<"joinRoomByCode">({ method: "POST", path: "/v1/rooms/join", body }));
  }

  /**
   * Reserves a place to watch a room: `Room.join(() => lobby.spectate(id), arena)`. It takes no player's place, and inputs and
   * calls do nothing.
   */
  async spectate(roomId: string, password?: string): Promise<Seat> {
    const path = `/v1/rooms/${encodeURIComponent(roomId)}/spectate` as const;
    return seat(await this.send<"spectateRoom">({ method: "POST", path, ...withPassword(password) }));
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

  /** The first public rooms of a game. As long as nothing has changed it is the very same array, and costs hardly a byte. */
  async rooms(game: string): Promise<readonly RoomInfo[]> {
    return (await this.findRooms({ game }))?.rooms ?? [];
  }

  /** A page of the public rooms that a filter lets through: `cursor` is `next` of the page before. */
  findRooms(filter: RoomFilter = {}): Promise<RoomList> {
    return this.#http.get<"listRooms">(`/v1/rooms?${query(filter)}`);
  }

  /** Makes a room, joined with {@link Lobby.join} by its `id`; friends join a private one by its `code`. */
  createRoom(game: string, options: Omit<CreateRoomRequest, "game"> = {}): Promise<RoomInfo> {
    return this.send<"createRoom">({ method: "POST", path: "/v1/rooms", body: { game, ...options } });
  }

  /** The best players of a ranked mode, page by page: `after` is `next` of the page before. `around` a player: who is near it. */
  leaderboard(mode: string, page: BoardPage = {}): Promise<Leaderboard> {
    return this.#http.get<"getLeaderboard">(`/v1/leaderboards/${encodeURIComponent(mode)}?${query(page)}`);
  }

  /** What everybody may know of a player, its ratings among it. */
  player(playerId: string): Promise<Profile> {
    return this.#http.get<"getPlayer">(`/v1/players/${encodeURIComponent(playerId)}`);
  }

  /** The matches that a player has played, the newest first. */
  matches(playerId: string, page: Page = {}): Promise<MatchList> {
    return this.#http.get<"listMatches">(`/v1/matches?${query({ player: playerId, ...page })}`);
  }

  /**
   * Waits for a match and says how it stands whenever that changes. The last step is `matched`, `cancelled` or `expired`. Leaving
   * the loop before, or aborting the signal (which rejects with its reason), leaves the queue.
   *
   * @example
   * ```ts
   * for await (const step of lobby.queue({ mode: "draughts", signal })) {
   *   if (step.state === "queued") show(`You are number ${step.position}.`, step.estimateS, step.reason?.cause);
   *   if (step.state === "ready") await step.accept();
   *   if (step.seats !== undefined) room = await Room.join(step.seats, draughts);
   * }
   * ```
   */
  queue(options: QueueOptions): AsyncGenerator<QueueStep, void, undefined> {
    return queue(this, options);
  }

  /**
   * Sends a request as this account, with a fresh access token: for what this class has no method for. The operations are those of
   * the server's `/v1/openapi.json`, with names in camel case.
   */
  async send<O extends keyof Operations>(r: Omit<HttpRequest<O>, "token" | "cookies">): Promise<Operations[O]["answer"]> {
    return this.#authorized((token) => this.#http.send<O>({ ...(r as HttpRequest<O>), token }));
  }

  /** Opens a stream as this account: what `AccountEvents` reads. Rejects as every method does; aborting the signal ends the stream. */
  stream(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response> {
    return this.#authorized((token) => this.#http.open(path, { ...headers, Authorization: `Bearer ${token}` }, signal));
  }

  async #startAt(provider: string): Promise<string> {
    const known = await this.providers();
    if (!known.includes(provider)) {
      const words = `The server has no provider "${provider}"; it has: ${known.join(", ") || "none"}.`;
      throw new LobbyError(words, 404, { code: "no_provider" });
    }
    return `${this.#http.baseURL}/v1/auth/oidc/${encodeURIComponent(provider)}/start`;
  }

  /** A token may be refused before its time: a key was replaced, a session ended. */
  async #authorized<T>(request: (token: string) => Promise<T>): Promise<T> {
    const token = await this.#signIn.token();
    try {
      return await request(token);
    } catch (error) {
      if (!isLobbyError(error) || error.status !== 401) throw error;
      return request(await this.#signIn.tokenAfter(token));
    }
  }
}

const withPassword = (password: string | undefined) => (password === undefined ? {} : { body: { password } });

/** A query of those parameters that are given. */
function query(of: object): string {
  return new URLSearchParams(Object.entries(of).map(([name, value]) => [name, String(value)])).toString();
}

function seat(answer: unknown): Seat {
  return { url: text(answer, "url"), roomId: text(answer, "roomId") };
}
