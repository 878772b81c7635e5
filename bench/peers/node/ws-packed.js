// arena100 over ws, packed by hand: a tick, a count, and 15 bytes for each entity.

import { serve } from "./raw.js";

const HEAD = 6;
const EACH = 15;

serve({
  binary: true,
  encode(tick, entities) {
    const b = Buffer.allocUnsafe(HEAD + EACH * entities.length);
    b.writeUInt32BE(tick, 0);
    b.writeUInt16BE(entities.length, 4);
    let at = HEAD;
    for (const e of entities) {
      b.writeUInt16BE(e.id, at);
      b.writeFloatBE(e.x, at + 2);
      b.writeFloatBE(e.y, at + 6);
      b.writeFloatBE(e.angle, at + 10);
      b.writeUInt8(e.hp, at + 14);
      at += EACH;
    }
    return b;
  },
  decode: (data) => (data.length === 4 ? data.readFloatBE(0) : NaN),
});
