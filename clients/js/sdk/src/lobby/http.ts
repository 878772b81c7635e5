import { isLobbyError, LobbyError, type FieldError } from "../errors/lobby-error.js";
import type { Operations } from "./api.gen.js";
import { fromWire, toWire } from "./wire-names.js";

/** The part of `fetch` the lobby client uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** One request; the operation gives method, path and body their types. */
export interface HttpRequest<O extends keyof Operations> {
  readonly method: Operations[O]["method"];
  readonly path: Operations[O]["path"];
  readonly body?: Operations[O]["body"];
  /** Access token. */
  readonly token?: string;
  /** Send and take the refresh cookie. */
  readonly cookies?: boolean;
  /** Gives the request up. */
  readonly signal?: AbortSignal | undefined;
  /** Makes a repeated request count once. */
  readonly idempotencyKey?: string;
}

/** How long an answer may take; long polls are answered well before. */
const timeoutMs = 40_000;
/** Answers that are kept for their ETags. */
const maxKept = 32;

/** Sends requests to one server. */
export class Http {
  readonly baseURL: string;
  readonly fetch: Fetch;
  readonly #kept = new Map<string, { readonly etag: string; readonly answer: unknown }>();

  constructor(baseURL: string, fetch: Fetch) {
    this.baseURL = baseURL;
    this.fetch = fetch;
  }

  /** Sends one request and returns its answer, undefined for an empty one. Throws {@link LobbyError}, or why `signal` was aborted. */
  async send<O extends keyof Operations>(r: HttpRequest<O>): Promise<Operations[O]["answer"]> {
    return (await this.#exchange(r, {})).answer as Operations[O]["answer"];
  }

  /**
   * Gets what is the same for everybody. The answer before is kept: when the server says that it is still right, the very same
   * object is returned.
   */
  async get<O extends keyof Operations>(path: Operations[O]["path"], signal?: AbortSignal): Promise<Operations[O]["answer"]> {
    const kept = this.#kept.get(path);
    this.#kept.delete(path);
    const request = { method: "GET", path, signal } as HttpRequest<O>;
    const { answer, etag, same } = await this.#exchange(request, kept === undefined ? {} : { "If-None-Match": kept.etag });
    const now = same ? kept : etag === null ? undefined : { etag, answer };
    if (now !== undefined) this.#kept.set(path, now);
    // A Map keeps its order: the first is what was asked for longest ago.
    if (this.#kept.size > maxKept) this.#kept.delete(this.#kept.keys().next().value!);
    return (same ? kept!.answer : answer) as Operations[O]["answer"];
  }

  /** Opens a stream. Throws as send does; the stream itself has no time limit. */
  async open(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    let response: Response;
    try {
      response = await this.fetch(this.baseURL + path, { headers, credentials: "omit", cache: "no-store", signal });
      if (response.ok) return response;
      throw refusal(response, await response.text());
    } catch (cause) {
      signal.throwIfAborted();
      throw isLobbyError(cause) ? cause : new LobbyError(this.#unreachable(), 0, { cause });
    }
  }

  /** Why no answer came, in words. */
  #unreachable(): string {
    return this.baseURL || globalThis.location ? "The server cannot be reached." : "Give baseURL: there is no page.";
  }

  async #exchange<O extends keyof Operations>(r: HttpRequest<O>, headers: Record<string, string>) {
    headers["Accept"] = "application/json";
    if (r.body !== undefined) headers["Content-Type"] = "application/json";
    if (r.token !== undefined) headers["Authorization"] = `Bearer ${r.token}`;
    if (r.idempotencyKey !== undefined) headers["Idempotency-Key"] = r.idempotencyKey;
    const late = AbortSignal.timeout(timeoutMs);
    let response: Response;
    let text: string;
    try {
      response = await this.fetch(this.baseURL + r.path, {
        method: r.method,
        headers,
        credentials: r.cookies ? "same-origin" : "omit",
        signal: r.signal === undefined ? late : anyOf(r.signal, late),
        ...(r.body === undefined ? {} : { body: JSON.stringify(toWire(r.body)) }),
      });
      text = await response.text();
    } catch (cause) {
      r.signal?.throwIfAborted();
      throw new LobbyError(this.#unreachable(), 0, { cause });
    }
    const same = response.status === 304 && "If-None-Match" in headers;
    if (!response.ok && !same) throw refusal(response, text);
    return { answer: fromWire(parse(text)), etag: response.headers.get("ETag"), same };
  }
}

/** AbortSignal.any, which browsers of 2023 lack. */
function anyOf(...signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason);
    else signal.addEventListener("abort", () => controller.abort(signal.reason), { signal: controller.signal });
  }
  return controller.signal;
}

/** The error of an answer that is none: problem+json, where the server gave one. */
export function refusal(response: Response, body: string): LobbyError {
  const json = parse(body);
  const seconds = Number(response.headers.get("Retry-After"));
  const detail = property(json, "detail") ?? property(json, "title");
  const code = property(json, "code");
  const errors = fieldErrors(property(json, "errors"));
  let words = typeof detail === "string" && detail !== "" ? detail : `The server answered ${response.status}.`;
  const first = errors[0];
  if (first !== undefined && !words.includes(first.message)) words += `: ${first.location} ${first.message}`;
  return new LobbyError(words, response.status, {
    code: typeof code === "string" ? code : undefined,
    retryAfterMs: seconds > 0 ? seconds * 1000 : undefined,
    errors,
  });
}

function fieldErrors(json: unknown): readonly FieldError[] {
  const list: readonly unknown[] = Array.isArray(json) ? json : [];
  return list.map((e) => ({ location: String(property(e, "location") ?? ""), message: String(property(e, "message") ?? "") }));
}

/** Checks that an answer has a text where everything after depends on it; throws {@link LobbyError} when the server sent none. */
export function text(json: unknown, key: string): string {
  const value = property(json, key);
  if (typeof value !== "string") throw new LobbyError(`The server's answer has no ${key}.`, 502);
  return value;
}

export function property(json: unknown, key: string): unknown {
  return typeof json === "object" && json !== null ? (json as Record<string, unknown>)[key] : undefined;
}

function parse(body: string): unknown {
  try {
    return body === "" ? undefined : JSON.parse(body);
  } catch {
    return undefined;
  }
}
