import type { DrawnShip } from "./scene.js";

/** A player, as the choice needs it. */
interface Scored {
  readonly player: number;
  readonly score: number;
}

/** Chooses whom a spectator's camera follows: the best at first, and then whomever the spectator goes on to. */
export class Spotlight {
  #owner = 0;
  #turn = 0;

  /**
   * Returns the ship to follow, or undefined while that one waits for its next life or nobody is there.
   *
   * @param turn - 1 or -1 while a key to go on to the next or the one before is down; counts once.
   */
  on(ships: readonly DrawnShip[], players: readonly Scored[], turn: number): DrawnShip | undefined {
    const order = players.map((p) => p.player).sort((a, b) => a - b);
    const at = order.indexOf(this.#owner);
    if (at < 0) this.#owner = [...players].sort((a, b) => b.score - a.score || a.player - b.player)[0]?.player ?? 0;
    else if (turn !== 0 && turn !== this.#turn) this.#owner = order[(at + turn + order.length) % order.length]!;
    this.#turn = turn;
    return ships.find((ship) => ship.owner === this.#owner);
  }

  /** Player id of who is followed; 0 for nobody. */
  get owner(): number {
    return this.#owner;
  }
}
