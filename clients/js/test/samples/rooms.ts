import { isLobbyError, Room, type GameSchema, type GameTypes, type Lobby } from "@skirmish-dev/sdk";

/** Makes a private room, goes in, and returns the links for friends: to play, and to watch. */
export async function invite<G extends GameTypes>(lobby: Lobby, game: GameSchema<G>) {
  const made = await lobby.createRoom(game.game, { name: "Friday night", private: true });
  const room = await Room.join(() => lobby.join(made.id), game);
  const page = location.origin + location.pathname; // what is behind the # no server is sent
  return { room, play: `${page}#play=${made.code}`, watch: `${page}#watch=${made.id}` };
}

/** Follows such a link; undefined when the page was opened without one. */
export async function follow<G extends GameTypes>(lobby: Lobby, game: GameSchema<G>): Promise<Room<G> | undefined> {
  const link = new URLSearchParams(location.hash.slice(1));
  const [code, watched] = [link.get("play"), link.get("watch")];
  if (code !== null) return Room.join((before) => (before === undefined ? lobby.joinByCode(code) : lobby.join(before.roomId)), game);
  if (watched !== null) return Room.join(() => lobby.spectate(watched), game);
  return undefined;
}

/** A room from the list. A locked one asks for its password until it fits. */
export async function enter<G extends GameTypes>(
  lobby: Lobby,
  game: GameSchema<G>,
  room: { readonly id: string; readonly locked: boolean },
): Promise<Room<G>> {
  for (;;) {
    const password = room.locked ? (prompt("Password of the room") ?? undefined) : undefined;
    try {
      return await Room.join(() => lobby.join(room.id, password), game);
    } catch (error) {
      if (!isLobbyError(error) || error.code !== "wrong_password" || password === undefined) throw error;
    }
  }
}
