import { isLobbyError, isRoomClosedError, Lobby, NetworkSimulator, predict, Room } from "@skirmish-dev/sdk";
import { arena, type Arena } from "./arena.gen.js";
import { Camera } from "./camera.js";
import { Chat } from "./chat.js";
import { Controls } from "./controls.js";
import { Effects } from "./effects.js";
import { showHook } from "./hook.js";
import { element, Hud } from "./hud.js";
import { moveShip } from "./move.js";
import { NetGraph } from "./net-graph.js";
import { Play } from "./play.js";
import { RoomList } from "./room-list.js";
import { drawScene } from "./scene.js";
import { predictShots } from "./shots.js";
import { SimPanel } from "./sim-panel.js";
import { variant } from "./variant.js";

const nameKey = "skirmish.name";

const canvas = element("view", HTMLCanvasElement);
const context = canvas.getContext("2d", { alpha: false });
if (context === null) throw new Error("this browser has no 2d canvas");

const door = element("join", HTMLElement);
const game = element("game", HTMLElement);
const form = element("join-form", HTMLFormElement);
const nameField = element("name", HTMLInputElement);
const playButton = element("play", HTMLButtonElement);
const joinError = element("join-error", HTMLParagraphElement);
const crowd = element("crowd", HTMLParagraphElement);
const controls = new Controls(canvas, element("fire", HTMLButtonElement));

const hud = new Hud();
const network = new NetworkSimulator();
new SimPanel(network);
const netGraph = new NetGraph();
const roomList = new RoomList((roomId) => void join(nameField.value.trim() || "Spectator", roomId));
const lobby = new Lobby({ fetch: network.fetch });
let room: Room<Arena> | undefined;
let play: Play | undefined;
showHook(
  () => room,
  () => play,
);
new Chat(
  (text) => room?.call("say", { text }) ?? Promise.resolve(),
  (words) => hud.tell(words),
);

nameField.value = stored(nameKey);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void join(nameField.value.trim());
});
element("leave", HTMLButtonElement).addEventListener("click", () => room?.leave());

// A hidden page draws nothing and so reads no keys: the ship must not go on flying with those that were down.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) room?.setInput({ turn: 0, thrust: false });
});

// Otherwise the room keeps the place of a page that is gone, and its ship drifts about for a while.
addEventListener("pagehide", () => room?.leave());

/** Plays, or watches a room. */
async function join(name: string, watched?: string): Promise<void> {
  playButton.disabled = true;
  playButton.textContent = "Joining…";
  joinError.textContent = "";
  try {
    await lobby.guest(name);
    if (watched === undefined) store(nameKey, name);
    const seats = watched === undefined ? lobby.seats("arena") : () => lobby.spectate(watched);
    const joined = await Room.join(seats, arena, {
      ...variant(location.search, {
        ship: predict(moveShip, { jumpOver: 100 }),
        shot: predictShots(() => play?.ships ?? []),
      }),
      environment: { WebSocket: network.WebSocket },
    });
    netGraph.follow(joined);
    joined.lifecycle.on("state", (state) => {
      if (state === "closed") showDoor(joined.error?.code === 1000 ? "" : (joined.error?.message ?? ""));
    });
    room = joined;
    play = new Play(joined, { canvas, context: context!, controls, hud });
    door.hidden = true;
    game.hidden = false;
    nameField.blur();
  } catch (error) {
    showDoor(isLobbyError(error) || isRoomClosedError(error) ? error.message : "Something went wrong. Please try again.");
    if (!isLobbyError(error) && !isRoomClosedError(error)) throw error;
  } finally {
    playButton.disabled = false;
    playButton.textContent = "Play";
  }
}

function showDoor(words: string): void {
  play = undefined;
  room = undefined;
  controls.release();
  game.hidden = true;
  door.hidden = false;
  joinError.textContent = words;
  nameField.focus();
}

/** Says at the door how many are playing, and where. That is decoration: while the lobby does not answer, the line stays as it is. */
async function countCrowd(): Promise<void> {
  if (door.hidden || document.hidden) return;
  const rooms = await lobby.rooms("arena");
  roomList.show(rooms);
  const players = rooms.reduce((sum, r) => sum + r.players, 0);
  crowd.textContent =
    players === 0
      ? "Nobody is in the arena yet."
      : players === 1
        ? "One ship is in the arena."
        : `${players} ships are in the arena.`;
}
const ignore = (): void => {};
countCrowd().catch(ignore);
setInterval(() => countCrowd().catch(ignore), 5000);

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
    drawScene(context!, ratio, idleCamera, { ships: [], shots: [], effects: idleEffects });
  }
  requestAnimationFrame(frame);
}
requestAnimationFrame(frame);

/** Storage may be blocked; the demo then just does not remember the name. */
function stored(key: string): string {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    return;
  }
}
