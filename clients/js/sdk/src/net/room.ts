import type { Emitter, Unsubscribe } from "../emitter.js";
import { CallError } from "../errors/call-error.js";
import type { GameSchema, GameTypes } from "../schema-type.js";
import { CoreRoom, type Emitted } from "./core-room.js";
import { known, RoomExtras } from "./room-extras.js";
import type { LifecycleEvents, RoomOptions, RoomStats, SeatSource } from "./room-options.js";

/**
 * A place in a running room: its replicated tables, its events, and the way for inputs and calls. It stays the same object
 * when the connection is lost and made again.
 *
 * It names what is mistyped, says in words why a room has ended, plays on when the game has got new fields since the page was loaded,
 * and draws `hermite` fields on curves. `CoreRoom` is the same without, and without calls, assets and figures, for pages that count bytes.
 *
 * @example
 * ```ts
 * const lobby = new Lobby();
 * await lobby.guest("Ann");
 * const room = await Room.join(lobby.seats("arena"), arena);
 * room.on("hit", (hit) => flash(hit.x, hit.y));
 * function draw() {
 *   room.setInput({ turn: keys.turn, thrust: keys.thrust });
 *   room.update();
 *   room.tables.ship.forEach((ship) => drawShip(ship.x, ship.y, ship.angle));
 *   requestAnimationFrame(draw);
 * }
 * ```
 */
export class Room<G extends GameTypes> extends CoreRoom<G> {
  /** Listeners for the connection itself: states, losses, returns, snapshots, and hints. */
  declare readonly lifecycle: Emitter<LifecycleEvents>;

  readonly #schema: GameSchema<G>;
  readonly #extras: RoomExtras;

  private constructor(seats: SeatSource, schema: GameSchema<G>, options: RoomOptions<G>) {
    const extras = new RoomExtras(schema, options);
    super(seats, schema, options, extras);
    this.#schema = schema;
    this.#extras = extras;
    extras.follow(this.lifecycle);
  }

  /**
   * Takes a seat, dials, and waits until the room's state is here. A first attempt that fails is not repeated: the promise
   * rejects with what `seats` threw or with a `RoomClosedError`. Where there is no WebSocket (Node 20) it is a `TypeError`, and no seat
   * is asked for.
   *
   * @param seats - asks the lobby for a seat; `lobby.seats("arena")` makes one.
   * @param schema - the generated constant of the game.
   */
  static override async join<G extends GameTypes>(
    seats: SeatSource,
    schema: GameSchema<G>,
    options: RoomOptions<G> = {},
  ): Promise<Room<G>> {
    const room = new Room(seats, schema, options);
    await room.begin();
    return room;
  }

  /** Figures of the connection, for a net graph. */
  get stats(): RoomStats {
    return this.#extras.stats();
  }

  override setInput(input: Partial<G["input"]>): void {
    for (const name in input) known(this.#schema, "input field", this.#schema.input, name);
    super.setInput(input);
  }

  override on<K extends keyof G["events"]>(
    name: K,
    listener: (event: Emitted<G["events"][K]>) => void,
    options: { readonly immediate?: boolean } = {},
  ): Unsubscribe {
    known(this.#schema, "event", this.#schema.events, String(name));
    return super.on(name, listener, options);
  }

  /**
   * Sends a message to the game and waits for its answer. Rejects with a `CallError` that says what the game said; after a
   * lost connection nobody knows whether the call was carried out, so it is not repeated. A field that the call does not have, or
   * one that is left out, is a `TypeError`; so is a text that is too long, with which the promise rejects: nothing is cut, or sent.
   */
  call<K extends keyof G["calls"] & string>(name: K, args: G["calls"][K] & object): Promise<void> {
    const schema = this.#schema;
    known(schema, "call", schema.calls, name);
    const { fields } = schema.calls.find((call) => call.name === name)!;
    for (const given in args) known(schema, `call "${name}" with a field`, fields, given);
    const missing = fields.find((field) => (args as Record<string, unknown> | undefined)?.[field.name] === undefined);
    if (missing !== undefined) throw new TypeError(`${schema.game}: call "${name}" lacks field "${missing.name}"`);
    const sent = this.state === "playing" ? this.#extras.call(name, args) : undefined;
    return sent ?? Promise.reject(new CallError("There is no connection to the room.", "disconnected"));
  }

  /**
   * Fetches an asset of the game, such as its map: once for each room, and from the browser's cache when it has been here before. Its
   * hash is checked. Rejects when the game has none of that name, and when it cannot be fetched; asking again tries again.
   *
   * @example
   * ```ts
   * const map = JSON.parse(await (await room.asset("map")).text());
   * ```
   */
  asset(name: string): Promise<Blob> {
    return this.#extras.assets.get(this.#schema.game, name);
  }
}
