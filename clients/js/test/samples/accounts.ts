import { isLobbyError, type Account, type Lobby } from "@skirmish-dev/sdk";

/** When the page loads: from a provider, from an earlier visit, or as a guest. */
export async function begin(lobby: Lobby, name: string): Promise<Account> {
  return (await lobby.finishSignIn()) ?? (await lobby.restore()) ?? (await lobby.guest(name));
}

/** A guest becomes an account, and keeps its id and what it has won. Returns what to show. */
export async function keep(lobby: Lobby, how: { email: string; password: string } | { provider: string }): Promise<string> {
  try {
    if ("provider" in how) {
      await lobby.linkWith(how.provider); // the page is left; finishSignIn() goes on when it is back
      return `On the way to ${how.provider}.`;
    }
    await lobby.setEmail(how.email, how.password);
    return "Open the link in the e-mail.";
  } catch (error) {
    if (!isLobbyError(error)) throw error;
    return error.message; // fit to be shown; error.code is for the program
  }
}

/** E-mail and password. An address without an account is refused with the same code: the server does not say which it was. */
export async function signInByEmail(lobby: Lobby, email: string, password: string): Promise<Account | undefined> {
  try {
    return await lobby.signIn(email, password);
  } catch (error) {
    if (!isLobbyError(error) || error.code !== "login_refused") throw error;
    return undefined; // ask again, and offer lobby.forgotPassword(email)
  }
}

/** A button for each provider that the server knows. */
export async function providerButtons(lobby: Lobby, box: HTMLElement): Promise<void> {
  for (const provider of await lobby.providers()) {
    const button = document.createElement("button");
    button.textContent = `Sign in with ${provider}`;
    button.onclick = () => lobby.signInWith(provider); // the page is left; finishSignIn() goes on when it is back
    box.append(button);
  }
}
