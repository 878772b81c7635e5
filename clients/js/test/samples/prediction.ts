import { predict, Room, type Lobby } from "@skirmish-dev/sdk";
import { tag, type Tag, type TagInput, type TagTableRunner } from "./tag.gen.js";

const f = Math.fround; // to float32, after every operation, as the server computes

/** One tick of a runner: the twin of the server's move. */
export function move(r: TagTableRunner, input: TagInput, dt: number): void {
  const speed = f((r.it ? 220 : 200) * dt);
  r.x = Math.min(Math.max(f(r.x + f(input.dx * speed)), 0), 800);
  r.y = Math.min(Math.max(f(r.y + f(input.dy * speed)), 0), 600);
}

/** Joins, and draws the own runner ahead from then on. */
export function join(lobby: Lobby): Promise<Room<Tag>> {
  return Room.join(lobby.seats("tag"), tag, { predict: { runner: predict(move, { jumpOver: 100 }) } });
}
