import * as fault from "../errors/faults.js";
import { isProtocolError, ProtocolError } from "../errors/protocol-error.js";
import type { OwnRows, Prediction, SpawnPrediction } from "../predict/prediction.js";
import type { GameSchema, RecordSchema, RoomSchema } from "../schema-type.js";
import type { Codec } from "../state/codec.js";
import type { Curves } from "../state/curves.js";
import { EventStream, type GameEvent } from "../state/events.js";
import { StringTable } from "../state/strings.js";
import { packed } from "../state/packed.js";
import type { TableState } from "../state/table-state.js";
import { World } from "../state/world.js";
import type { Environment, WebSocketLike } from "../time/environment.js";
import { TickClock } from "../time/tick-clock.js";
import { writeEventAck, writeJoin, writePing } from "../wire/client-messages.js";
import { Reader } from "../wire/reader.js";
import * as serverMessage from "../wire/server-message.js";
import * as server from "../wire/server-messages.js";
import { Writer } from "../wire/writer.js";
import * as closeCode from "./close-code.js";
import { keepsPlace, normalizeCode } from "./close-codes.js";
import type { Extras } from "./extras.js";
import { InputSender } from "./input-sender.js";
import type { CoreRoomOptions } from "./room-options.js";

/** Longest message taken from the server. A FULL of 10 000 entities stays well below. */
const maxMessage = 1 << 20;
/** HELLO and FULL must have come this long after dialling, and something this long after the last message. */
const joinTimeoutMs = 10_000;
const silenceMs = 10_000;
const pingEveryMs = 1000;
const eventAckEveryMs = 100;
/** A long tick is no reason to acknowledge late. */
const longestNapMs = 100;
/** No inputs and pings are sent while the browser holds more unsent bytes than this. */
const maxBuffered = 4096;

/** What a browser reports when there was no close frame. */
const lostWithoutCode = 1006;

/** How a connection ended. */
export interface Ending {
  /** Close code of PROTOCOL.md section 9. */
  readonly code: number;
  /** The server's own words, empty if there are none. */
  readonly reason: string;
  /** The server asked to wait that long before coming back. */
  readonly retryMs: number;
  /** Another URL to dial. */
  readonly where: string | undefined;
  /** Whether the socket was open at all: a seat that is refused never gets so far. */
  readonly opened: boolean;
  /** With which the player's place can be taken again, if the room keeps it. */
  readonly resume: Resume | undefined;
  /** What was wrong with the server's bytes, if that ended it. */
  readonly cause: ProtocolError | undefined;
}

/** What goes on in the connection after this one. */
export interface Resume {
  readonly url: string;
  readonly strings: StringTable;
  readonly events: EventStream;
}

/** What a room wants to hear of its connection. */
export interface ConnectionListener {
  /** The socket is open; JOIN is sent. */
  joining(): void;
  /** The first FULL is here. */
  playing(): void;
  /** A FULL or DELTA was applied. */
  snapshot(tick: number): void;
  /** An event arrived. */
  received(event: GameEvent): void;
  /** The render tick got to an event. */
  due(event: GameEvent): void;
  /** Called once, at the end. */
  ended(ending: Ending): void;
}

/** What exists once HELLO is here. */
interface Live {
  /** 0 for a spectator. */
  readonly player: number;
  resumeSeat: string | undefined;
  readonly assets: readonly server.AssetInfo[];
  /** Newest tick that had run at HELLO. */
  readonly since: number;
  readonly world: World;
  readonly strings: StringTable;
  readonly events: EventStream;
  readonly clock: TickClock;
  readonly calls: readonly RecordSchema[];
  readonly inputs: InputSender;
  /** Own rows that run ahead, by table. */
  readonly own: ReadonlyMap<string, OwnRows>;
}

/** What a connection takes of a room's options. */
export interface ConnectionOptions extends Pick<CoreRoomOptions, "codec" | "interpolation"> {
  readonly resume?: Resume | undefined;
  readonly extras: Extras;
  readonly curves: Curves | undefined;
  readonly predict?: { readonly [table: string]: Prediction<never, never> | SpawnPrediction<unknown> | undefined };
  /** For this many milliseconds beyond the newest row a motion goes on. */
  readonly reachMs: number;
}

/** One socket from dialling to its end: JOIN, HELLO, FULL, DELTA, and what is sent in between. */
export class Connection {
  /** Undefined before HELLO. */
  live: Live | undefined;
  /** The (fractional) tick being drawn, as of the last {@link Connection.pump}. */
  renderTick = 0;
  /** As it was dialled. */
  readonly url: string;
  readonly #socket: WebSocketLike;
  readonly #schema: GameSchema;
  readonly #options: ConnectionOptions;
  readonly #env: Environment;
  readonly #listener: ConnectionListener;
  readonly writer = new Writer();
  readonly #dialledAt: number;
  #heardAt: number;
  #pingedAt = -Infinity;
  #eventsAckedAt = -Infinity;
  #eventsAcked = 0;
  #bye: server.Bye | undefined;
  /** When JOIN went out; undefined while the socket is not open. */
  #joinedAt: number | undefined;
  #over = false;
  #timer: unknown;

  constructor(url: string, schema: GameSchema, options: ConnectionOptions, env: Environment, listener: ConnectionListener) {
    this.url = url;
    this.#schema = schema;
    this.#options = options;
    this.#env = env;
    this.#listener = listener;
    this.#dialledAt = this.#heardAt = env.now();
    this.#socket = new env.WebSocket(url);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => this.#opened();
    this.#socket.onmessage = (event: { data: unknown }) => this.#message(event.data);
    this.#socket.onclose = (event: { code: number; reason?: string }) => this.#end(event.code, undefined, event.reason);
    this.#schedule(1000);
  }

  get #codec(): Codec {
    return this.#options.codec ?? packed;
  }

  /** Corrections of all predictions. */
  get corrections(): number {
    return [...(this.live?.own.values() ?? [])].reduce((sum, own) => sum + own.corrections, 0);
  }

  /** Ends the connection from this side. */
  close(code: number, cause?: ProtocolError): void {
    if (this.#over) return;
    this.#socket.close(code);
    this.#end(code, cause);
  }

  /**
   * Brings clocks, events, inputs and acknowledgements up to date. Cheap; called by a timer, on arrival and per animation
   * frame.
   */
  pump(): void {
    const now = this.#env.now();
    if (this.#over) return;
    if (this.live === undefined || this.live.world.tick === 0) {
      if (now - this.#dialledAt > joinTimeoutMs) this.#lose();
      return;
    }
    if (now - this.#heardAt > silenceMs) {
      this.#lose();
      return;
    }
    const { clock, world, events, inputs } = this.live;
    const renderTick = (this.renderTick = clock.renderTick(now));
    world.collect(renderTick);
    events.fire(renderTick, (event) => this.#listener.due(event));
    if (this.#over) return;
    const inputTick = clock.inputTick(now);
    if (this.#socket.bufferedAmount < maxBuffered) {
      inputs.pump({ now, inputTick, ackTick: world.tick, renderTick });
      if (now - this.#pingedAt >= pingEveryMs) this.#ping(now);
    }
    for (const own of this.live.own.values()) own.advance(now, inputTick);
    if (events.seq > this.#eventsAcked && now - this.#eventsAckedAt >= eventAckEveryMs) {
      this.#eventsAcked = events.seq;
      this.#eventsAckedAt = now;
      this.send(writeEventAck(this.writer, events.seq));
    }
  }

  #opened(): void {
    const { schemaHash, inputHash } = this.#schema;
    const { extras, resume } = this.#options;
    this.#joinedAt = this.#env.now();
    const join = {
      codecs: 1 << this.#codec.number,
      check: extras.check ?? false,
      schemaHash,
      inputHash,
      lastEvent: resume?.events.seq,
    };
    this.send(writeJoin(this.writer, join));
    this.#listener.joining();
  }

  #message(data: unknown): void {
    if (this.#over) return;
    try {
      if (!(data instanceof ArrayBuffer)) throw new ProtocolError(fault.textMessage);
      if (data.byteLength > maxMessage) throw new ProtocolError(fault.messageTooLong, data.byteLength);
      this.#heardAt = this.#env.now();
      this.#take(new Reader(new Uint8Array(data)), data.byteLength);
      this.pump();
    } catch (error) {
      if (!isProtocolError(error)) throw error;
      this.#options.extras.explain?.(error);
      this.close(closeCode.badMessage, error);
    }
  }

  #take(r: Reader, bytes: number): void {
    const n = r.array();
    const type = r.uint();
    this.#options.extras.heard?.(type, bytes);
    if (type === serverMessage.hello) this.#hello(server.readHello(r, n, this.#options.extras));
    else if (type === serverMessage.bye) this.#bye = server.readBye(r, n);
    else if (this.live === undefined) throw new ProtocolError(fault.beforeHello, type);
    else this.#takeLive(r, type, n, this.live);
    r.end();
  }

  #hello(hello: server.Hello | undefined): void {
    if (this.live !== undefined) throw new ProtocolError(fault.secondHello);
    // The room's schema is not the page's, which cannot read another.
    if (hello === undefined) {
      this.close(closeCode.unfit);
      return;
    }
    if (hello.codec !== this.#codec.number) throw new ProtocolError(fault.otherCodec, hello.codec);
    const { extras, resume } = this.#options;
    if (hello.schemaHash !== this.#schema.schemaHash) {
      if (hello.schema === undefined) throw new ProtocolError(fault.noSchema);
      extras.stale?.(hello.schema);
    }
    const schema: RoomSchema = hello.schema ?? this.#schema;
    const strings = resume?.strings ?? new StringTable();
    const events = resume?.events ?? new EventStream(schema.events, strings, (event) => this.#listener.received(event));
    resume?.events.resume();
    this.#eventsAcked = events.seq;
    const clock = new TickClock(hello.tickRate, this.#options.interpolation?.delayMs);
    const now = this.#env.now();
    clock.arrived(now, hello.tick);
    clock.joined(now, now - (this.#joinedAt ?? now));
    const world = new World(schema, this.#codec, hello.player, extras.checksum);
    const watches = hello.player === 0;
    const inputs = new InputSender(watches ? [] : schema.input, this.writer, (message) => this.send(message));
    const own = new Map<string, OwnRows>();
    const source = {
      player: hello.player,
      tickRate: hello.tickRate,
      inputs,
      strings,
      renderTick: () => this.renderTick,
      curves: this.#options.curves,
      reach: (this.#options.reachMs * hello.tickRate) / 1000,
      watch: extras.watch && ((table: TableState) => extras.watch!(table, hello.tickRate)),
      steps: (table: string) => own.get(table)?.steps,
    };
    // What steps make is predicted after them.
    for (const made of [false, true]) {
      schema.tables.forEach(({ name, predicted }, i) => {
        const prediction = watches ? undefined : this.#options.predict?.[name];
        if (prediction === undefined || "from" in prediction !== made || !(predicted || made)) return;
        own.set(name, prediction.start({ ...source, table: world.tables[i]! }));
      });
    }
    this.live = {
      player: hello.player,
      resumeSeat: hello.resumeSeat,
      assets: hello.assets,
      since: hello.tick,
      world,
      own,
      strings,
      events,
      clock,
      calls: schema.calls,
      inputs,
    };
    extras.began?.(this);
    this.#ping(now);
  }

  #takeLive(r: Reader, type: number, n: number, live: Live): void {
    const { world, clock } = live;
    const { extras } = this.#options;
    const now = this.#env.now();
    switch (type) {
      case serverMessage.full: {
        server.exactly(n, 3);
        const tick = r.uint();
        if (tick === 0) throw new ProtocolError(fault.tickZero);
        const first = world.tick === 0;
        world.full(r, tick);
        clock.arrived(now, tick);
        for (const own of live.own.values()) own.reconcile(world.tick);
        if (first) this.#listener.playing();
        this.#listener.snapshot(tick);
        return;
      }
      case serverMessage.delta: {
        if (world.tick === 0) throw new ProtocolError(fault.beforeFull);
        const head = server.readDeltaHead(r, n, world.tick);
        this.#delta(r, n === 8, head, live);
        clock.arrived(now, head.tick, head.lag);
        for (const own of live.own.values()) own.reconcile(world.tick);
        if (head.pace !== undefined) clock.margin(now, head.pace / 16);
        this.#listener.snapshot(head.tick);
        return;
      }
      case serverMessage.events:
        server.exactly(n, 3);
        live.events.read(r, world.tick || live.since);
        return;
      case serverMessage.reply:
        if (extras.reply === undefined) break;
        extras.reply(r, n);
        return;
      case serverMessage.pong: {
        const pong = server.readPong(r, n);
        clock.roundTrip(now, now - pong.t0 / 1000 - (pong.t2 - pong.t1) / 1000);
        return;
      }
      case serverMessage.seat:
        live.resumeSeat = server.readSeat(r, n);
        return;
    }
    throw new ProtocolError(fault.unknownMessage, type);
  }

  /** Events stand after the body but come first: rows may use strings that they bring. */
  #delta(r: Reader, withEvents: boolean, head: server.DeltaHead, live: Live): void {
    if (!withEvents) {
      live.world.delta(r, head.tick);
      return;
    }
    const body = r.fork();
    this.#codec.skip(r);
    live.events.read(r, head.tick);
    live.world.delta(body, head.tick);
  }

  #ping(now: number): void {
    this.#pingedAt = now;
    this.send(writePing(this.writer, Math.round(now * 1000)));
  }

  send(message: Uint8Array<ArrayBuffer>): void {
    if (!this.#over && this.#socket.readyState === 1) this.#socket.send(message);
  }

  /** Gives up a socket that has fallen silent; the server may not even hear of it. */
  #lose(): void {
    // Any code but 1000: the room shall keep the place.
    this.#socket.close(closeCode.silent);
    this.#end(lostWithoutCode);
  }

  #end(code: number, cause?: ProtocolError, reason = ""): void {
    if (this.#over) return;
    this.#over = true;
    this.#env.clearTimeout(this.#timer as never);
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#options.extras.ended?.(this);
    const said = this.#bye?.code ?? code;
    this.#listener.ended({
      code: normalizeCode(said),
      reason,
      opened: this.#joinedAt !== undefined,
      resume: cause !== undefined || keepsPlace(said) ? this.#resume() : undefined,
      retryMs: this.#bye?.retryMs ?? 0,
      where: this.#bye?.where,
      cause,
    });
  }

  #resume(): Resume | undefined {
    const seat = this.live?.resumeSeat;
    if (this.live === undefined || seat === undefined) return undefined;
    const url = new URL(this.url);
    url.searchParams.set("seat", seat);
    return { url: url.href, strings: this.live.strings, events: this.live.events };
  }

  /** The timer aims at the moment the next input becomes due, or an acknowledgement. */
  #schedule(ms: number): void {
    this.#timer = this.#env.setTimeout(() => {
      this.pump();
      if (this.#over) return;
      const clock = this.live?.clock;
      if (clock === undefined) this.#schedule(100);
      else {
        const part = clock.inputTick(this.#env.now()) % 1;
        this.#schedule(Math.max(4, Math.min(longestNapMs, ((1 - part) * 1000) / clock.tickRate)));
      }
    }, ms);
  }
}
