import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { arena } from "../../demo/src/arena.gen.js";
import { launch, loadSdk } from "../support/browser.js";
import { startServer, type TestServer } from "../support/server.js";

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  server = await startServer();
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

test("a page with the core alone plays, and comes back into its place when its socket is lost", async () => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(server.url);
  await loadSdk(page);
  const seen = await page.evaluate(async (schema) => {
    const { CoreRoom, Lobby, NetworkSimulator } = window.sdk;
    const network = new NetworkSimulator();
    // Who reaches the lobby and not the room takes its place to be gone.
    const lobby = new Lobby({ fetch: network.fetch });
    await lobby.guest("Core");
    const room = await CoreRoom.join(lobby.seats("arena"), schema, { environment: { WebSocket: network.WebSocket } });
    const until = async (done: () => boolean) => {
      while (!done()) {
        await new Promise(requestAnimationFrame);
        room.update();
      }
    };
    const own = () => room.tables.ship.rows().find((ship) => ship.owner === room.playerId);
    await until(() => own() !== undefined);
    const before = own()!;
    room.setInput({ thrust: true });
    await until(() => Math.hypot(own()!.x - before.x, own()!.y - before.y) > 20);
    const player = room.playerId;
    const back = new Promise<{ readonly resumed: boolean }>((come) => room.lifecycle.on("reconnect", come));
    network.cut(500);
    const { resumed } = await back;
    await until(() => own() !== undefined);
    const same = room.playerId === player;
    let drawn = 0;
    room.tables.ship.forEach(() => drawn++);
    room.leave();
    return { resumed, same, drawn, state: room.state, code: room.error?.code };
  }, arena);
  expect(seen).toMatchObject({ resumed: true, same: true, state: "closed", code: 1000 });
  expect(seen.drawn).toBeGreaterThan(0);
});
