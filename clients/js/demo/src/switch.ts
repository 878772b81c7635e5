import { element } from "./hud.js";

/** A panel that a key and a button show and hide. */
export class Switch {
  readonly #panel: HTMLElement;
  readonly #button: HTMLButtonElement;

  /**
   * @param id - of the panel; its button has the id with `-button` behind it.
   * @param code - of the key, as in `KeyboardEvent.code`.
   */
  constructor(id: string, code: string) {
    this.#panel = element(id, HTMLElement);
    this.#button = element(`${id}-button`, HTMLButtonElement);
    this.#button.addEventListener("click", () => {
      this.#toggle();
      // Space would press it again instead of shooting.
      this.#button.blur();
    });
    addEventListener("keydown", (event) => {
      const typing = event.target instanceof HTMLInputElement && event.target.type === "text";
      if (event.code !== code || typing || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      this.#toggle();
    });
  }

  get on(): boolean {
    return !this.#panel.hidden;
  }

  #toggle(): void {
    this.#panel.hidden = !this.#panel.hidden;
    this.#button.setAttribute("aria-pressed", String(this.on));
  }
}
