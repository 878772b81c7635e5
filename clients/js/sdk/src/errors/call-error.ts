/** Why a call failed: the reply's status by name, or `disconnected` when the connection ended before a reply came. */
export type CallFailure = "refused" | "no-such-call" | "bad-arguments" | "too-many-calls" | "disconnected";

/**
 * A `room.call` that the game or the server did not carry out. `message` is the reason in words, fit to be shown.
 *
 * After `disconnected` the call may or may not have been carried out.
 */
export class CallError extends Error {
  override readonly name = "CallError";
  readonly failure: CallFailure;

  constructor(message: string, failure: CallFailure) {
    super(message);
    this.failure = failure;
  }
}

/** Reports whether `error` is a {@link CallError}. */
export function isCallError(error: unknown): error is CallError {
  return error instanceof CallError;
}
