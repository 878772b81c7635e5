// arena100 over ws as JSON, with two decimals: 1/16 of a unit needs no more.

import { serve } from "./raw.js";

const short = (v) => Math.round(v * 100) / 100;

serve({
  binary: false,
  encode: (tick, entities) =>
    Buffer.from(
      JSON.stringify({
        tick,
        ships: entities.map((e) => ({ id: e.id, x: short(e.x), y: short(e.y), angle: short(e.angle), hp: e.hp })),
      }),
    ),
  decode(data) {
    try {
      return JSON.parse(data).turn;
    } catch {
      return NaN;
    }
  },
});
