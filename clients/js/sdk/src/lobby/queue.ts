import { isLobbyError } from "../errors/lobby-error.js";
import { Backoff } from "../time/backoff.js";
import type { CreateTicketRequest, Ticket } from "./api.gen.js";
import type { Lobby } from "./lobby.js";
import type { QueueStep } from "./types.js";

/** Options of `lobby.queue`: what to play, by `mode` or `game`, and what the mode asks of its players. */
export interface QueueOptions extends CreateTicketRequest {
  /** Waits with a ticket that the leader of the party has opened, instead of one of its own. */
  readonly ticketId?: string;
  /** Leaves the queue. */
  readonly signal?: AbortSignal;
}

/** An answer waits for a change for this long, in seconds: the most that the server allows. */
const waitS = 25;

/** See `Lobby.queue`. */
export async function* queue(lobby: Lobby, options: QueueOptions): AsyncGenerator<QueueStep, void, undefined> {
  const { ticketId, signal, ...wanted } = options;
  const backoff = new Backoff(Math.random);
  let ticket: Ticket | undefined;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const before = ticket;
      try {
        if (before !== undefined) ticket = await asked(lobby, before.id, `?wait=${waitS}&since=${before.version}`, signal);
        else if (ticketId !== undefined) ticket = await asked(lobby, ticketId, "", signal);
        else ticket = await lobby.send<"createTicket">({ method: "POST", path: "/v1/tickets", body: wanted, signal });
      } catch (error) {
        signal?.throwIfAborted();
        if (!isLobbyError(error)) throw error;
        // A server that has lost the ticket does not keep the player from waiting on.
        const lost = error.code === "no_ticket" && ticketId === undefined;
        if (!error.temporary && !lost) throw error;
        if (lost) ticket = undefined;
        await pause(backoff.next(error.retryAfterMs), signal);
        continue;
      }
      backoff.reset();
      const over = ticket.state !== "queued" && ticket.state !== "ready";
      const now = step(lobby, ticket);
      const news = ticket.id !== before?.id || ticket.version !== before.version;
      // The ticket is none of ours any more when the loop is left after its last step.
      if (over) ticket = undefined;
      if (over || news) yield now;
      if (over) return;
    }
  } finally {
    if (ticket !== undefined) await cancelled(lobby, ticket.id);
  }
}

function asked(lobby: Lobby, id: string, query: string, signal: AbortSignal | undefined): Promise<Ticket> {
  return lobby.send<"getTicket">({ method: "GET", path: `${ticketPath(id)}${query}` as `/v1/tickets/${string}`, signal });
}

const ticketPath = (id: string) => `/v1/tickets/${encodeURIComponent(id)}` as const;

/** Gives the ticket up. A server that cannot be told finds out by itself: nobody takes the seat. */
async function cancelled(lobby: Lobby, id: string): Promise<void> {
  try {
    await lobby.send<"cancelTicket">({ method: "DELETE", path: ticketPath(id) });
  } catch (error) {
    if (!isLobbyError(error)) throw error;
  }
}

function step(lobby: Lobby, { url, ...ticket }: Ticket): QueueStep {
  const answer = {
    accept: async () => void (await lobby.send<"acceptTicket">({ method: "POST", path: `${ticketPath(ticket.id)}/accept` })),
    decline: async () => void (await lobby.send<"declineTicket">({ method: "POST", path: `${ticketPath(ticket.id)}/decline` })),
  };
  if (ticket.state !== "matched" || url === undefined) return { ...ticket, ...answer, seat: undefined, seats: undefined };
  const roomId = ticket.roomId ?? "";
  const seat = { url, roomId };
  let first = true;
  return {
    ...ticket,
    ...answer,
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
