import { isLobbyError, LobbyError } from "../errors/lobby-error.js";
import type { Operations, Session as Answer } from "./api.gen.js";
import { text, type Http, type HttpRequest } from "./http.js";
import type { Marker, Tab } from "./tab.js";
import type { Account } from "./types.js";

/** An access token is renewed this long before it ends. */
const earlyMs = 30_000;

interface Session extends Account {
  /** A guest that is lost is replaced by another; an account has to sign in again. */
  readonly guest: boolean;
  readonly accessToken: string;
  readonly expiresAt: number;
  readonly refreshToken: string | undefined;
}

/** What {@link SignIn} works with. */
export interface SignInWorld {
  readonly http: Http;
  /** The refresh token is kept in memory instead of in a cookie. */
  readonly inMemory: boolean;
  readonly now: () => number;
  readonly tab: Tab;
}

/** Who this page is to the lobby, and its access token, in memory only and always fresh. */
export class SignIn {
  readonly #http: Http;
  readonly #inMemory: boolean;
  readonly #now: () => number;
  readonly #tab: Tab;
  #session: Session | undefined;
  #renewing: Promise<Session> | undefined;

  constructor(world: SignInWorld) {
    this.#http = world.http;
    this.#inMemory = world.inMemory;
    this.#now = world.now;
    this.#tab = world.tab;
  }

  get account(): Account | undefined {
    return this.#session && { playerId: this.#session.playerId, name: this.#session.name };
  }

  async guest(name: string): Promise<Account> {
    const marker = this.#inMemory ? undefined : this.#tab.remembered();
    const same = marker?.name === name && (await this.#guestUsesCookie());
    return this.#become(same ? await this.#refreshedGuest(marker) : await this.#newGuest(name));
  }

  async register(body: { readonly name: string; readonly email: string; readonly password: string }): Promise<Account> {
    const answer = await this.#alone<"register">("/v1/auth/register", { ...body, ...this.#transport });
    return this.#becomeAccount(answer, body.name.trim());
  }

  async signIn(email: string, password: string): Promise<Account> {
    const answer = await this.#alone<"signIn">("/v1/auth/login", { email, password, ...this.#transport });
    return this.#becomeNamed(answer);
  }

  /** Signs in with the code that a page has come back from a provider with. */
  async redeem(code: string, verifier: string): Promise<Account> {
    const answer = await this.#alone<"redeemOidc">("/v1/auth/oidc/redeem", { code, verifier, ...this.#transport });
    return this.#becomeNamed(answer);
  }

  /** Who this page can be again after it was away: undefined when it would come back as somebody else. */
  async returnable(): Promise<Marker | undefined> {
    const session = this.#session;
    if (session === undefined || this.#inMemory || (session.guest && !(await this.#guestUsesCookie()))) return undefined;
    return { playerId: session.playerId, name: session.name };
  }

  /** Is who this page was before it was away, or throws a {@link LobbyError} of status 401. */
  async again(who: Marker): Promise<void> {
    if (this.#session?.playerId === who.playerId) return;
    const account = this.#tab.signedIn() === undefined ? await this.guest(who.name) : await this.restore();
    if (account?.playerId !== who.playerId) {
      throw new LobbyError("Another account has signed in.", 401, { code: "unauthorized" });
    }
  }

  /** A guest that has another way to sign in is an account: all tabs that restore are it. */
  promote(): void {
    const session = this.#session;
    if (session === undefined || !session.guest) return;
    this.#session = { ...session, guest: false };
    this.#tab.remember(undefined);
    this.#tab.setSignedIn({ playerId: session.playerId, name: session.name });
  }

  async restore(): Promise<Account | undefined> {
    const marker = this.#inMemory ? undefined : this.#tab.signedIn();
    if (marker === undefined) return undefined;
    try {
      return this.#become(await this.#refreshedAccount(marker, undefined));
    } catch (error) {
      if (isLobbyError(error) && error.status === 401) return undefined;
      throw error;
    }
  }

  async signOut(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    const cookies = !this.#inMemory && (!session.guest || (await this.#guestUsesCookie()));
    if (cookies || session.refreshToken !== undefined) {
      await this.#alone<"signOut">("/v1/auth/logout", this.#refreshBody(session.refreshToken), cookies);
    }
    this.#forget(session);
  }

  /** A token that is good for a while. Throws a {@link LobbyError} of status 401 when nobody is signed in any more. */
  async token(): Promise<string> {
    if (this.#session === undefined) throw new LobbyError("Sign in first: call guest() or signIn().", 401, { code: "unauthorized" });
    const good = this.#session.expiresAt - this.#now() > earlyMs;
    return (good ? this.#session : await this.#renew(this.#session)).accessToken;
  }

  /** The token after one that the server has refused. */
  async tokenAfter(refused: string): Promise<string> {
    const session = this.#session;
    return session === undefined || session.accessToken !== refused ? this.token() : (await this.#renew(session)).accessToken;
  }

  /** Requests that find the token expired together share one renewal. */
  #renew(old: Session): Promise<Session> {
    this.#renewing ??= this.#renewed(old).finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async #renewed(old: Session): Promise<Session> {
    if (!old.guest) this.#session = await this.#refreshedAccount(old, old.refreshToken);
    else if (this.#inMemory ? old.refreshToken !== undefined : await this.#guestUsesCookie()) {
      this.#session = await this.#refreshedGuest(old);
    } else this.#session = await this.#newGuest(old.name);
    return this.#session;
  }

  /** While somebody is signed in to an account, the cookie is the account's. */
  async #guestUsesCookie(): Promise<boolean> {
    return (await this.#tab.ownsCookie()) && this.#tab.signedIn() === undefined;
  }

  /** Stays `who` if the server agrees; otherwise becomes a new guest of that name. */
  async #refreshedGuest(who: Account & { readonly refreshToken?: string | undefined }): Promise<Session> {
    try {
      const answer = await this.#refresh(who.refreshToken);
      // Another id means that another tab owns the cookie now; this tab must not become that guest.
      if (text(answer, "playerId") === who.playerId) return this.#sessionOf(answer, who.name, true);
    } catch (error) {
      if (!isLobbyError(error) || error.temporary) throw error;
    }
    return this.#newGuest(who.name);
  }

  /** Stays `who`, or is nobody: only its player can sign in again. */
  async #refreshedAccount(who: Account, refreshToken: string | undefined): Promise<Session> {
    try {
      const answer = await this.#refresh(refreshToken);
      if (text(answer, "playerId") === who.playerId) return this.#sessionOf(answer, who.name, false);
      throw new LobbyError("Another account has signed in.", 401, { code: "unauthorized" });
    } catch (error) {
      if (isLobbyError(error) && !error.temporary) this.#forget({ ...who, guest: false });
      throw error;
    }
  }

  #refresh(refreshToken: string | undefined): Promise<Answer> {
    return this.#alone<"refresh">("/v1/auth/refresh", this.#refreshBody(refreshToken));
  }

  async #newGuest(name: string): Promise<Session> {
    const cookies = !this.#inMemory && (await this.#guestUsesCookie());
    const body = { name, ...this.#transport };
    const answer = await this.#http.send<"signInGuest">({ method: "POST", path: "/v1/auth/guest", body, cookies });
    const session = this.#sessionOf(answer, name, true);
    if (!this.#inMemory) this.#tab.remember({ playerId: session.playerId, name });
    return session;
  }

  #becomeAccount(answer: Answer, name: string): Account {
    const session = this.#sessionOf(answer, name, false);
    if (!this.#inMemory) {
      // The guest's cookie is gone; it must not come back as the account.
      this.#tab.remember(undefined);
      this.#tab.setSignedIn({ playerId: session.playerId, name });
    }
    return this.#become(session);
  }

  async #becomeNamed(answer: Answer): Promise<Account> {
    const token = text(answer, "accessToken");
    return this.#becomeAccount(answer, text(await this.#http.send<"getAccount">({ method: "GET", path: "/v1/account", token }), "name"));
  }

  #become(session: Session): Account {
    this.#session = session;
    return { playerId: session.playerId, name: session.name };
  }

  #forget(who: Marker & { readonly guest: boolean }): void {
    if (this.#session?.playerId === who.playerId) this.#session = undefined;
    if (this.#inMemory) return;
    if (who.guest) this.#tab.remember(undefined);
    else if (this.#tab.signedIn()?.playerId === who.playerId) this.#tab.setSignedIn(undefined);
  }

  /** Whatever changes the cookie is done by one tab at a time. */
  #alone<O extends "register" | "signIn" | "redeemOidc" | "refresh" | "signOut">(
    path: Operations[O]["path"],
    body: Operations[O]["body"],
    cookies = !this.#inMemory,
  ): Promise<Operations[O]["answer"]> {
    const work = () => this.#http.send<O>({ method: "POST", path, body, cookies } as HttpRequest<O>);
    return this.#inMemory ? work() : this.#tab.alone(work);
  }

  get #transport(): { readonly transport?: "body" } {
    return this.#inMemory ? { transport: "body" } : {};
  }

  #refreshBody(refreshToken: string | undefined) {
    return this.#inMemory ? { refreshToken: refreshToken ?? "", transport: "body" as const } : {};
  }

  #sessionOf(answer: Answer, name: string, guest: boolean): Session {
    return {
      playerId: text(answer, "playerId"),
      name,
      guest,
      accessToken: text(answer, "accessToken"),
      expiresAt: this.#now() + 1000 * (answer.expiresIn ?? 0),
      refreshToken: answer.refreshToken,
    };
  }
}
