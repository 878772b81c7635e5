import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import type { NetworkConditions } from "@skirmish-dev/sdk";
import type { Hook, SeenShip } from "../../demo/src/hook.js";

/** Starts Debian's Chromium, or the one that CHROMIUM names. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env["CHROMIUM"] || "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

declare global {
  interface Window {
    /** After {@link loadSdk}. */
    sdk: typeof import("@skirmish-dev/sdk");
  }
}

/** Loads the SDK that the server serves into a page, as `window.sdk`. It is a text because vitest would rewrite the import. */
export async function loadSdk(page: Page): Promise<void> {
  await page.evaluate(`import("/skirmish.js").then((sdk) => { window.sdk = sdk; })`);
}

/** What a page shows of its room, as one plain value. */
export type Seen = Omit<Hook, "drawnShips" | "renderTick" | "stats"> & { readonly me: SeenShip | undefined };

/** One player: a tab with the demo. */
export class Player {
  readonly page: Page;
  readonly name: string;
  /** Errors of the page, broken content security rules among them. */
  readonly complaints: string[] = [];
  /** Account ids that the lobby gave this tab, in order. */
  readonly accounts: string[] = [];
  #held = new Set<string>();

  private constructor(page: Page, name: string) {
    this.page = page;
    this.name = name;
    page.on("response", (response) => {
      // What signs in is a POST; the list of providers is not.
      const signsIn = response.request().method() === "POST" && new URL(response.url()).pathname.startsWith("/v1/auth/");
      if (!signsIn || !response.ok()) return;
      void response.json().then((answer: { player_id: string }) => this.accounts.push(answer.player_id));
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (message) => {
      // A cut socket and a room that is gone are reported by the browser itself; the tests bring both about.
      const meant = /WebSocket|ERR_/.test(message.text()) || message.location().url.endsWith("/join");
      if (message.type() === "error" && !meant) this.complaints.push(message.text());
    });
  }

  /** Opens the demo in a new tab, types the name and presses Play, behind a network that the simulator makes worse. */
  static async join(context: BrowserContext, url: string, name: string, network: Partial<NetworkConditions> = {}): Promise<Player> {
    const player = new Player(await context.newPage(), name);
    await player.page.goto(url);
    await player.setNetwork(network);
    await player.play();
    return player;
  }

  /** Types the name and presses Play. */
  async play(): Promise<void> {
    await this.page.getByLabel("Your name").fill(this.name);
    await this.page.getByRole("button", { name: "Play" }).click();
    await this.until((s) => s.state === "playing", "is playing");
  }

  /** Opens the demo in a new tab and watches the first room of its list. */
  static async watch(context: BrowserContext, url: string): Promise<Player> {
    const spectator = new Player(await context.newPage(), "Spectator");
    await spectator.page.goto(url);
    await spectator.page.getByRole("button", { name: "Watch" }).first().click();
    await spectator.until((s) => s.state === "playing", "is watching");
    return spectator;
  }

  async see(): Promise<Seen> {
    return this.page.evaluate(() => {
      const s = window.skirmish;
      const ships = s.ships;
      return {
        state: s.state,
        playerId: s.playerId,
        roomId: s.roomId,
        tick: s.tick,
        shots: s.shots,
        drawn: s.drawn,
        drawnShots: s.drawnShots,
        places: s.places,
        pingMs: s.pingMs,
        corrections: s.corrections,
        reconnects: s.reconnects,
        ships,
        me: ships.find((ship) => ship.owner === s.playerId),
      };
    });
  }

  /** Waits until the page sees what `test` asks for, and returns it. */
  async until(test: (seen: Seen) => boolean, what: string, timeoutMs = 15_000): Promise<Seen> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const seen = await this.see();
      if (test(seen)) return seen;
      if (Date.now() > end)
        throw new Error(
          `${this.name} never saw that it ${what}; last: ${JSON.stringify(seen)}; page: ${this.complaints.join("; ")}`,
        );
      await this.page.waitForTimeout(30);
    }
  }

  /** Sets the sliders of the simulated network. */
  async setNetwork({ rttMs, jitterMs, stalls }: Partial<NetworkConditions>): Promise<void> {
    for (const [id, value] of Object.entries({ rtt: rttMs, jitter: jitterMs, stalls: stalls && 100 * stalls })) {
      // Their panel may be hidden; what they are set to holds all the same.
      await this.page.locator(`#sim-${id}`).evaluate((slider, value) => {
        if (value === undefined) return;
        (slider as HTMLInputElement).valueAsNumber = value;
        slider.dispatchEvent(new Event("input"));
      }, value);
    }
  }

  /** Holds exactly these keys from now on. */
  async hold(...keys: readonly string[]): Promise<void> {
    for (const key of this.#held) if (!keys.includes(key)) await this.page.keyboard.up(key);
    for (const key of keys) if (!this.#held.has(key)) await this.page.keyboard.down(key);
    this.#held = new Set(keys);
  }
}
