import { LobbyError } from "../errors/lobby-error.js";
import type { Marker } from "./tab.js";

/** The page that leaves for an OpenID provider and comes back; tests pass their own. */
export interface SignInPage {
  /** Of the tab, and still there when it comes back. undefined where it is blocked. */
  readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem"> | undefined;
  /** Where the page is. */
  address(): string;
  /** Goes there instead. */
  leave(address: string): void;
  /** Takes what is behind the `#` out of the address, and out of the history. */
  clean(): void;
}

/** Where a sign-in at a provider begins. */
export interface ProviderOptions {
  /** The page to come back to: one of the server's list, letter for letter. @default this page, without `?` and `#` */
  readonly returnTo?: string;
}

/** What a page keeps while it is away. */
export interface Away {
  readonly verifier: string;
  /** The hash of it, which comes back with the answer. */
  readonly challenge: string;
  /** To link the identity to this account; undefined: to sign in. */
  readonly link?: Marker | undefined;
}

const key = "skirmish.provider";

/** Leaves for a provider. Only this tab can redeem the code that it comes back with: its storage has what the challenge is the hash of. */
export async function leaveFor(page: SignInPage, start: string, { returnTo }: ProviderOptions, link?: Marker): Promise<void> {
  const { subtle } = globalThis.crypto;
  if (page.storage === undefined || subtle === undefined)
    throw new Error("signing in at a provider needs session storage, and https or a server on this machine");
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const challenge = base64url(new Uint8Array(await subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
  const here = new URL(page.address());
  page.storage.setItem(key, JSON.stringify({ verifier, challenge, link } satisfies Away));
  page.leave(`${start}?${new URLSearchParams({ return_to: returnTo ?? here.origin + here.pathname, challenge })}`);
}

/**
 * What the page has come back from a provider with, once: undefined when it has not. Throws a {@link LobbyError} when the provider did not
 * sign the player in.
 */
export function comeBack(page: SignInPage): (Away & { readonly code: string }) | undefined {
  const said = new URLSearchParams(new URL(page.address()).hash.slice(1));
  const [code, error] = [said.get("code"), said.get("error")];
  if (code === null && error === null) return undefined;
  const away = JSON.parse(page.storage?.getItem(key) ?? "null") as Away | null;
  // What a link says that somebody else has made is none of this page's, and what the page has begun goes on.
  if (away === null || away.challenge !== said.get("challenge")) return undefined;
  page.storage!.removeItem(key);
  page.clean();
  if (code === null) throw refused(error!);
  return { ...away, code };
}

function refused(error: string): LobbyError {
  const down = error !== "refused";
  const words = down ? "The provider cannot be reached. Try again later." : "The provider did not confirm the sign-in.";
  return new LobbyError(words, down ? 503 : 403, { code: error });
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The page that this code runs in. */
export function browserPage(): SignInPage {
  return {
    get storage() {
      try {
        return globalThis.sessionStorage;
      } catch {
        return undefined; // access throws where the user has blocked it
      }
    },
    address: () => location.href,
    leave: (address) => location.assign(address),
    clean: () => history.replaceState(history.state, "", location.pathname + location.search),
  };
}
