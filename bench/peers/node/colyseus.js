// What the rooms of Colyseus share: its server with the WebSocket transport as it comes, which does not compress, and inputs as bytes
// under a number, its cheapest message.
//
// What they do not do: prediction and labelled inputs (0.18 has both; they cost more), reconnection, and no bound is set on messages.

import { Encoder } from "@colyseus/schema";
import { Room, Server } from "@colyseus/core";
import { WebSocketTransport } from "@colyseus/ws-transport";
import { createServer } from "node:http";
import { circle, listens, PERIOD } from "./world.js";

/** The number of the message that turns a player: four bytes, a float32 of radians. */
const TURN = 0;

/** A room with patchRate = tick. A game has open(options), spawn() and step(entities, turns). */
export class TickedRoom extends Room {
  patchRate = PERIOD;
  autoDispose = true;

  onCreate(options) {
    this.turns = new Map(); // entity -> radians
    this.open(options);
    this.onMessageBytes(TURN, (client, data) => {
      const turn = data.length === 4 ? data.readFloatBE(0) : NaN;
      if (Number.isFinite(turn)) this.turns.set(client.userData, circle(turn));
    });
    this.setTimestep(() => {
      this.step(this.turns);
      this.turns.clear();
    }, PERIOD);
  }

  onJoin(client) {
    client.userData = this.spawn(client);
  }

  onLeave(client) {
    this.turns.delete(client.userData);
    this.despawn(client.userData, client);
  }
}

/** Serves the room class under a name. buffer is how many bytes a whole state may have. */
export function serve(name, room, buffer) {
  Encoder.BUFFER_SIZE = buffer;
  const http = createServer();
  const server = new Server({ transport: new WebSocketTransport({ server: http, perMessageDeflate: false }), greet: false });
  server.define(name, room);
  server.listen(0, "127.0.0.1", 4096).then(() => listens(http.address().port));
}
