import { isCallError } from "@skirmish-dev/sdk";
import { element } from "./hud.js";

/** The line in which players talk: Enter opens it, Enter sends, Escape gives up. */
export class Chat {
  readonly #text = element("chat-text", HTMLInputElement);

  /**
   * @param say - sends a line to everybody.
   * @param refused - shows why a line was not sent.
   */
  constructor(say: (text: string) => Promise<void>, refused: (words: string) => void) {
    element("chat", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.#text.value.trim();
      this.#text.value = "";
      this.#text.blur();
      if (text === "") return;
      say(text).catch((error: unknown) => {
        // A TypeError: the line is too long.
        if (!isCallError(error) && !(error instanceof TypeError)) throw error;
        refused(error.message);
      });
    });
    this.#text.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#text.blur();
    });
    addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target instanceof HTMLInputElement || event.target instanceof HTMLButtonElement) return;
      event.preventDefault();
      this.#text.focus();
    });
  }
}
