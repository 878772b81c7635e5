/** A block of a text/event-stream. */
export interface Block {
  /** Where to go on after it; undefined when the block has none. */
  readonly id: string | undefined;
  /** Empty for a block that has an id only. */
  readonly kind: string;
  readonly data: string;
}

/** Takes a text/event-stream apart as it comes (WHATWG HTML, section 9.2), as far as the lobby writes it. */
export class BlockReader {
  #rest = "";
  #id: string | undefined;
  #kind = "";
  #data: string[] = [];

  /** The blocks that `text` completes. */
  push(text: string): Block[] {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    const blocks: Block[] = [];
    for (const line of lines) {
      if (line === "" || line === "\r") {
        if (this.#id !== undefined || this.#data.length > 0) {
          blocks.push({ id: this.#id, kind: this.#kind, data: this.#data.join("\n") });
        }
        this.#id = undefined;
        this.#kind = "";
        this.#data = [];
      } else this.#line(line.replace(/\r$/, ""));
    }
    return blocks;
  }

  #line(line: string): void {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "id") this.#id = value;
    else if (name === "event") this.#kind = value;
    else if (name === "data") this.#data.push(value);
  }
}
