import type { Browser, BrowserContext, Locator, Page } from "playwright-core";

/** One player at the door and at the board: a browser of its own, driven by what a player sees. */
export class DoorPlayer {
  readonly page: Page;
  readonly name: string;
  /** Errors of the page, broken content security rules among them. */
  readonly complaints: string[] = [];

  private constructor(page: Page, name: string) {
    this.page = page;
    this.name = name;
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(message.text());
    });
  }

  /** Opens the demo, types the name and goes to a tab of the door. */
  static async open(browser: Browser, url: string, name: string, tab = "Draughts"): Promise<DoorPlayer> {
    const context: BrowserContext = await browser.newContext({ viewport: { width: 1000, height: 760 } });
    const player = new DoorPlayer(await context.newPage(), name);
    await player.page.goto(url);
    await player.page.getByLabel("Your name").fill(name);
    await player.tab(tab);
    return player;
  }

  tab(name: string): Promise<void> {
    return this.page.getByRole("tab", { name }).click();
  }

  press(button: string): Promise<void> {
    return this.page.getByRole("button", { name: button }).click();
  }

  get status(): Locator {
    return this.page.locator("#draughts-status");
  }

  /** Waits until the page's words for how the match stands contain `words`. */
  async reads(words: string): Promise<void> {
    await this.status.filter({ hasText: words }).waitFor({ state: "visible" });
  }

  async myTurn(): Promise<boolean> {
    return (await this.status.textContent()) === "Your turn.";
  }

  /** Makes the first move there is, and waits until the board shows it. */
  async move(): Promise<void> {
    const before = await this.position();
    if ((await this.page.locator("#board .goal").count()) === 0) await this.page.locator("#board .may").first().click();
    await this.page.locator("#board .goal").first().click();
    await this.changes(before);
  }

  /** Waits until the board shows another position. */
  async changes(before: string): Promise<void> {
    await this.page.waitForFunction(
      (before) =>
        [...document.querySelectorAll("#board button")]
          .map((b) => b.getAttribute("aria-label")?.split(", move")[0])
          .sort()
          .join(";") !== before,
      before,
    );
  }

  /** What stands where, the same text on both sides of the board. */
  async position(): Promise<string> {
    const labels = await this.page.locator("#board button").evaluateAll((all) => all.map((b) => b.getAttribute("aria-label")));
    return labels
      .map((label) => label?.split(", move")[0])
      .sort()
      .join(";");
  }
}
