import type { Browser, Page } from "playwright-core";
import { arena } from "../../demo/src/arena.gen.js";

/** Where a ship is at a tick; without HP it is wreckage. */
interface Place {
  readonly owner: number;
  readonly x: number;
  readonly y: number;
  readonly hp: number;
}

/** One snapshot: `at` in milliseconds since 1970. */
interface Recorded {
  readonly tick: number;
  readonly at: number;
  readonly ships: readonly Place[];
}

/** What the server had in each tick, as a spectator in a page of its own, without a simulated network, was told. */
export class Truth {
  readonly #ticks: ReadonlyMap<number, ReadonlyMap<number, Place>>;
  readonly #tickMs: number;
  /** The recorded ticks, ascending, and when tick 0 would have been for each. */
  readonly #starts: readonly { readonly tick: number; readonly at: number }[];

  constructor(recorded: readonly Recorded[], tickRate: number) {
    this.#ticks = new Map(recorded.map((r) => [r.tick, new Map(r.ships.map((s) => [s.owner, s]))]));
    this.#tickMs = 1000 / tickRate;
    // A server that could not keep up drops time: its ticks are later from then on, and never sooner. What came later than a snapshot
    // after it was late on its way.
    let at = Infinity;
    const starts = recorded.map((r) => ({ tick: r.tick, at: r.at - r.tick * this.#tickMs })).sort((a, b) => b.tick - a.tick);
    this.#starts = starts.map((start) => ({ tick: start.tick, at: (at = Math.min(at, start.at)) })).reverse();
  }

  /** When a (fractional) tick was, in milliseconds since 1970. */
  timeOf(tick: number): number {
    let lo = 0;
    let hi = this.#starts.length - 1;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (this.#starts[mid]!.tick < tick) lo = mid + 1;
      else hi = mid;
    }
    return (this.#starts[lo]?.at ?? NaN) + tick * this.#tickMs;
  }

  /** Where a ship was at a (fractional) tick, or undefined where it did not live or that tick was not recorded. */
  at(owner: number, tick: number): { readonly x: number; readonly y: number } | undefined {
    const before = this.#ticks.get(Math.floor(tick))?.get(owner);
    const after = this.#ticks.get(Math.ceil(tick))?.get(owner);
    if (before === undefined || after === undefined || before.hp === 0 || after.hp === 0) return undefined;
    const part = tick - Math.floor(tick);
    return { x: before.x + (after.x - before.x) * part, y: before.y + (after.y - before.y) * part };
  }
}

/** Watches a room and writes down every snapshot. */
export class Recorder {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  static async watch(browser: Browser, url: string, roomId: string): Promise<Recorder> {
    const page = await browser.newPage();
    // Any page of the server's origin will do, and this one draws nothing.
    await page.goto(`${url}/favicon.svg`);
    await page.evaluate(
      async ({ schema, roomId }) => {
        const sdk = "/skirmish.js";
        const { Lobby, Room } = (await import(sdk)) as typeof import("@skirmish-dev/sdk");
        const lobby = new Lobby();
        await lobby.guest("Recorder");
        const room = await Room.join(() => lobby.spectate(roomId), schema);
        const recorded: Recorded[] = [];
        room.lifecycle.on("snapshot", (tick) => {
          const ships = room.tables.ship.rows().map(({ owner, x, y, hp }) => ({ owner, x, y, hp }));
          recorded.push({ tick, at: performance.timeOrigin + performance.now(), ships });
        });
        Object.assign(window, { take: () => recorded.splice(0) });
      },
      { schema: arena, roomId },
    );
    return new Recorder(page);
  }

  /** What was recorded since the last time. */
  async take(): Promise<Truth> {
    const recorded = await this.#page.evaluate(() => (window as unknown as { take(): Recorded[] }).take());
    return new Truth(recorded, 30);
  }

  async stop(): Promise<void> {
    await this.#page.close();
  }
}
