import { isLobbyError, type Account, type Lobby } from "@skirmish-dev/sdk";
import { element } from "../hud.js";

const nameKey = "skirmish.name";

/** Who plays: a guest of the name that is typed, or the account that is signed in. */
export class AccountPanel {
  readonly #lobby: Lobby;
  readonly #name = element("name", HTMLInputElement);
  readonly #nameLine = element("name-line", HTMLDivElement);
  readonly #who = element("who", HTMLParagraphElement);
  readonly #form = element("account-form", HTMLFormElement);
  readonly #email = element("email", HTMLInputElement);
  readonly #password = element("password", HTMLInputElement);
  readonly #words = element("account-words", HTMLParagraphElement);
  readonly #keep = element("keep", HTMLButtonElement);
  readonly #providers = element("providers", HTMLDivElement);
  readonly #out = element("sign-out", HTMLButtonElement);
  readonly #buttons: readonly HTMLButtonElement[];
  readonly #restored: Promise<void>;
  #signedIn = false;

  constructor(lobby: Lobby) {
    this.#lobby = lobby;
    this.#name.value = stored(nameKey);
    const register = element("register", HTMLButtonElement);
    const forgot = element("forgot", HTMLButtonElement);
    this.#buttons = [element("sign-in", HTMLButtonElement), register, forgot, this.#keep, this.#out];
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#try(async () => {
        await lobby.signIn(this.#email.value, this.#password.value);
        this.#show(true);
      });
    });
    register.addEventListener("click", () => {
      if (!this.#form.reportValidity()) return;
      const account = { name: this.#name.value.trim(), email: this.#email.value, password: this.#password.value };
      void this.#try(async () => {
        await lobby.register(account);
        this.#show(true);
      }, "You are in. The link in the e-mail makes the address your way to come back.");
    });
    forgot.addEventListener("click", () => {
      if (!this.#email.reportValidity()) return;
      void this.#try(
        () => lobby.forgotPassword(this.#email.value),
        "If the address has an account, an e-mail with a link is on its way.",
      );
    });
    this.#out.addEventListener("click", () =>
      void this.#try(async () => {
        await lobby.signOut();
        this.#show(false);
      }),
    );
    this.#keep.addEventListener("click", () => {
      if (!this.#form.reportValidity()) return;
      void this.#try(
        () => lobby.setEmail(this.#email.value, this.#password.value),
        "The link in the e-mail makes the address the way back to this guest.",
      );
    });
    this.#restored = this.#try(async () => {
      let account: Account | undefined;
      try {
        account = await lobby.finishSignIn();
      } finally {
        this.#show((account ?? (await lobby.restore())) !== undefined);
      }
    });
    // Without the lobby there is nothing to sign in to either.
    lobby.providers().then(
      (names) => this.#offer(names),
      () => {},
    );
  }

  /** Buttons for the providers that the server knows. */
  #offer(names: readonly string[]): void {
    const button = (words: string, press: () => Promise<void>): HTMLButtonElement => {
      const made = document.createElement("button");
      made.type = "button";
      made.className = "second";
      made.textContent = words;
      made.addEventListener("click", () => void this.#try(press));
      return made;
    };
    for (const name of names) {
      const keep = button(`Keep this guest with ${name}`, () => this.#lobby.linkWith(name));
      keep.classList.add("keep");
      this.#providers.append(button(`Sign in with ${name}`, () => this.#lobby.signInWith(name)), keep);
    }
    this.#showKeep();
  }

  /** Only a guest that there is can be kept. */
  #showKeep(): void {
    const guest = !this.#signedIn && this.#lobby.account !== undefined;
    this.#keep.hidden = !guest;
    for (const button of this.#providers.querySelectorAll<HTMLButtonElement>(".keep")) button.hidden = !guest;
  }

  /** Makes sure that somebody is signed in. Throws `LobbyError`. */
  async enter(fallback: string): Promise<void> {
    await this.#restored;
    if (this.#signedIn && this.#lobby.account !== undefined) return;
    this.#show(false);
    const name = this.#name.value.trim() || fallback;
    if (this.#lobby.account?.name !== name) await this.#lobby.guest(name);
    this.#showKeep();
    if (this.#name.value.trim() !== "") store(nameKey, name);
  }

  focus(): void {
    this.#name.focus();
  }

  blur(): void {
    this.#name.blur();
  }

  /** Does something about the account, and says what came of it. */
  async #try(work: () => Promise<void>, done = ""): Promise<void> {
    for (const button of this.#buttons) button.disabled = true;
    try {
      await work();
      this.#words.textContent = done;
      this.#words.classList.remove("bad");
    } catch (error) {
      if (!isLobbyError(error)) throw error;
      this.#words.textContent = error.message;
      this.#words.classList.add("bad");
    } finally {
      for (const button of this.#buttons) button.disabled = false;
    }
  }

  #show(signedIn: boolean): void {
    this.#signedIn = signedIn;
    this.#nameLine.hidden = signedIn;
    this.#name.disabled = signedIn;
    this.#who.hidden = !signedIn;
    this.#form.hidden = signedIn;
    this.#out.hidden = !signedIn;
    this.#showKeep();
    this.#password.value = "";
    this.#who.textContent = signedIn ? `You are ${this.#lobby.account?.name ?? ""}.` : "";
  }
}

/** Storage may be blocked; the demo then just does not remember the name. */
function stored(key: string): string {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    return;
  }
}
