/** What a {@link LobbyError} knows beside its message and status. */
export interface LobbyErrorDetails extends ErrorOptions {
  readonly code?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly errors?: readonly FieldError[] | undefined;
}

/** One field of a request that does not fit. */
export interface FieldError {
  /** As the server names it, such as `body.name` or `query.limit`; empty when it is no field in particular. */
  readonly location: string;
  readonly message: string;
}

/**
 * The lobby refused a request or could not be reached. `message` is the server's own explanation where it gave one.
 */
export class LobbyError extends Error {
  override readonly name = "LobbyError";
  /** HTTP status; 0 when no answer came at all. */
  readonly status: number;
  /** The server's stable name of the error, such as `room_full`; empty when it gave none. */
  readonly code: string;
  /** The server's Retry-After in milliseconds, if it sent one. */
  readonly retryAfterMs: number | undefined;
  /** The fields that do not fit, to be shown beside them; often empty. `message` has the first. */
  readonly errors: readonly FieldError[];

  constructor(message: string, status: number, details: LobbyErrorDetails = {}) {
    super(message, details);
    this.status = status;
    this.code = details.code ?? "";
    this.retryAfterMs = details.retryAfterMs;
    this.errors = details.errors ?? [];
  }

  /** True when asking again later can help: no answer, 408, 429 or a server error. */
  get temporary(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** Reports whether `error` is a {@link LobbyError}. */
export function isLobbyError(error: unknown): error is LobbyError {
  return error instanceof LobbyError;
}
