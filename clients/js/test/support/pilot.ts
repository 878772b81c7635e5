import type { SeenShip } from "../../demo/src/hook.js";
import type { Player, Seen } from "./browser.js";

/** At this distance a shot meets a ship even though the own ship turns in steps. */
const closeBy = 220;

/** Flies a player's ship by its keyboard towards a target and shoots, until `done`. Throws after `timeoutMs`. */
export async function hunt(
  player: Player,
  target: (seen: Seen) => SeenShip | undefined,
  done: () => Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await done())) {
    if (Date.now() > end) throw new Error(`${player.name} did not get there; last: ${JSON.stringify(await player.see())}`);
    const seen = await player.see();
    const prey = target(seen);
    if (seen.me === undefined || seen.me.hp === 0 || prey === undefined || prey.hp === 0) {
      await player.hold();
      await player.page.waitForTimeout(50);
      continue;
    }
    // What the page draws is ahead of the snapshot, as the keys are.
    await player.hold(...keysTowards({ ...seen.me, ...seen.drawn }, prey));
    await player.page.waitForTimeout(15);
  }
  await player.hold();
}

/** The keys that turn `me` towards `prey`, close in, and shoot when it points about the right way. */
function keysTowards(me: SeenShip, prey: SeenShip): string[] {
  const wanted = Math.atan2(prey.y - me.y, prey.x - me.x);
  const off = Math.atan2(Math.sin(wanted - me.angle), Math.cos(wanted - me.angle));
  const distance = Math.hypot(prey.x - me.x, prey.y - me.y);
  const keys: string[] = [];
  if (off > 0.12) keys.push("ArrowRight");
  if (off < -0.12) keys.push("ArrowLeft");
  if (distance > closeBy && Math.abs(off) < 0.5) keys.push("ArrowUp");
  if (Math.abs(off) < 0.35) keys.push("Space");
  return keys;
}

/** The nearest living ship that is not one's own. */
export function nearest(seen: Seen): SeenShip | undefined {
  const { me } = seen;
  if (me === undefined) return undefined;
  const way = (s: SeenShip) => Math.hypot(s.x - me.x, s.y - me.y);
  return seen.ships.filter((s) => s.owner !== me.owner && s.hp > 0).sort((a, b) => way(a) - way(b))[0];
}
