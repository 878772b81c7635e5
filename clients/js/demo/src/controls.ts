import type { ArenaInput } from "./arena.gen.js";

const keys: Readonly<Record<string, "left" | "right" | "thrust" | "fire">> = {
  ArrowLeft: "left",
  KeyA: "left",
  ArrowRight: "right",
  KeyD: "right",
  ArrowUp: "thrust",
  KeyW: "thrust",
  Space: "fire",
};

/** Below this the ship points where the finger is; turning on would make it swing. Radians. */
const steerTolerance = 0.12;

/** Reads keyboard and pointer as one input. */
export class Controls {
  readonly #down = new Set<string>();
  #pointer: { readonly id: number; x: number; y: number } | undefined;
  #firing = false;

  constructor(view: HTMLElement, fire: HTMLElement) {
    addEventListener("keydown", (e) => {
      const key = keys[e.code];
      if (key === undefined || e.target instanceof HTMLInputElement || e.ctrlKey || e.metaKey || e.altKey) return;
      e.preventDefault();
      this.#down.add(key);
    });
    addEventListener("keyup", (e) => this.#down.delete(keys[e.code] ?? ""));
    // A key let go while the window is elsewhere is never reported.
    addEventListener("blur", () => this.release());

    view.addEventListener("pointerdown", (e) => {
      if (this.#pointer === undefined) this.#pointer = { id: e.pointerId, x: e.clientX, y: e.clientY };
      else this.#firing = true;
    });
    view.addEventListener("pointermove", (e) => {
      if (this.#pointer?.id === e.pointerId) this.#pointer = { id: e.pointerId, x: e.clientX, y: e.clientY };
    });
    for (const end of ["pointerup", "pointercancel"] as const) {
      addEventListener(end, (e) => {
        if (this.#pointer?.id === e.pointerId) this.#pointer = undefined;
        else this.#firing = false;
      });
    }
    fire.addEventListener("pointerdown", () => (this.#firing = true));
    fire.addEventListener("contextmenu", (e) => e.preventDefault());
  }

  /** Lets go of everything. */
  release(): void {
    this.#down.clear();
    this.#pointer = undefined;
    this.#firing = false;
  }

  /**
   * The input for now.
   *
   * @param ship - where the own ship is on the screen and where it points, or undefined without one.
   */
  read(ship: { readonly x: number; readonly y: number; readonly angle: number } | undefined): ArenaInput {
    let turn = Number(this.#down.has("right")) - Number(this.#down.has("left"));
    let thrust = this.#down.has("thrust");
    if (this.#pointer !== undefined && ship !== undefined) {
      const wanted = Math.atan2(this.#pointer.y - ship.y, this.#pointer.x - ship.x);
      const off = Math.atan2(Math.sin(wanted - ship.angle), Math.cos(wanted - ship.angle));
      turn = Math.abs(off) < steerTolerance ? 0 : Math.sign(off);
      thrust ||= Math.abs(off) < 1;
    }
    return { turn, thrust, fire: this.#firing || this.#down.has("fire") };
  }
}
