import { CallError, type CallFailure } from "../errors/call-error.js";
import type { RecordSchema } from "../schema-type.js";
import { Field } from "../state/field.js";
import { writeCall } from "../wire/client-messages.js";
import type { Reply } from "../wire/server-messages.js";
import type { Writer } from "../wire/writer.js";

/** Calls that may wait for their reply at a time; the server's own limit is lower. */
const maxPending = 64;

const failures: readonly CallFailure[] = ["refused", "refused", "no-such-call", "bad-arguments", "too-many-calls"];

interface Pending {
  readonly resolve: () => void;
  readonly reject: (error: CallError) => void;
}

/** The calls of one connection that wait for their replies. */
export class Calls {
  readonly #methods: readonly { readonly name: string; readonly fields: readonly Field[] }[];
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  constructor(calls: readonly RecordSchema[]) {
    this.#methods = calls.map((c) => ({ name: c.name, fields: c.fields.map((f) => new Field(f)) }));
  }

  /** Sends a call; the promise ends with its reply, and with a `TypeError` when a text is too long to be sent. */
  call(name: string, args: object, writer: Writer, send: (message: Uint8Array<ArrayBuffer>) => void): Promise<void> {
    const method = this.#methods.findIndex((m) => m.name === name);
    if (method < 0) return Promise.reject(new CallError(`The game has no call named ${name}.`, "no-such-call"));
    if (this.#pending.size >= maxPending)
      return Promise.reject(new CallError("Too many calls are waiting for an answer.", "too-many-calls"));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const message = writeCall(writer, id, method, this.#methods[method]!.fields, args);
      this.#pending.set(id, { resolve, reject });
      send(message);
    });
  }

  /** Ends the call a reply belongs to; one that is not ours is ignored. */
  reply(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (reply.status === 0) pending?.resolve();
    else pending?.reject(new CallError(reply.reason || "The game refused.", failures[reply.status]!));
  }

  /** The connection has ended: nothing will be answered any more. */
  drop(): void {
    for (const pending of this.#pending.values()) {
      pending.reject(new CallError("The connection was lost before the game answered.", "disconnected"));
    }
    this.#pending.clear();
  }
}
