import type { NetworkSimulator } from "@skirmish-dev/sdk";
import { element } from "./hud.js";
import { Switch } from "./switch.js";

const stallMs = 250;
const cutMs = 4000;

/** Sliders that make the network between this page and the server worse. Hiding them leaves it as it was set. */
export class SimPanel {
  readonly #network: NetworkSimulator;
  readonly #sliders: readonly HTMLInputElement[];

  constructor(network: NetworkSimulator) {
    this.#network = network;
    new Switch("sim", "KeyM");
    const cut = element("sim-cut", HTMLButtonElement);
    cut.addEventListener("click", () => {
      network.cut(cutMs);
      // Space would press it again instead of shooting.
      cut.blur();
    });
    this.#sliders = ["sim-rtt", "sim-jitter", "sim-stalls"].map((id) => element(id, HTMLInputElement));
    for (const slider of this.#sliders) {
      slider.addEventListener("input", () => this.#set());
      // The arrow keys are for the ship again.
      slider.addEventListener("change", () => slider.blur());
    }
  }

  #set(): void {
    const [rttMs = 0, jitterMs = 0, percent = 0] = this.#sliders.map((slider) => slider.valueAsNumber);
    this.#network.conditions = { rttMs, jitterMs, stalls: percent / 100, stallMs };
    for (const slider of this.#sliders) {
      const unit = slider.id === "sim-stalls" ? "%" : "ms";
      element(`${slider.id}-value`, HTMLOutputElement).textContent = `${slider.value} ${unit}`;
    }
  }
}
