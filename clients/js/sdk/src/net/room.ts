import { Emitter, type Unsubscribe } from "../emitter.js";
import { CallError } from "../errors/call-error.js";
import { isLobbyError } from "../errors/lobby-error.js";
import { RoomClosedError } from "../errors/room-closed-error.js";
import type { GameSchema, GameTypes } from "../schema-type.js";
import type { GameEvent } from "../state/events.js";
import { Table } from "../state/table.js";
import { Backoff } from "../time/backoff.js";
import { environment, type Environment } from "../time/environment.js";
import { Assets } from "./assets.js";
import { closeCode, closeWords, mayReconnect } from "./close-codes.js";
import { Connection, type Ending, type MessageKind, type Resume } from "./connection.js";
import { differences } from "./stale.js";
import type { LifecycleEvents, RoomOptions, RoomState, RoomStats, Seat, SeatSource } from "./room-options.js";

/** The tables of a game by name, typed by its generated interface. */
export type Tables<G extends GameTypes> = { readonly [K in keyof G["tables"]]: Table<G["tables"][K] & object> };

/** An event's payload with the tick in which it was emitted. */
export type Emitted<Payload> = Readonly<Payload> & { readonly tick: number };

/** For about this long a room keeps a place, and meanwhile it is asked for at least this often: the network may be back. */
const keptMs = 20_000;
const keptRetryMs = 2000;

/** Of two rooms whose game failed within this time the second is the last. */
const failedAgainMs = 60_000;

/** What the language asks any object for: whether it is a promise, and what it is in JSON. */
const probes = ["then", "toJSON"];

type ByName<Events> = { [K in keyof Events]: Emitted<Events[K]> };

/**
 * A place in a running room: its replicated tables, its events, and the way for inputs and calls. It stays the same object
 * when the connection is lost and made again.
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
export class Room<G extends GameTypes> {
  /** The game's tables. One that the room's schema lacks stays empty; a name that the game does not have is a `TypeError`. */
  readonly tables: Tables<G>;
  /** Listeners for the connection itself: states, losses, returns, snapshots, hints. */
  readonly lifecycle = new Emitter<LifecycleEvents>();

  readonly #schema: GameSchema<G>;
  readonly #seats: SeatSource;
  readonly #options: RoomOptions<G>;
  readonly #env: Environment;
  readonly #backoff: Backoff;
  readonly #due = new Emitter<ByName<G["events"]>>();
  readonly #received = new Emitter<ByName<G["events"]>>();
  readonly #held: Record<string, unknown> = {};
  readonly #assets: Assets;

  #current: RoomState = "connecting";
  #connection: Connection | undefined;
  #seat: Seat | undefined;
  #where: string | undefined;
  /** The place that the room keeps for us. */
  #resume: Resume | undefined;
  /** The newest attempt to take it was turned away, or nothing was reached: the lobby is asked next. */
  #doubted = false;
  /** A seat of the lobby's, should the place be gone: the lobby was reached when the newest attempt to take it was made. */
  #instead: Seat | undefined;
  #lostAt = 0;
  /** When the game last failed in our room. */
  #failedAt = -Infinity;
  /** That the page is older than the game was said. */
  #stale = false;
  /** The tables of which a hint was given. */
  readonly #hinted = new Set<string>();
  #attempts = 0;
  #snapshots = 0;
  readonly #bytes: Record<MessageKind, number> = { full: 0, delta: 0, events: 0, other: 0 };
  #correctionsBefore = 0;
  #reconnects = 0;
  #timer: unknown;
  #failure: RoomClosedError | undefined;
  #settle: { resolve: () => void; reject: (error: Error) => void } | undefined;

  private constructor(seats: SeatSource, schema: GameSchema<G>, options: RoomOptions<G>) {
    this.#seats = seats;
    this.#schema = schema;
    this.#options = options;
    this.#env = environment(options.environment);
    this.#assets = new Assets(this.#env.fetch);
    this.#backoff = new Backoff(this.#env.random, options);
    for (const [name, prediction] of Object.entries(options.predict ?? {}) as [string, object | undefined][]) {
      this.#known("table", schema.tables, name);
      if (prediction !== undefined && !("start" in prediction)) throw new TypeError(`${name}: give predict(step)`);
      if (prediction !== undefined && !("from" in prediction)) {
        this.#known("predicted table (game.Predicted)", schema.tables.filter((t) => t.predicted), name);
      }
    }
    const tables = Object.fromEntries(schema.tables.map((t) => [t.name, new Table(t.name)]));
    this.tables = new Proxy(tables, {
      get: (all, name) => {
        if (typeof name === "string" && !(name in all) && !probes.includes(name)) this.#known("table", schema.tables, name);
        return Reflect.get(all, name) as unknown;
      },
    }) as unknown as Tables<G>;
  }

  /**
   * Takes a seat, dials, and waits until the room's state is here. A first attempt that fails is not repeated: the promise
   * rejects with what `seats` threw or with a `RoomClosedError`.
   *
   * @param seats - asks the lobby for a seat; `lobby.seats("arena")` makes one.
   * @param schema - the generated constant of the game.
   */
  static async join<G extends GameTypes>(
    seats: SeatSource,
    schema: GameSchema<G>,
    options: RoomOptions<G> = {},
  ): Promise<Room<G>> {
    const room = new Room(seats, schema, options);
    room.#seat = await seats(undefined);
    const { url } = room.#seat;
    await new Promise<void>((resolve, reject) => {
      room.#settle = { resolve, reject };
      room.#dial(url);
    });
    return room;
  }

  get state(): RoomState {
    return this.#current;
  }

  /** Why the room is closed, or undefined. */
  get error(): RoomClosedError | undefined {
    return this.#failure;
  }

  /** This client's player id in the room; 0 while there is none. */
  get playerId(): number {
    return this.#connection?.live?.player ?? 0;
  }

  get roomId(): string {
    return this.#seat?.roomId ?? "";
  }

  /** Tick of the newest snapshot; 0 while there is none. */
  get tick(): number {
    return this.#connection?.live?.world.tick ?? 0;
  }

  /** The (fractional) tick that tables are drawn at. */
  get renderTick(): number {
    return this.#connection?.renderTick ?? 0;
  }

  /** Ticks per second of the game; 0 while there is no connection. */
  get tickRate(): number {
    return this.#connection?.live?.clock.tickRate ?? 0;
  }

  /** Seconds until the tick of a `game.Timer` is drawn: 0 when it has been, when it is 0 (not set), and without a connection. */
  secondsUntil(tick: number): number {
    return this.tickRate && Math.max(0, tick - this.renderTick) / this.tickRate;
  }

  get stats(): RoomStats {
    const clock = this.#connection?.live?.clock;
    return {
      pingMs: clock?.rttMs ?? 0,
      jitterMs: clock?.jitterMs ?? 0,
      delayMs: clock?.delayMs ?? 0,
      sendInterval: clock?.sendInterval ?? 1,
      snapshots: this.#snapshots,
      corrections: this.#correctionsBefore + (this.#connection?.corrections ?? 0),
      skipped: clock?.skipped ?? 0,
      lateInputs: clock?.late ?? 0,
      marginMs: clock?.marginTicks === undefined ? undefined : (clock.marginTicks * 1000) / clock.tickRate,
      bytes: { ...this.#bytes },
      reconnects: this.#reconnects,
    };
  }

  /**
   * Moves the render tick to now and fires the events that have become due. Call it once per animation frame, before drawing.
   */
  update(): void {
    this.#connection?.pump();
  }

  /**
   * Sets fields of the input that is sent every tick. They hold until set again; an `edge` field (a trigger) counts once each
   * time it is set. Numbers are clamped to the field's range.
   */
  setInput(input: Partial<G["input"]>): void {
    for (const name in input) this.#known("input field", this.#schema.input, name);
    for (const field of this.#schema.input) {
      const value = (input as Record<string, unknown>)[field.name];
      if (value !== undefined && !field.edge) this.#held[field.name] = value;
    }
    this.#connection?.live?.inputs.set(input);
  }

  /**
   * Sends a message to the game and waits for its answer. Rejects with a `CallError` that says what the game said; after a
   * lost connection nobody knows whether the call was carried out, so it is not repeated. A field that the call does not have, or
   * one that is left out, is a `TypeError`; so is a text that is too long, with which the promise rejects: nothing is cut, or sent.
   */
  call<K extends keyof G["calls"] & string>(name: K, args: G["calls"][K] & object): Promise<void> {
    this.#known("call", this.#schema.calls, name);
    const { fields } = this.#schema.calls.find((call) => call.name === name)!;
    for (const given in args) this.#known(`field in call "${name}"`, fields, given);
    const missing = fields.find((field) => (args as Record<string, unknown> | undefined)?.[field.name] === undefined);
    if (missing !== undefined) throw new TypeError(`${this.#schema.game}: call "${name}" lacks field "${missing.name}"`);
    const sent = this.#current === "playing" ? this.#connection?.call(name, args) : undefined;
    return sent ?? Promise.reject(new CallError("There is no connection to the room.", "disconnected"));
  }

  /**
   * Calls `listener` for each event of that name, when the render tick gets to it: together with what is drawn.
   *
   * @param options - `immediate`: on arrival instead, some milliseconds before it can be seen. @default false
   */
  on<K extends keyof G["events"]>(
    name: K,
    listener: (event: Emitted<G["events"][K]>) => void,
    options: { readonly immediate?: boolean } = {},
  ): Unsubscribe {
    this.#known("event", this.#schema.events, String(name));
    return (options.immediate ? this.#received : this.#due).on(name, listener);
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
    return this.#assets.get(this.#schema.game, name);
  }

  /** Throws when the game has nothing of that name: a typing error that would do nothing, silently. */
  #known(what: string, list: readonly { readonly name: string }[], name: string): void {
    if (list.some((entry) => entry.name === name)) return;
    const names = list.map((entry) => entry.name).join(", ") || "none";
    throw new TypeError(`${this.#schema.game} has no ${what} "${name}"; it has: ${names}`);
  }

  /** Leaves the room for good. */
  leave(): void {
    this.#finish(new RoomClosedError(closeWords(closeCode.left), closeCode.left));
  }

  get #reachMs(): number {
    return this.#options.interpolation?.extrapolateMs ?? 250;
  }

  #dial(url: string, resume?: Resume): void {
    this.#connection = new Connection(url, this.#schema, { ...this.#options, reachMs: this.#reachMs, resume }, this.#env, {
      message: (kind, bytes) => {
        this.#bytes[kind] += bytes;
      },
      joining: () => {
        if (this.#current === "connecting") this.#enter("joining");
      },
      stale: (room) => {
        if (this.#stale) return;
        this.#stale = true;
        console.warn(`skirmish: this page was built for another "${room.game}" than runs here (${differences(this.#schema, room)}); run gen again.`);
      },
      playing: () => this.#playing(),
      snapshot: (tick) => {
        this.#snapshots++;
        this.lifecycle.emit("snapshot", tick);
      },
      hint: (hint) => {
        if (this.#hinted.has(hint.table)) return;
        this.#hinted.add(hint.table);
        if (!this.lifecycle.emit("hint", hint)) console.warn(`skirmish: ${hint.message}`);
      },
      received: (event) => emit(this.#received, event),
      due: (event) => emit(this.#due, event),
      ended: (ending) => this.#ended(ending),
    });
  }

  #playing(): void {
    const connection = this.#connection!;
    const live = connection.live!;
    this.#assets.hear(connection.url, live.assets);
    const reach = (this.#reachMs * live.clock.tickRate) / 1000;
    for (const [name, table] of Object.entries(this.tables) as [string, Table<object>][]) {
      const state = live.world.tables.find((t) => t.name === name);
      const { strings, own } = live;
      table.attach(state && { state, strings, renderTick: () => connection.renderTick, reach, own: own.get(name) });
    }
    live.inputs.set(this.#held);
    const attempts = this.#attempts;
    const resumed = this.#resume !== undefined;
    this.#resume = this.#instead = undefined;
    this.#attempts = 0;
    this.#backoff.reset();
    this.#enter("playing");
    if (attempts > 0) {
      this.#reconnects++;
      this.lifecycle.emit("reconnect", { attempts, resumed });
    }
    this.#settle?.resolve();
    this.#settle = undefined;
  }

  #ended(ending: Ending): void {
    if (this.#current === "closed") return;
    // Whom a game sends away hears why in the game's words; the other codes are for people in ours.
    const words = ending.code === closeCode.kicked && ending.reason !== "" ? ending.reason : closeWords(ending.code);
    const over = new RoomClosedError(words, ending.code, { cause: ending.cause, reason: ending.reason });
    if (ending.code === closeCode.unfit) {
      console.error(`skirmish: this page was built for other input fields of "${this.#schema.game}" than the server has; run gen again.`);
    }
    // A game that fails again at once would do so in any room.
    let hopeless = false;
    if (ending.code === closeCode.roomFailed) {
      console.error(`skirmish: ${words}`);
      const now = this.#env.now();
      hopeless = now - this.#failedAt < failedAgainMs;
      this.#failedAt = now;
    }
    // Bytes we cannot read are no reason to give up: a FULL over a new connection makes it good.
    if (hopeless || this.#settle !== undefined || !(mayReconnect(ending.code) || ending.cause !== undefined)) {
      this.#finish(over);
      return;
    }
    this.#correctionsBefore += this.#connection?.corrections ?? 0;
    if (this.#attempts === 0) this.#lostAt = this.#env.now();
    if (ending.code === closeCode.roomFailed) this.#seat = undefined;
    if (this.#connection?.live !== undefined || ending.code === closeCode.placeGone) this.#resume = ending.resume;
    this.#doubted = !ending.opened;
    this.#where = ending.where;
    this.#enter("reconnecting");
    const instead = this.#instead;
    this.#instead = undefined;
    if (instead !== undefined && !ending.opened) {
      // Turned away for certain, now that the network is known to carry.
      this.#resume = undefined;
      this.#doubted = false;
      this.#dial(instead.url);
      return;
    }
    this.#retry(over, ending.retryMs, ending.cause);
  }

  #retry(over: RoomClosedError, leastMs: number, cause: Error | undefined): void {
    const lostFor = this.#env.now() - this.#lostAt;
    if (lostFor >= (this.#options.giveUpAfterMs ?? 120_000)) {
      this.#finish(over);
      return;
    }
    const kept = this.#resume !== undefined && lostFor < keptMs;
    const retryInMs = this.#backoff.next(leastMs, kept ? keptRetryMs : undefined);
    this.#attempts++;
    this.lifecycle.emit("disconnect", { code: over.code, reason: over.message, retryInMs, cause });
    if (this.#current === "closed") return;
    this.#timer = this.#env.setTimeout(() => void this.#comeBack(over), retryInMs);
  }

  async #comeBack(over: RoomClosedError): Promise<void> {
    const where = this.#where;
    this.#where = undefined;
    if (where === undefined && this.#resume !== undefined && !this.#doubted) {
      this.#dial(this.#resume.url, this.#resume);
      return;
    }
    try {
      if (where === undefined) this.#seat = await this.#seats(this.#seat);
      if (this.#current === "closed") return;
      // Only the network may have failed, and it is back.
      if (where === undefined && this.#resume !== undefined) {
        this.#instead = this.#seat;
        this.#dial(this.#resume.url, this.#resume);
        return;
      }
      this.#resume = undefined;
      this.#dial(where ?? this.#seat!.url);
    } catch (error) {
      // Nobody could be asked, so nobody has turned us away: the place may still be there.
      this.#doubted = false;
      if (this.#current === "closed") return;
      const failed = new RoomClosedError(error instanceof Error ? error.message : over.message, over.code, { cause: error });
      if (isLobbyError(error) && !error.temporary) this.#finish(failed);
      else this.#retry(failed, isLobbyError(error) ? (error.retryAfterMs ?? 0) : 0, failed);
    }
  }

  #finish(error: RoomClosedError): void {
    if (this.#current === "closed") return;
    this.#failure = error;
    this.#enter("closed");
    this.#env.clearTimeout(this.#timer as never);
    this.#connection?.close(closeCode.left);
    for (const table of Object.values(this.tables) as Table<object>[]) table.attach(undefined);
    this.#settle?.reject(error);
    this.#settle = undefined;
  }

  #enter(state: RoomState): void {
    if (this.#current === state) return;
    this.#current = state;
    this.lifecycle.emit("state", state);
  }
}

function emit<Events extends object>(emitter: Emitter<Events>, event: GameEvent): void {
  emitter.emit(event.name as keyof Events, { ...event.payload, tick: event.tick } as Events[keyof Events]);
}
