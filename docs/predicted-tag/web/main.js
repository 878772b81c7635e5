import { Lobby, predict, Room } from "/skirmish.js";
import { tag } from "./tag.js";

const f = Math.fround; // to float32, after every operation, as the server computes

/** One tick of a runner: the twin of the server's move. */
function move(r, input, dt) {
  const speed = f((r.it ? 220 : 200) * dt);
  r.x = Math.min(Math.max(f(r.x + f(input.dx * speed)), 0), 800);
  r.y = Math.min(Math.max(f(r.y + f(input.dy * speed)), 0), 600);
}

const lobby = new Lobby();
await lobby.guest("Player");
const room = await Room.join(lobby.seats("tag"), tag, { predict: { runner: predict(move, { jumpOver: 100 }) } });

const keys = {};
onkeydown = onkeyup = (e) => {
  if (e.key.startsWith("Arrow")) e.preventDefault(); // or they scroll the page
  keys[e.key] = e.type === "keydown" ? 1 : 0;
  room.setInput({
    dx: (keys.ArrowRight ?? 0) - (keys.ArrowLeft ?? 0),
    dy: (keys.ArrowDown ?? 0) - (keys.ArrowUp ?? 0),
  });
};
onblur = () => { // who holds a key and goes to another tab lets go of it there
  for (const key in keys) keys[key] = 0;
  room.setInput({ dx: 0, dy: 0 });
};

room.on("tagged", (e) => console.log(`${e.who} was tagged by ${e.by}`));

const draw = document.getElementById("field").getContext("2d");
function frame() {
  room.update();
  draw.clearRect(0, 0, 800, 600);
  room.tables.runner.forEach((r) => {
    draw.fillStyle = r.it ? "crimson" : r.owner === room.playerId ? "royalblue" : "gray";
    draw.fillRect(r.x - 10, r.y - 10, 20, 20);
    if (r.owner === room.playerId) document.title = r.it ? "You are it!" : "Tag";
  });
  requestAnimationFrame(frame);
}
frame();
