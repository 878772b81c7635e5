import { LobbyError } from "../errors/lobby-error.js";

/** The part of `fetch` the lobby client uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface HttpRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: object;
  /** Access token. */
  readonly token?: string;
  /** Send and take the refresh cookie. */
  readonly cookies?: boolean;
}

/** How long an answer may take; long polls are answered well before. */
const timeoutMs = 40_000;

/** Sends one request and returns its JSON, or undefined for an empty answer. Throws {@link LobbyError}. */
export async function request(fetch: Fetch, baseURL: string, r: HttpRequest): Promise<unknown> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (r.body !== undefined) headers["Content-Type"] = "application/json";
  if (r.token !== undefined) headers["Authorization"] = `Bearer ${r.token}`;
  let response: Response;
  let text: string;
  try {
    response = await fetch(baseURL + r.path, {
      method: r.method,
      headers,
      credentials: r.cookies ? "same-origin" : "omit",
      signal: AbortSignal.timeout(timeoutMs),
      ...(r.body === undefined ? {} : { body: JSON.stringify(r.body) }),
    });
    text = await response.text();
  } catch (cause) {
    throw new LobbyError("The server cannot be reached.", 0, undefined, { cause });
  }
  const json = parse(text);
  if (response.ok) return json;
  const seconds = Number(response.headers.get("Retry-After"));
  throw new LobbyError(
    problem(json) ?? `The server answered ${response.status}.`,
    response.status,
    seconds > 0 ? seconds * 1000 : undefined,
  );
}

/** Reads a text field of an answer; throws {@link LobbyError} when the server did not send one. */
export function text(json: unknown, key: string): string {
  const value = property(json, key);
  if (typeof value !== "string") throw new LobbyError(`The server's answer has no ${key}.`, 502);
  return value;
}

/** Reads a number of an answer, 0 when it is absent. */
export function number(json: unknown, key: string): number {
  const value = property(json, key);
  return typeof value === "number" ? value : 0;
}

export function property(json: unknown, key: string): unknown {
  return typeof json === "object" && json !== null ? (json as Record<string, unknown>)[key] : undefined;
}

/** The words of a problem+json answer. */
function problem(json: unknown): string | undefined {
  const words = property(json, "detail") ?? property(json, "title");
  return typeof words === "string" && words !== "" ? words : undefined;
}

function parse(body: string): unknown {
  try {
    return body === "" ? undefined : JSON.parse(body);
  } catch {
    return undefined;
  }
}
