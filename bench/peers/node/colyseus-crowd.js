// crowd in Colyseus: a StateView per client, which holds what is within sight and lets go of what is a tenth further.

import { schema, StateView, t } from "@colyseus/schema";
import { serve, TickedRoom } from "./colyseus.js";
import { CROWD, fly, somewhere } from "./world.js";

const Walker = schema({ x: t.float32(), y: t.float32(), angle: t.float32(), hp: t.uint8() }, "Walker");
const Crowd = schema({ walkers: t.map(Walker).view() }, "Crowd");

class CrowdRoom extends TickedRoom {
  maxClients = 4096;
  state = new Crowd();

  open({ players = 1000 }) {
    this.side = CROWD.side * Math.sqrt(players / 1000);
    this.columns = Math.ceil(this.side / CROWD.sight) + 1;
    this.cells = Array.from({ length: this.columns * this.columns }, () => []);
    this.nextId = 1;
    for (let i = 0; i < players; i++) this.spawn();
  }

  spawn(client) {
    const walker = new Walker().assign(somewhere(this.side));
    walker.key = String(this.nextId++);
    this.state.walkers.set(walker.key, walker);
    if (client) {
      client.view = new StateView();
      client.seen = new Set();
      client.view.add(walker);
      client.seen.add(walker);
    }
    return walker;
  }

  despawn(walker, client) {
    for (const c of this.clients) if (c.seen?.delete(walker)) c.view.remove(walker);
    this.state.walkers.delete(walker.key);
    client.view?.dispose();
  }

  step(turns) {
    for (const cell of this.cells) cell.length = 0;
    for (const w of this.state.walkers.values()) {
      fly(w, turns.get(w) ?? 0, this.side);
      this.cells[this.cellOf(w.x) + this.columns * this.cellOf(w.y)].push(w);
    }
    for (const c of this.clients) if (c.view) this.look(c);
  }

  cellOf(v) {
    return Math.floor(v / CROWD.sight);
  }

  /** What a client sees follows its walker. */
  look(client) {
    const own = client.userData;
    for (const w of client.seen) {
      if (w === own || near(own, w, CROWD.forget)) continue;
      client.seen.delete(w);
      client.view.remove(w);
    }
    const column = this.cellOf(own.x);
    const row = this.cellOf(own.y);
    for (let r = Math.max(row - 1, 0); r <= Math.min(row + 1, this.columns - 1); r++) {
      for (let k = Math.max(column - 1, 0); k <= Math.min(column + 1, this.columns - 1); k++) {
        for (const w of this.cells[k + this.columns * r]) {
          if (client.seen.has(w) || !near(own, w, CROWD.sight)) continue;
          client.seen.add(w);
          client.view.add(w);
        }
      }
    }
  }
}

function near(a, b, distance) {
  const dx = a.x - b.x;
  const dy = a.y - b.y;
  return dx * dx + dy * dy < distance * distance;
}

serve("crowd", CrowdRoom, 1 << 20);
