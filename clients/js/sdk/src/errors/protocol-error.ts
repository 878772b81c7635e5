/**
 * The server sent bytes that PROTOCOL.md does not allow. The room closes such a connection with 4000 and connects anew, so a
 * game sees this error only as the cause of a `disconnect`.
 */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** Reports whether `error` is a {@link ProtocolError}. */
export function isProtocolError(error: unknown): error is ProtocolError {
  return error instanceof ProtocolError;
}
