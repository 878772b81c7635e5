import type { World } from "../../src/state/world.js";

/** The world as the vectors and recordings have it: per table, per entity, id, tick last sent and words. */
export function stateOf(world: World): number[][][] {
  return world.tables.map((table) => {
    const entities: number[][] = [];
    table.eachKnown((entity) => {
      const row = table.newestRow(entity);
      const words = Uint32Array.from(table.words.subarray(row, row + table.fields.length));
      entities.push([table.id(entity), table.rows.sentAt(entity), ...words]);
    });
    return entities;
  });
}
