import { Emitter, type Unsubscribe } from "../emitter.js";
import { RoomClosedError } from "../errors/room-closed-error.js";
import type { GameSchema, GameTypes } from "../schema-type.js";
import type { Curves } from "../state/curves.js";
import type { GameEvent } from "../state/events.js";
import { Table } from "../state/table.js";
import { Backoff } from "../time/backoff.js";
import { environment, type Environment } from "../time/environment.js";
import * as closeCode from "./close-code.js";
import { mayReconnect } from "./close-codes.js";
import { Connection, type Ending, type Resume } from "./connection.js";
import type { Extras } from "./extras.js";
import type { CoreLifecycleEvents, CoreRoomOptions, RoomState, Seat, SeatSource } from "./room-options.js";

/** The tables of a game by name, typed by its generated interface. */
export type Tables<G extends GameTypes> = { readonly [K in keyof G["tables"]]: Table<G["tables"][K] & object> };

/** An event's payload with the tick in which it was emitted. */
export type Emitted<Payload> = Readonly<Payload> & { readonly tick: number };

/** For about this long a room keeps a place, and meanwhile it is asked for at least this often: the network may be back. */
const keptMs = 20_000;
const keptRetryMs = 2000;

/** Of two rooms whose game failed within this time the second is the last. */
const failedAgainMs = 60_000;

type ByName<Events> = { [K in keyof Events]: Emitted<Events[K]> };

/** What the core reads of an error that a {@link SeatSource} throws; a `LobbyError` has it. */
interface SeatError {
  readonly message: string;
  readonly temporary: boolean;
  readonly retryAfterMs: number | undefined;
}

/**
 * A room with what every game needs: joining, drawing, inputs, events, coming back. `Room` is the one to begin with; it has calls, assets
 * and figures too. For the bytes that they take a page with this one does without words for why a room has ended (`closeWords` has them),
 * without `hermite` curves unless the option `curves` has them, and, when the game has got new fields since the page was loaded, it ends
 * with code 4001: the page is to be loaded again. Names are checked by TypeScript alone.
 *
 * @example
 * ```ts
 * const room = await CoreRoom.join(lobby.seats("arena"), arena);
 * ```
 */
export class CoreRoom<G extends GameTypes> {
  /** The game's tables. One that the room's schema lacks stays empty; of a `Room`, a name that the game does not have is a `TypeError`. */
  readonly tables: Tables<G>;
  /** Listeners for the connection itself: states, losses, returns, snapshots. */
  readonly lifecycle: Pick<Emitter<CoreLifecycleEvents>, "on" | "emit"> = new Emitter<CoreLifecycleEvents>();

  readonly #schema: GameSchema<G>;
  readonly #seats: SeatSource;
  readonly #options: CoreRoomOptions<G>;
  readonly #env: Environment;
  readonly #backoff: Backoff;
  readonly #due = new Emitter<ByName<G["events"]>>();
  readonly #received = new Emitter<ByName<G["events"]>>();
  readonly #held: Record<string, unknown> = {};
  readonly #extras: Extras;

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
  #attempts = 0;
  #timer: unknown;
  #failure: RoomClosedError | undefined;
  #settle: { resolve: () => void; reject: (error: Error) => void } | undefined;

  protected constructor(seats: SeatSource, schema: GameSchema<G>, options: CoreRoomOptions<G>, extras: Extras = {}) {
    this.#seats = seats;
    this.#schema = schema;
    this.#options = options;
    this.#env = environment(options.environment);
    this.#extras = extras;
    this.#backoff = new Backoff(this.#env.random, options);
    const tables = Object.fromEntries(schema.tables.map((t) => [t.name, new Table(t.name)]));
    this.tables = (extras.guard?.(tables) ?? tables) as unknown as Tables<G>;
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
    options: CoreRoomOptions<G> = {},
  ): Promise<CoreRoom<G>> {
    const room = new CoreRoom(seats, schema, options);
    await room.begin();
    return room;
  }

  /** @internal */
  protected async begin(): Promise<void> {
    const { url } = (this.#seat = await this.#seats(undefined));
    await new Promise<void>((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#dial(url);
    });
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
    for (const field of this.#schema.input) {
      const value = (input as Record<string, unknown>)[field.name];
      if (value !== undefined && !field.edge) this.#held[field.name] = value;
    }
    this.#connection?.live?.inputs.set(input);
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
    return (options.immediate ? this.#received : this.#due).on(name, listener);
  }

  /** Leaves the room for good. */
  leave(): void {
    this.#finish(this.#over(closeCode.left));
  }

  get #curves(): Curves | undefined {
    return this.#options.curves ?? this.#extras.curves;
  }

  get #reachMs(): number {
    return this.#options.interpolation?.extrapolateMs ?? 250;
  }

  #dial(url: string, resume?: Resume): void {
    const options = { ...this.#options, curves: this.#curves, reachMs: this.#reachMs, resume, extras: this.#extras };
    this.#connection = new Connection(url, this.#schema, options, this.#env, {
      joining: () => {
        if (this.#current === "connecting") this.#enter("joining");
      },
      playing: () => this.#playing(),
      snapshot: (tick) => void this.lifecycle.emit("snapshot", tick),
      received: (event) => emit(this.#received, event),
      due: (event) => emit(this.#due, event),
      ended: (ending) => this.#ended(ending),
    });
  }

  #playing(): void {
    const connection = this.#connection!;
    const live = connection.live!;
    const reach = (this.#reachMs * live.clock.tickRate) / 1000;
    for (const [name, table] of Object.entries(this.tables) as [string, Table<object>][]) {
      const state = live.world.tables.find((t) => t.name === name);
      const { strings, own } = live;
      table.attach(state && { state, strings, renderTick: () => connection.renderTick, reach, own: own.get(name), curves: this.#curves });
    }
    live.inputs.set(this.#held);
    const attempts = this.#attempts;
    const resumed = this.#resume !== undefined;
    this.#resume = this.#instead = undefined;
    this.#attempts = 0;
    this.#backoff.reset();
    this.#enter("playing");
    if (attempts > 0) this.lifecycle.emit("reconnect", { attempts, resumed });
    this.#settle?.resolve();
    this.#settle = undefined;
  }

  #ended(ending: Ending): void {
    if (this.#current === "closed") return;
    const over = this.#over(ending.code, ending);
    this.#extras.wrong?.(ending.code, over.message);
    // A game that fails again at once would do so in any room.
    let hopeless = false;
    if (ending.code === closeCode.roomFailed) {
      const now = this.#env.now();
      hopeless = now - this.#failedAt < failedAgainMs;
      this.#failedAt = now;
    }
    // Bytes we cannot read are no reason to give up: a FULL over a new connection makes it good.
    if (hopeless || this.#settle !== undefined || !(mayReconnect(ending.code) || ending.cause !== undefined)) {
      this.#finish(over);
      return;
    }
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
      const { message = over.message, temporary, retryAfterMs = 0 } = error as Partial<SeatError>;
      const failed = new RoomClosedError(message, over.code, { cause: error });
      if (temporary === false) this.#finish(failed);
      else this.#retry(failed, retryAfterMs, failed);
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

  #over(code: number, { cause, reason = "" }: Partial<Pick<Ending, "cause" | "reason">> = {}): RoomClosedError {
    // Whom a game sends away hears why in the game's words; the other codes are for people in ours.
    const words = (code === closeCode.kicked && reason) || (this.#extras.words?.(code) ?? `The room is over (code ${code}).`);
    return new RoomClosedError(words, code, { cause, reason });
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
