import {
  isLobbyError,
  isRoomClosedError,
  Lobby,
  NetworkSimulator,
  partyCode,
  predict,
  Room,
  type AccountEvent,
  type GameTypes,
  type QueueOptions,
  type SeatSource,
} from "@skirmish-dev/sdk";
import { arena, type Arena } from "./arena.gen.js";
import { Camera } from "./camera.js";
import { emptyChart } from "./chart.js";
import { Chat } from "./chat.js";
import { Controls } from "./controls.js";
import { AccountPanel } from "./door/account.js";
import { News } from "./door/news.js";
import { PartyPanel } from "./door/party.js";
import { Ranked } from "./door/ranked.js";
import { Ranking } from "./door/ranking.js";
import { RoomList } from "./door/room-list.js";
import { Tabs } from "./door/tabs.js";
import { draughts } from "./draughts/draughts.gen.js";
import { DraughtsView } from "./draughts/play.js";
import { Effects } from "./effects.js";
import { showHook } from "./hook.js";
import { element, Hud } from "./hud.js";
import { moveShip } from "./move.js";
import { NetGraph } from "./net-graph.js";
import { Play } from "./play.js";
import { drawScene } from "./scene.js";
import { predictShots } from "./shots.js";
import { SimPanel } from "./sim-panel.js";
import { variant } from "./variant.js";

// Signing in takes it out of the address.
const fromProvider = /^#(code|error)=/.test(location.hash);
const canvas = element("view", HTMLCanvasElement);
const context = canvas.getContext("2d", { alpha: false });
if (context === null) throw new Error("this browser has no 2d canvas");

const door = element("join", HTMLElement);
const game = element("game", HTMLElement);
const table = element("draughts", HTMLElement);
const playButton = element("play", HTMLButtonElement);
const joinError = element("join-error", HTMLParagraphElement);
const crowd = element("crowd", HTMLParagraphElement);
const controls = new Controls(canvas, element("fire", HTMLButtonElement));

const hud = new Hud();
const network = new NetworkSimulator();
new SimPanel(network);
const netGraph = new NetGraph();
const lobby = new Lobby({ fetch: network.fetch });
const account = new AccountPanel(lobby);
const ranking = new Ranking(lobby);
const news = new News(lobby, heard);
const party = new PartyPanel(lobby, {
  enter: async () => {
    await account.enter("Player");
    news.follow();
  },
  queue: (mode) => void findMatch({ mode }),
  follow: (ticketId) => void findMatch({ ticketId }),
});
const tabs = new Tabs(() => refreshDoor().catch(ignore));
const arenaRooms = new RoomList("rooms", "Arena", {
  join: (id, password) => void atDoor("Player", () => playArena(() => lobby.join(id, password))),
  watch: (id, password) => void atDoor("Spectator", () => playArena(() => lobby.spectate(id, password))),
});
const matches = new RoomList("draughts-rooms", "Match", {
  watch: (id, password) => void atDoor("Spectator", () => playDraughts(() => lobby.spectate(id, password))),
});
const roomName = element("rooms-name", HTMLInputElement);
const roomFree = element("rooms-free", HTMLInputElement);
for (const field of [roomName, roomFree]) field.addEventListener("input", () => refreshDoor().catch(ignore));
const ranked = new Ranked(lobby, () => void findOpponent());
const board = new DraughtsView();
let room: Room<Arena> | undefined;
let play: Play | undefined;
let leave: (() => void) | undefined;
showHook(
  () => room,
  () => play,
);
new Chat(
  (text) => room?.call("say", { text }) ?? Promise.resolve(),
  (words) => hud.tell(words),
);

element("join-form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  if (tabs.current === "draughts") void findOpponent();
  else void atDoor("", () => playArena(lobby.seats("arena")));
});
element("computer", HTMLButtonElement).addEventListener("click", () => void atDoor("Player", againstComputer));
element("leave", HTMLButtonElement).addEventListener("click", () => leave?.());

// A hidden page draws nothing and so reads no keys: the ship must not go on flying with those that were down.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) room?.setInput({ turn: 0, thrust: false });
});

// Otherwise the room keeps the place of a page that is gone, and its ship drifts about for a while.
addEventListener("pagehide", () => {
  ranked.leave();
  leave?.();
});

/** Does what begins at the door and ends in a room; what goes wrong is told at the door. */
async function atDoor(fallbackName: string, work: () => Promise<void>): Promise<void> {
  playButton.disabled = true;
  playButton.textContent = "Joining…";
  joinError.textContent = "";
  try {
    await account.enter(fallbackName);
    news.follow();
    await work();
  } catch (error) {
    showDoor(isLobbyError(error) || isRoomClosedError(error) ? error.message : "Something went wrong. Please try again.");
    if (!isLobbyError(error) && !isRoomClosedError(error)) throw error;
  } finally {
    playButton.disabled = false;
    playButton.textContent = "Play";
  }
}

async function playArena(seats: SeatSource): Promise<void> {
  const joined = await Room.join(seats, arena, {
    ...variant(location.search, {
      ship: predict(moveShip, { jumpOver: 100 }),
      shot: predictShots(() => play?.ships ?? []),
    }),
    environment: { WebSocket: network.WebSocket },
  });
  netGraph.follow(joined);
  room = joined;
  play = new Play(joined, { canvas, context: context!, controls, hud });
  show(joined, game);
}

const findOpponent = (): Promise<void> => findMatch({ mode: "draughts" });

async function findMatch(what: QueueOptions): Promise<void> {
  await atDoor("Player", async () => {
    const found = await ranked.match(what);
    if (found?.game === "draughts") await playDraughts(found.seats);
    else if (found?.game === "arena") await playArena(found.seats);
  });
}

/** Something has happened to the account. */
function heard(event: AccountEvent): void {
  party.heard(event);
  const { kind, data } = event;
  if (kind !== "result") return;
  const { rating } = data as { readonly rating?: { readonly before: number; readonly after: number } };
  if (rating !== undefined && !table.hidden) board.rated(rating);
}

async function againstComputer(): Promise<void> {
  const { id } = await lobby.createRoom("draughts", { private: true, options: { computer: true } });
  await playDraughts(() => lobby.join(id));
}

async function playDraughts(seats: SeatSource): Promise<void> {
  const joined = await Room.join(seats, draughts, { environment: { WebSocket: network.WebSocket } });
  board.follow(joined);
  show(joined, table);
}

/** Shows a room that was joined, until it is over. */
function show<G extends GameTypes>(joined: Room<G>, view: HTMLElement): void {
  leave = () => joined.leave();
  joined.lifecycle.on("state", (state) => {
    if (state === "closed") showDoor(joined.error?.code === 1000 ? "" : (joined.error?.message ?? ""));
  });
  door.hidden = true;
  view.hidden = false;
  account.blur();
}

function showDoor(words: string): void {
  play = undefined;
  room = undefined;
  leave = undefined;
  controls.release();
  game.hidden = true;
  table.hidden = true;
  door.hidden = false;
  joinError.textContent = words;
  if (tabs.current === "arena") account.focus();
  refreshDoor().catch(ignore);
}

/** Shows what the panel at the door tells of others. That is decoration: while the lobby does not answer, the line stays as it is. */
async function refreshDoor(): Promise<void> {
  if (door.hidden || document.hidden) return;
  if (tabs.current === "ranking") {
    await ranking.refresh();
    return;
  }
  if (tabs.current === "draughts") {
    matches.show(await lobby.rooms("draughts"));
    return;
  }
  const name = roomName.value.trim();
  const found = lobby.findRooms({
    game: "arena",
    sort: "players",
    ...(name === "" ? {} : { name }),
    ...(roomFree.checked ? { free: 1 } : {}),
  });
  const rooms = await lobby.rooms("arena");
  arenaRooms.show((await found).rooms);
  element("rooms-filter", HTMLDivElement).hidden = rooms.length === 0;
  const players = rooms.reduce((sum, r) => sum + r.players, 0);
  crowd.textContent =
    players === 0
      ? "Nobody is in the arena yet."
      : players === 1
        ? "One ship is in the arena."
        : `${players} ships are in the arena.`;
}
const ignore = (): void => {};
// Whoever follows a party's link wants to see the party.
if (partyCode(location.hash) !== undefined) tabs.choose("party");
if (fromProvider) tabs.choose("account");
refreshDoor().catch(ignore);
setInterval(() => refreshDoor().catch(ignore), 5000);

/** Behind the door the empty arena drifts by. */
const idleCamera = new Camera();
const idleEffects = new Effects();

function frame(now: number): void {
  if (play !== undefined && room !== undefined) {
    play.draw(now);
    netGraph.draw(now, room.stats);
  } else {
    const ratio = idleCamera.fit(canvas);
    idleCamera.follow(2000 + 700 * Math.cos(now / 30_000), 2000 + 700 * Math.sin(now / 30_000), 1);
    drawScene(context!, ratio, idleCamera, { chart: emptyChart, ships: [], shots: [], effects: idleEffects });
    if (!table.hidden) board.draw();
  }
  requestAnimationFrame(frame);
}
requestAnimationFrame(frame);
