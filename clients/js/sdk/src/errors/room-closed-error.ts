/**
 * The room is over for this client and it will not come back by itself. `message` says why in words, fit to be shown; `code`
 * is the close code of PROTOCOL.md section 9 (4100 when the connection was lost and could not be made again in time).
 */
export class RoomClosedError extends Error {
  override readonly name = "RoomClosedError";
  readonly code: number;
  /** What the server said to it, for developers; empty when it said nothing. */
  readonly reason: string;

  constructor(message: string, code: number, options?: ErrorOptions & { readonly reason?: string }) {
    super(message, options);
    this.code = code;
    this.reason = options?.reason ?? "";
  }
}

/** Reports whether `error` is a {@link RoomClosedError}. */
export function isRoomClosedError(error: unknown): error is RoomClosedError {
  return error instanceof RoomClosedError;
}
