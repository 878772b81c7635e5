/**
 * The server sent bytes that PROTOCOL.md does not allow. The room closes such a connection with 4000 and connects anew, so a
 * game sees this error only as the cause of a `disconnect`. What was wrong is a number in the message of a `CoreRoom`'s, and
 * `protocolWords(error)` has the words; a `Room`'s message is these words.
 */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  /** What was wrong; 0 when the message says it. */
  readonly fault: number;
  readonly values: readonly unknown[];

  /** @internal A fault and its values, or words. */
  constructor(fault: number | string, ...values: unknown[]) {
    const numbered = typeof fault === "number";
    super(numbered ? `server's fault ${fault} (${values}); see protocolWords` : fault);
    this.fault = numbered ? fault : 0;
    this.values = values;
  }
}

/** Reports whether `error` is a {@link ProtocolError}. */
export function isProtocolError(error: unknown): error is ProtocolError {
  return error instanceof ProtocolError;
}
