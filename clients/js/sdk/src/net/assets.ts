import type { Environment } from "../time/environment.js";
import type { AssetInfo } from "../wire/server-messages.js";

/** An asset may be 16 MiB, and the network slow. */
const timeoutMs = 300_000;

/** The assets of a room's game, each fetched at most once. */
export class Assets {
  readonly #fetch: Environment["fetch"];
  readonly #held = new Map<string, Promise<Blob>>();
  #list: readonly AssetInfo[] = [];
  #seatUrl = "";

  constructor(fetch: Environment["fetch"]) {
    this.#fetch = fetch;
  }

  /** Takes what HELLO says. What the game no longer has is forgotten, so that there is never more than one HELLO names. */
  hear(seatUrl: string, list: readonly AssetInfo[]): void {
    this.#seatUrl = seatUrl;
    this.#list = list;
    for (const hash of this.#held.keys()) if (!list.some((a) => a.hash === hash)) this.#held.delete(hash);
  }

  get(game: string, name: string): Promise<Blob> {
    const info = this.#list.find((a) => a.name === name);
    if (info === undefined) {
      const names = this.#list.map((a) => a.name).join(", ") || "none";
      return Promise.reject(new TypeError(`${game} has no asset "${name}"; it has: ${names}`));
    }
    let held = this.#held.get(info.hash);
    if (held === undefined) {
      held = this.#load(info);
      this.#held.set(info.hash, held);
      // What failed is tried again when it is asked for again.
      held.catch(() => this.#held.delete(info.hash));
    }
    return held;
  }

  async #load({ name, hash, size }: AssetInfo): Promise<Blob> {
    const url = new URL(`assets/${hash}`, this.#seatUrl.replace(/^ws/, "http"));
    const bytes = hash.replace(/../g, (hex) => String.fromCharCode(parseInt(hex, 16)));
    try {
      const answer = await this.#fetch(url.href, {
        credentials: "omit",
        // Checked by fetch itself, on pages without crypto.subtle too.
        integrity: `sha256-${btoa(bytes)}`,
        signal: AbortSignal.timeout(timeoutMs),
      });
      const blob = await answer.blob();
      if (!answer.ok || blob.size !== size) throw new Error(`answered ${answer.status} with ${blob.size} bytes of ${size}`);
      return blob;
    } catch (cause) {
      throw new Error(`The asset "${name}" cannot be fetched.`, { cause });
    }
  }
}
