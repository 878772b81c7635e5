import type { TableState } from "./table-state.js";
import type { World } from "./world.js";

/** A row that was last sent more ticks ago does not count, only its id does. */
const reach = 24;

/** The checksum of PROTOCOL.md section 7 over all tables. */
export function checksum(world: World): number {
  return world.tables.reduce((sum, table) => add(sum, table, world.tick), 2166136261);
}

/** Adds a table's words. */
function add(sum: number, table: TableState, tick: number): number {
  const width = table.fields.length;
  let h = mix(mix(sum, table.index), table.size);
  table.eachKnown((entity) => {
    h = mix(h, table.id(entity));
    if (tick - table.rows.sentAt(entity) > reach) return;
    const row = table.newestRow(entity);
    for (let f = 0; f < width; f++) h = mix(h, table.words[row + f]!);
  });
  return h;
}

/** One step of it (FNV-1a over words). */
function mix(h: number, word: number): number {
  return Math.imul(h ^ word, 16777619) >>> 0;
}
