import { open } from "./api.gen.js";

/** A value of the wire with its property names as the SDK writes them: `room_id` is `roomId`. */
export function fromWire(value: unknown): unknown {
  return renamed(value, (name) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()), (name) => open.has(name));
}

/** The way back. */
export function toWire(value: unknown): unknown {
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return renamed(value, snake, (name) => open.has(snake(name)));
}

/** What games and players put into a property is not the lobby's to rename. */
function renamed(value: unknown, rename: (name: string) => string, isOpen: (name: string) => boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename, isOpen));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, of]) => [rename(name), isOpen(name) ? of : renamed(of, rename, isOpen)]),
  );
}
