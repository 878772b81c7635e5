import { Emitter, type Unsubscribe } from "../emitter.js";
import { isLobbyError } from "../errors/lobby-error.js";
import { Backoff } from "../time/backoff.js";
import { BlockReader } from "./event-stream.js";
import type { Lobby } from "./lobby.js";
import { fromWire } from "./wire-names.js";

/** The server says something at least every 15 s; a stream that is silent for longer than this is dead. */
const silenceMs = 40_000;

/** One thing that happened to the account. */
export interface AccountEvent {
  /** Such as `ticket` or `party`; the server's document names them. Ignore those you do not know. */
  readonly kind: string;
  /** By kind, with names in camel case. */
  readonly data: unknown;
}

/** Why events end for good. */
export interface EventsEnd {
  /** `replaced`: too many others read the events of this account. `signed-out`: sign in again. `refused`: see `error`. */
  readonly reason: "replaced" | "signed-out" | "refused";
  readonly error?: unknown;
}

/** What {@link AccountEvents} tells. */
export interface AccountEventsMap {
  event: AccountEvent;
  /** Events flow from here on: what was asked for before may be out of date. */
  open: undefined;
  /** Some events are lost: ask for the state of everything that is shown. */
  "start-over": undefined;
  end: EventsEnd;
}

/** The part of a BroadcastChannel that is used. */
export interface Channel {
  onmessage: ((message: MessageEvent) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

/** The browser features that tabs share a stream with; tests pass their own. */
export interface EventsHost {
  readonly locks: Pick<LockManager, "request"> | undefined;
  readonly channel: ((name: string) => Channel) | undefined;
  readonly random: () => number;
}

/** What the tab that reads says to the others. */
type Said =
  | { readonly what: "event"; readonly cursor: string | undefined; readonly event: AccountEvent }
  | { readonly what: "cursor"; readonly cursor: string }
  | { readonly what: "end"; readonly end: EventsEnd }
  | { readonly what: "hello" };

/**
 * What the lobby has to say to this account, as it happens: `GET /v1/events`, read with fetch because EventSource cannot send
 * Authorization. It comes back by itself from where it was, with every event once; when the server does not know that place any
 * more, `start-over` says so. All tabs of an account share one stream: one tab reads and tells the others, and when it is closed
 * another goes on.
 *
 * @example
 * ```ts
 * const events = new AccountEvents(lobby);
 * events.on("event", ({ kind, data }) => { if (kind === "party") showParty(data); });
 * events.on("start-over", () => loadEverythingAgain());
 * ```
 */
export class AccountEvents {
  readonly #lobby: Lobby;
  readonly #playerId: string;
  readonly #emitter = new Emitter<AccountEventsMap>();
  readonly #closed = new AbortController();
  readonly #backoff: Backoff;
  readonly #channel: Channel | undefined;
  #reads = false;
  #cursor = "";

  /** Begins to read for the account that is signed in. */
  constructor(lobby: Lobby, host: EventsHost = browserHost()) {
    if (lobby.account === undefined) throw new Error("sign in before reading events");
    this.#lobby = lobby;
    this.#playerId = lobby.account.playerId;
    this.#backoff = new Backoff(host.random);
    const name = `skirmish.events.${this.#playerId}`;
    // Without the lock nobody knows who reads, without the channel it cannot tell the others: then each tab reads.
    const shares = host.locks !== undefined && host.channel !== undefined;
    this.#channel = shares ? host.channel!(name) : undefined;
    if (this.#channel !== undefined) {
      this.#channel.onmessage = ({ data }) => this.#heard(data as Said);
      this.#channel.postMessage({ what: "hello" } satisfies Said);
    }
    const signal = this.#closed.signal;
    const reading = shares ? host.locks!.request(name, { signal }, () => this.#read()) : this.#read();
    // The lock's request is rejected when it is given up; whatever ends the reading itself has been told.
    Promise.resolve(reading).catch(() => {});
  }

  /** Calls `listener` from now on. */
  on<K extends keyof AccountEventsMap>(name: K, listener: (value: AccountEventsMap[K]) => void): Unsubscribe {
    return this.#emitter.on(name, listener);
  }

  /** Ends the reading in this tab. */
  close(): void {
    this.#closed.abort();
    this.#channel?.close();
  }

  /** Reads until closed. */
  async #read(): Promise<void> {
    this.#reads = true;
    const { signal } = this.#closed;
    while (!signal.aborted) {
      let waitMs: number;
      try {
        const bye = await this.#readOnce();
        if (bye === "replaced" || bye === "signed-out") return this.#end({ reason: bye });
        waitMs = bye === "lifetime" ? 0 : this.#backoff.next();
      } catch (error) {
        if (signal.aborted) return;
        if (isLobbyError(error) && !error.temporary) {
          return this.#end(error.status === 401 ? { reason: "signed-out", error } : { reason: "refused", error });
        }
        waitMs = this.#backoff.next(isLobbyError(error) ? error.retryAfterMs : 0);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
      });
    }
  }

  /** Reads one stream to its end and returns the reason that the server gave for it, if it gave one. */
  async #readOnce(): Promise<string | undefined> {
    const stop = new AbortController();
    const onClosed = () => stop.abort();
    this.#closed.signal.addEventListener("abort", onClosed);
    let silence = setTimeout(onClosed, silenceMs);
    try {
      const headers = { Accept: "text/event-stream", ...(this.#cursor === "" ? {} : { "Last-Event-ID": this.#cursor }) };
      const response = await this.#lobby.stream("/v1/events", headers, stop.signal);
      // A guest whose session was lost is another guest now, whose events are not these.
      if (this.#lobby.account?.playerId !== this.#playerId) return "signed-out";
      const blocks = new BlockReader();
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return undefined;
        clearTimeout(silence);
        silence = setTimeout(onClosed, silenceMs);
        for (const block of blocks.push(value)) {
          if (block.kind === "bye") return String((JSON.parse(block.data) as { reason: string }).reason);
          this.#backoff.reset();
          if (block.kind === "") this.#tell({ what: "cursor", cursor: block.id ?? "" });
          else this.#tell({ what: "event", cursor: block.id, event: { kind: block.kind, data: fromWire(JSON.parse(block.data)) } });
        }
      }
    } finally {
      clearTimeout(silence);
      this.#closed.signal.removeEventListener("abort", onClosed);
      stop.abort();
    }
  }

  #end(end: EventsEnd): void {
    this.#tell({ what: "end", end });
  }

  /** Says something to the other tabs, and takes it in as they do. */
  #tell(said: Said): void {
    this.#channel?.postMessage(said);
    this.#take(said);
  }

  #heard(said: Said): void {
    if (!this.#reads) this.#take(said);
    else if (said.what === "hello" && this.#cursor !== "") {
      this.#channel?.postMessage({ what: "cursor", cursor: this.#cursor } satisfies Said);
    }
  }

  #take(said: Said): void {
    switch (said.what) {
      case "cursor":
        this.#cursor = said.cursor;
        this.#emitter.emit("open", undefined);
        return;
      case "event":
        this.#cursor = said.cursor ?? this.#cursor;
        if (said.event.kind === "start-over") this.#emitter.emit("start-over", undefined);
        else this.#emitter.emit("event", said.event);
        return;
      case "end":
        this.#emitter.emit("end", said.end);
        this.close();
    }
  }
}

function browserHost(): EventsHost {
  const channels = globalThis.BroadcastChannel as typeof BroadcastChannel | undefined;
  return {
    locks: globalThis.navigator?.locks,
    channel: channels && ((name) => new channels(name)),
    random: Math.random,
  };
}
