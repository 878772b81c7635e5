// What the rooms of Colyseus share: its server with its default transport, ws, or with TRANSPORT=uws the one that it recommends,
// uWebSockets.js, neither of which compresses here, and inputs as bytes under a number, its cheapest message.
//
// What they do not do: prediction and labelled inputs (0.18 has both; they cost more), reconnection, and no bound is set on messages.

import { Encoder } from "@colyseus/schema";
import { Room, Server } from "@colyseus/core";
import { createServer } from "node:http";
import { circle, everyTick, listens } from "./world.js";

/** The number of the message that turns a player: four bytes, a float32 of radians. */
const TURN = 0;

/**
 * A room that steps and sends its patches by hand, at the end of the step. setTimestep and patchRate are two intervals of Node, each of
 * which loses what it is late: a room would miss the rate long before its processor is used up. A game has open(options), spawn() and
 * step(entities, turns).
 */
export class TickedRoom extends Room {
  autoDispose = true;

  onCreate(options) {
    this.turns = new Map(); // entity -> radians
    this.open(options);
    this.onMessageBytes(TURN, (client, data) => {
      const turn = data.length === 4 ? data.readFloatBE(0) : NaN;
      if (Number.isFinite(turn)) this.turns.set(client.userData, circle(turn));
    });
    this.patchRate = null;
    this.stop = everyTick(() => {
      this.step(this.turns);
      this.turns.clear();
      this.broadcastPatch();
    });
  }

  onDispose() {
    this.stop();
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
export async function serve(name, room, buffer) {
  Encoder.BUFFER_SIZE = buffer;
  const { transport, port } = process.env.TRANSPORT === "uws" ? await uWebSockets() : await ws();
  const server = new Server({ transport, greet: false });
  server.define(name, room);
  await server.listen(0, "127.0.0.1", 4096);
  listens(port());
}

async function ws() {
  const { WebSocketTransport } = await import("@colyseus/ws-transport");
  const http = createServer();
  return { transport: new WebSocketTransport({ server: http, perMessageDeflate: false }), port: () => http.address().port };
}

/** README.md says how it is installed. The transport keeps its listening socket to itself, and nothing else knows the port. */
async function uWebSockets() {
  const { uWebSocketsTransport } = await import("@colyseus/uwebsockets-transport");
  const { default: native } = await import("uWebSockets.js");
  const transport = new uWebSocketsTransport({ compression: native.DISABLED });
  return { transport, port: () => native.us_socket_local_port(transport._listeningSocket) };
}
