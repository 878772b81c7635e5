/** Most strings a room may have sent; the table lives as long as the connection. */
const maxStrings = 65536;

/** The room's string table: names and labels that rows and events refer to by id. Id 0 is the empty string. */
export class StringTable {
  readonly #texts = new Map<number, string>();

  /** Sets or replaces a string. Beyond the limit new ids are ignored and read as empty. */
  set(id: number, text: string): void {
    if (this.#texts.size < maxStrings || this.#texts.has(id)) this.#texts.set(id, text);
  }

  /** The string, or an empty one for an id that never came. */
  get(id: number): string {
    return this.#texts.get(id) ?? "";
  }
}
