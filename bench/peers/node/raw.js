// Rooms of arena100 over the npm package ws, with its documented best: no compression, no check of UTF-8 in what is binary, bufferutil.
// The whole state is encoded once per room and tick, and sent to all in it.
//
// What it does not do: accounts, deltas, interest, prediction, labelled inputs, resuming; nothing bounds what waits for a client that
// does not read.

import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { ARENA, circle, everyTick, fly, listens, somewhere } from "./world.js";

/** Serves rooms by path: /NUMBER. encode(tick, entities) is a message; decode(data) is by how much an input turns. */
export function serve({ encode, decode, binary }) {
  const rooms = new Map();
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false, skipUTF8Validation: true, clientTracking: false, maxPayload: 4096 });
  sockets.on("connection", (socket, request) => {
    const name = request.url;
    if (!rooms.has(name)) rooms.set(name, openRoom(encode, binary, () => rooms.delete(name)));
    rooms.get(name).join(socket, decode);
  });
  http.listen(0, "127.0.0.1", 4096, () => listens(http.address().port));
}

function openRoom(encode, binary, close) {
  const players = new Map(); // socket -> entity
  const entities = [];
  let nextId = 1;
  let tick = 0;
  const spawn = () => {
    const e = { id: nextId++, turn: 0, ...somewhere(ARENA.side) };
    entities.push(e);
    return e;
  };
  for (let i = 0; i < ARENA.others; i++) spawn();
  const stop = everyTick(() => {
    tick++;
    for (const e of entities) {
      fly(e, e.turn, ARENA.side);
      e.turn = 0;
    }
    const message = encode(tick, entities);
    for (const socket of players.keys()) socket.send(message, { binary });
  });
  return {
    join(socket, decode) {
      const e = spawn();
      players.set(socket, e);
      socket.on("message", (data) => {
        const turn = decode(data);
        if (Number.isFinite(turn)) e.turn = circle(turn);
      });
      socket.on("error", () => socket.terminate());
      socket.on("close", () => {
        players.delete(socket);
        entities.splice(entities.indexOf(e), 1);
        if (players.size > 0) return;
        stop();
        close();
      });
    },
  };
}
