// arena100 in Colyseus: FIELDS=float for float32, FIELDS=quantized for numbers of 16 bits.

import { schema, t } from "@colyseus/schema";
import { serve, TickedRoom } from "./colyseus.js";
import { ARENA, fly, somewhere } from "./world.js";

const quantized = process.env.FIELDS === "quantized";
const place = () => (quantized ? t.quantized({ min: 0, max: ARENA.side }) : t.float32());
const heading = () => (quantized ? t.quantized({ min: 0, max: 2 * Math.PI, mode: "wrap" }) : t.float32());

const Ship = schema({ x: place(), y: place(), angle: heading(), hp: t.uint8() }, "Ship");
const Arena = schema({ ships: t.map(Ship) }, "Arena");

class ArenaRoom extends TickedRoom {
  maxClients = ARENA.players;
  state = new Arena();

  open() {
    this.nextId = 1;
    for (let i = 0; i < ARENA.others; i++) this.spawn();
  }

  spawn() {
    const id = String(this.nextId++);
    const ship = new Ship().assign(somewhere(ARENA.side));
    this.state.ships.set(id, ship);
    ship.key = id;
    return ship;
  }

  despawn(ship) {
    this.state.ships.delete(ship.key);
  }

  step(turns) {
    for (const ship of this.state.ships.values()) fly(ship, turns.get(ship) ?? 0, ARENA.side);
  }
}

serve("arena100", ArenaRoom, 64 << 10);
