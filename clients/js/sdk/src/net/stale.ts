import type { RoomSchema } from "../schema-type.js";

/**
 * What the room's schema has that the page's lacks, the other way round, and what is of another kind, for people: a page that was built
 * before the game was changed works on with what is the same.
 */
export function differences(page: RoomSchema, room: RoomSchema): string {
  const had = entries(page);
  const has = entries(room);
  const list = (what: string, names: string[]) => (names.length > 0 ? `${what}: ${names.join(", ")}` : "");
  return [
    list("new", [...has.keys()].filter((name) => !had.has(name))),
    list("gone", [...had.keys()].filter((name) => !has.has(name))),
    list("changed", [...has.keys()].filter((name) => had.has(name) && had.get(name) !== has.get(name))),
  ]
    .filter(Boolean)
    .join("; ");
}

/** Everything that has a name, and what it is but for its order. */
function entries(schema: RoomSchema): Map<string, string> {
  const all = new Map<string, string>();
  for (const what of ["tables", "events", "calls"] as const) {
    for (const { fields, name, ...rest } of schema[what]) {
      all.set(`${what.slice(0, -1)} ${name}`, is(rest));
      for (const field of fields) all.set(`${name}.${field.name}`, is(field));
    }
  }
  return all;
}

/** Keys that are absent mean false, zero or empty. */
function is(entry: object): string {
  return String(Object.entries(entry).filter(([, value]) => value).sort());
}
