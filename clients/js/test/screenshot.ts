// Makes docs/arena.png from a real game: a server, bots over real sockets, and a Chromium that plays by its keyboard.
//
//   npm run screenshot [FILE]
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { launch, Player, type Seen } from "./support/browser.js";
import { hunt, nearest } from "./support/pilot.js";
import { startServer } from "./support/server.js";

const file = resolve(process.argv[2] ?? "../../docs/arena.png");
const size = { width: 1280, height: 760 };

/** A moment worth a picture: alive and not about to die, others and shots near. */
function worthy(seen: Seen): boolean {
  const { me } = seen;
  if (me === undefined || me.hp < 40) return false;
  const inView = (at: { x: number; y: number }) => Math.abs(at.x - me.x) < 480 && Math.abs(at.y - me.y) < 260;
  const near = seen.ships.filter((s) => s.hp > 0 && inView(s) && Math.hypot(s.x - me.x, s.y - me.y) > 90);
  return near.length >= 3 && seen.shots.filter(inView).length >= 3;
}

const server = await startServer();
const bots = spawn(server.bin, ["bots", "--url", server.url, "--game", "arena", "--clients", "9", "--duration", "120s"], {
  stdio: "ignore",
});
const browser = await launch();
try {
  const context = await browser.newContext({ viewport: size, deviceScaleFactor: 1 });
  const player = await Player.join(context, server.url, "Ann");
  await hunt(
    player,
    nearest,
    async () => worthy(await player.see()) && (await player.page.locator("#score").innerText()) !== "0",
    120_000,
  );
  mkdirSync(dirname(file), { recursive: true });
  await player.page.screenshot({ path: file });
  console.log(`${file}: ${(await player.see()).ships.length} ships`);
} finally {
  bots.kill();
  await browser.close();
  await server.stop();
}
