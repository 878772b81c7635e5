import { drag, maxSpeed, thrust } from "./constants.js";

/** What is remembered of a ship or a shot from one picture to the next. */
interface Moving {
  x: number;
  y: number;
  vx: number;
  vy: number;
  push: number;
}

/** How fast the eye's idea of an engine follows what the ship does; per second. */
const pushFollow = 9;

/**
 * Works out from successive pictures what the wire does not carry: how fast things go, and whether a ship's engine burns. The
 * server sends neither; both only decorate.
 */
export class Motion {
  #now = new Map<number, Moving>();
  #next = new Map<number, Moving>();
  #seconds = 1;

  /** Begins a picture, `seconds` after the last. */
  begin(seconds: number): void {
    this.#seconds = seconds;
    this.#now = this.#next;
    this.#next = new Map();
  }

  /** Takes where something is now and returns its velocity in world units per second; 0 when it is new. */
  place(id: number, x: number, y: number): { readonly vx: number; readonly vy: number } {
    const before = this.#now.get(id);
    const vx = before === undefined ? 0 : (x - before.x) / this.#seconds;
    const vy = before === undefined ? 0 : (y - before.y) / this.#seconds;
    this.#next.set(id, { x, y, vx, vy, push: before?.push ?? 0 });
    return { vx, vy };
  }

  /** How hard the engine of a placed ship burns that points along `angle`, 0 to 1. */
  engine(id: number, angle: number): number {
    const before = this.#now.get(id);
    const ship = this.#next.get(id);
    if (before === undefined || ship === undefined) return 0;
    const cos = Math.cos(angle);
    const sin = Math.sin(angle);
    const ahead = ship.vx * cos + ship.vy * sin;
    const gained = ((ship.vx - before.vx) * cos + (ship.vy - before.vy) * sin) / this.#seconds + drag * ahead;
    // At full speed the engine's work no longer shows in the speed.
    const burning = ahead > 0.97 * maxSpeed ? thrust : gained;
    ship.push += (Math.min(1, Math.max(0, burning / thrust)) - ship.push) * Math.min(1, pushFollow * this.#seconds);
    return ship.push;
  }
}
