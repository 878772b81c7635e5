import { isLobbyError } from "../errors/lobby-error.js";
import { Backoff } from "../time/backoff.js";
import type { Ticket } from "./api.gen.js";
import type { Lobby } from "./lobby.js";
import type { QueueStep } from "./types.js";

/** Options of `lobby.queue`. */
export interface QueueOptions {
  readonly game: string;
  /** Leaves the queue. */
  readonly signal?: AbortSignal;
  /** How long an answer waits for news before the position is asked for again. Whole seconds. @default 3 */
  readonly everySeconds?: number;
}

/** See `Lobby.queue`. */
export async function* queue(lobby: Lobby, options: QueueOptions): AsyncGenerator<QueueStep, void, undefined> {
  const { signal } = options;
  const backoff = new Backoff(Math.random);
  let ticket: Ticket | undefined;
  let shown = "";
  try {
    for (;;) {
      signal?.throwIfAborted();
      try {
        ticket = await (ticket === undefined ? opened(lobby, options) : asked(lobby, ticket.id, options));
      } catch (error) {
        signal?.throwIfAborted();
        if (!isLobbyError(error) || !(error.temporary || error.code === "no_ticket")) throw error;
        // A server that was started again may not know the ticket any more: the player still waits.
        if (error.code === "no_ticket") ticket = undefined;
        await pause(backoff.next(error.retryAfterMs), signal);
        continue;
      }
      backoff.reset();
      const now = JSON.stringify({ ...ticket, url: "" });
      const over = ticket.state !== "queued";
      // The ticket is none of ours any more when the loop is left after its last step.
      const last = step(lobby, ticket);
      if (over) ticket = undefined;
      if (over || now !== shown) yield last;
      if (over) return;
      shown = now;
    }
  } finally {
    if (ticket !== undefined) await cancelled(lobby, ticket.id);
  }
}

function opened(lobby: Lobby, { game, signal }: QueueOptions): Promise<Ticket> {
  return lobby.send<"createTicket">({ method: "POST", path: "/v1/tickets", body: { game }, signal });
}

function asked(lobby: Lobby, id: string, { everySeconds = 3, signal }: QueueOptions): Promise<Ticket> {
  return lobby.send<"getTicket">({ method: "GET", path: `/v1/tickets/${encodeURIComponent(id)}?wait=${everySeconds}`, signal });
}

/** Gives the ticket up. A server that cannot be told finds out by itself: nobody takes the seat. */
async function cancelled(lobby: Lobby, id: string): Promise<void> {
  try {
    await lobby.send<"cancelTicket">({ method: "DELETE", path: `/v1/tickets/${encodeURIComponent(id)}` });
  } catch (error) {
    if (!isLobbyError(error)) throw error;
  }
}

function step(lobby: Lobby, { url, ...ticket }: Ticket): QueueStep {
  if (ticket.state !== "matched" || url === undefined) return { ...ticket, seat: undefined, seats: undefined };
  const roomId = ticket.roomId ?? "";
  const seat = { url, roomId };
  let first = true;
  return {
    ...ticket,
    seat,
    seats: () => {
      if (!first) return lobby.join(roomId);
      first = false;
      return Promise.resolve(seat);
    },
  };
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      },
      { once: true },
    );
  });
}
