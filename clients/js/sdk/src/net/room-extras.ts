import type { Emitter } from "../emitter.js";
import type { ProtocolError } from "../errors/protocol-error.js";
import { protocolWords } from "../errors/protocol-words.js";
import { Doubt } from "../predict/doubt.js";
import type { GameSchema, GameTypes, RoomSchema } from "../schema-type.js";
import { checksum } from "../state/checksum.js";
import { curves } from "../state/curves.js";
import { readSchema } from "../state/schema.js";
import type { TableState } from "../state/table-state.js";
import { environment } from "../time/environment.js";
import { Gaps } from "../time/gaps.js";
import type { Reader } from "../wire/reader.js";
import * as serverMessage from "../wire/server-message.js";
import { readAssets, readReply } from "../wire/server-messages.js";
import { Assets } from "./assets.js";
import { Calls } from "./calls.js";
import * as closeCode from "./close-code.js";
import { closeWords } from "./close-words.js";
import type { Connection } from "./connection.js";
import type { Extras } from "./extras.js";
import type { LifecycleEvents, RoomOptions, RoomStats } from "./room-options.js";
import { differences } from "./stale.js";

type MessageKind = keyof RoomStats["bytes"];

const kinds: Readonly<Record<number, MessageKind>> = {
  [serverMessage.full]: "full",
  [serverMessage.delta]: "delta",
  [serverMessage.events]: "events",
};

/** What the language asks any object for: whether it is a promise, and what it is in JSON. */
const probes = ["then", "toJSON"];

/** Throws when the game has nothing of that name: a typing error that would do nothing, silently. */
export function known(schema: RoomSchema, what: string, list: readonly { readonly name: string }[], name: string): void {
  if (list.some((entry) => entry.name === name)) return;
  const names = list.map((entry) => entry.name).join(", ") || "none";
  throw new TypeError(`${schema.game} has no ${what} "${name}"; it has: ${names}`);
}

/** That the page's schema is an older one, for the people who make the game. */
function outdated({ game }: RoomSchema, how: string): string {
  return `skirmish: this page was built for another "${game}" than runs here (${how}); run gen again.`;
}

/** What one `Room` adds to the core's. */
export class RoomExtras implements Extras {
  readonly readSchema = readSchema;
  readonly readAssets = readAssets;
  readonly checksum = checksum;
  readonly curves = curves;
  readonly words = closeWords;
  readonly assets: Assets;
  readonly check: boolean;
  readonly #schema: RoomSchema;
  readonly #bytes: Record<MessageKind, number> = { full: 0, delta: 0, events: 0, other: 0 };
  /** The tables of which a hint was given. */
  readonly #hinted = new Set<string>();
  #stale = false;
  #lifecycle: Emitter<LifecycleEvents> | undefined;
  #connection: Connection | undefined;
  #calls: Calls | undefined;
  #gaps = new Gaps();
  #snapshots = 0;
  #reconnects = 0;
  #correctionsBefore = 0;

  /** Throws a `TypeError` when a prediction is not one, or of a table that cannot be predicted, and where there is no WebSocket. */
  constructor(schema: GameSchema, options: RoomOptions<GameTypes>) {
    this.#schema = schema;
    this.check = options.check ?? false;
    const env = environment(options.environment);
    // Before a seat is asked for, which nobody would take.
    if (!(env.WebSocket as unknown)) throw new TypeError("no WebSocket here; use Node 22 or environment: { WebSocket }");
    this.assets = new Assets(env.fetch);
    for (const [name, prediction] of Object.entries(options.predict ?? {}) as [string, object | undefined][]) {
      known(schema, "table", schema.tables, name);
      if (prediction !== undefined && !("start" in prediction)) throw new TypeError(`${name}: give predict(step)`);
      if (prediction !== undefined && !("from" in prediction)) {
        known(schema, "predicted table (game.Predicted)", schema.tables.filter((t) => t.predicted), name);
      }
    }
  }

  /** Counts what the room tells, and tells it what it finds out. */
  follow(lifecycle: Emitter<LifecycleEvents>): void {
    this.#lifecycle = lifecycle;
    lifecycle.on("snapshot", () => {
      this.#snapshots++;
      this.#gaps.came(this.#connection!.live!.clock.lag);
    });
    lifecycle.on("reconnect", () => this.#reconnects++);
  }

  guard<T extends object>(tables: T): T {
    return new Proxy(tables, {
      get: (all, name) => {
        if (typeof name === "string" && !(name in all) && !probes.includes(name)) known(this.#schema, "table", this.#schema.tables, name);
        return Reflect.get(all, name) as unknown;
      },
    });
  }

  explain(error: ProtocolError): void {
    error.message = protocolWords(error);
  }

  heard(type: number, bytes: number): void {
    this.#bytes[kinds[type] ?? "other"] += bytes;
  }

  stale(room: RoomSchema): void {
    if (this.#stale) return;
    this.#stale = true;
    console.warn(outdated(room, differences(this.#schema, room)));
  }

  began(connection: Connection): void {
    this.#connection = connection;
    this.#calls = new Calls(connection.live!.calls);
    this.assets.hear(connection.url, connection.live!.assets);
  }

  reply(r: Reader, n: number): void {
    this.#calls!.reply(readReply(r, n));
  }

  ended(connection: Connection): void {
    this.#calls?.drop();
    this.#connection = this.#calls = undefined;
    this.#gaps = new Gaps();
    this.#correctionsBefore += connection.corrections;
  }

  watch(table: TableState, tickRate: number): Doubt {
    return new Doubt(table.name, table.fields.map((field) => field.name), tickRate, (hint) => {
      if (this.#hinted.has(hint.table)) return;
      this.#hinted.add(hint.table);
      if (!this.#lifecycle!.emit("hint", hint)) console.warn(`skirmish: ${hint.message}`);
    });
  }

  wrong(code: number, words: string): void {
    if (code === closeCode.roomFailed) console.error(`skirmish: ${words}`);
    if (code === closeCode.unfit) console.error(outdated(this.#schema, "other input fields"));
  }

  /** Sends a call; see {@link Calls}. */
  call(name: string, args: object): Promise<void> | undefined {
    const connection = this.#connection!;
    return this.#calls?.call(name, args, connection.writer, (message) => connection.send(message));
  }

  stats(): RoomStats {
    const clock = this.#connection?.live?.clock;
    return {
      pingMs: clock?.rttMs ?? 0,
      jitterMs: clock?.jitterMs ?? 0,
      delayMs: clock?.delayMs ?? 0,
      sendInterval: this.#gaps.sendInterval,
      snapshots: this.#snapshots,
      corrections: this.#correctionsBefore + (this.#connection?.corrections ?? 0),
      skipped: this.#gaps.skipped,
      limited: this.#gaps.open || (this.#connection?.live?.world.partial ?? false),
      timesLate: clock?.late ?? 0,
      marginMs: clock?.marginTicks === undefined ? undefined : (clock.marginTicks * 1000) / clock.tickRate,
      bytes: { ...this.#bytes },
      reconnects: this.#reconnects,
    };
  }
}
