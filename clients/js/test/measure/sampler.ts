import type { Player } from "../support/browser.js";

/** One picture: when it was drawn, the tick at which others were, and where that put them. */
export interface Picture {
  readonly at: number;
  readonly tick: number;
  readonly delayMs: number;
  readonly others: readonly { readonly owner: number; readonly x: number; readonly y: number }[];
}

/** From an event of the keyboard to the first picture that shows what it did. */
export interface Answer {
  readonly pictures: number;
  readonly ms: number;
}

/** What became of the presses of a key. */
export interface Presses {
  readonly answers: readonly Answer[];
  /** Presses that showed nothing: the ship was shot down first, or {@link mostPictures} went by. */
  readonly dropped: number;
  /** Presses that measure nothing: there was no ship, or it was still turning when the key for a turn was pressed. */
  readonly unfit: number;
}

export interface Samples {
  readonly pictures: readonly Picture[];
  /** Turns of the own ship. */
  readonly turns: Presses;
  /** Shots of the own ship. */
  readonly shots: Presses;
  readonly seconds: number;
  readonly bytes: number;
  readonly corrections: number;
}

/**
 * A ship that turns by less than this from one picture to the next stands still, in radians: what a correction leaves fades for some
 * hundred milliseconds, by less than anyone can see. A ship that obeys its key turns by fifty times that in a picture.
 */
const stillRadians = 0.001;

/** A key that shows nothing for this many pictures was lost, as one that is pressed without a ship. */
const mostPictures = 240;

/** Begins to write down every picture of the page, and what its keys do. */
export async function startSampling(player: Player): Promise<void> {
  await player.page.evaluate(({ mostPictures, stillRadians }) => {
    const { skirmish } = window;
    const bytes = () => Object.values(skirmish.stats?.bytes ?? {}).reduce((sum, n) => sum + n, 0);
    const begun = { at: performance.now(), bytes: bytes(), corrections: skirmish.corrections };
    const pictures: Picture[] = [];
    const turns = { answers: [] as Answer[], dropped: 0, unfit: 0 };
    const shots = { answers: [] as Answer[], dropped: 0, unfit: 0 };
    /** Looks for what a key did, once per picture; true when it is there. */
    let waiting: { readonly at: number; readonly to: typeof turns; readonly shows: () => boolean; pictures: number }[] = [];
    let lastAngle: number | undefined;
    /** The newest picture shows the ship turning, and how many in a row before it have not. */
    let turned = false;
    let still = 0;
    const own = () => skirmish.drawnShots.filter((s) => s.owner === skirmish.playerId).map((s) => s.id);
    addEventListener("keydown", (event) => {
      if (event.repeat) return;
      const wait = (to: typeof turns, shows: () => boolean) => waiting.push({ at: event.timeStamp, to, shows, pictures: 0 });
      if (event.code === "ArrowLeft" || event.code === "ArrowRight") {
        // One that comes while the ship turns still says nothing.
        if (skirmish.drawn === undefined || still < 3) turns.unfit++;
        else wait(turns, () => turned);
      } else if (event.code === "Space") {
        const before = own();
        if (skirmish.drawn === undefined) shots.unfit++;
        else wait(shots, () => own().some((id) => !before.includes(id)));
      }
    });
    const look = (): void => {
      const now = performance.now();
      const angle = skirmish.drawn?.angle;
      const way = (angle ?? NaN) - (lastAngle ?? NaN);
      const turn = Math.abs(Math.atan2(Math.sin(way), Math.cos(way)));
      turned = turn > stillRadians;
      still = turn <= stillRadians ? still + 1 : 0;
      lastAngle = angle;
      // A ship that is shot down answers no key.
      const shotDown = angle === undefined;
      waiting = waiting.filter((w) => {
        w.pictures++;
        if (!shotDown && w.shows()) w.to.answers.push({ pictures: w.pictures, ms: now - w.at });
        else if (shotDown || w.pictures >= mostPictures) w.to.dropped++;
        else return true;
        return false;
      });
      pictures.push({
        at: performance.timeOrigin + now,
        tick: skirmish.renderTick,
        delayMs: skirmish.stats?.delayMs ?? 0,
        others: skirmish.drawnShips.filter((s) => !s.mine).map(({ owner, x, y }) => ({ owner, x, y })),
      });
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    Object.assign(window, {
      samples: (): Samples => ({
        pictures,
        turns,
        shots,
        seconds: (performance.now() - begun.at) / 1000,
        bytes: bytes() - begun.bytes,
        corrections: skirmish.corrections - begun.corrections,
      }),
    });
  }, { mostPictures, stillRadians });
}

export function samples(player: Player): Promise<Samples> {
  return player.page.evaluate(() => (window as unknown as { samples(): Samples }).samples());
}

/**
 * Plays by the keyboard for some seconds: flies on and off, turns now and then, and shoots once between. What one key does has
 * shown before the next one is pressed, however far the server is.
 */
export async function fly(player: Player, seconds: number): Promise<void> {
  const end = Date.now() + 1000 * seconds;
  for (let i = 0; Date.now() < end; i++) {
    const turn = i % 4 < 2 ? "ArrowLeft" : "ArrowRight";
    const thrust = i % 3 === 0 ? [] : ["ArrowUp"];
    await player.hold(...thrust, turn);
    await player.page.waitForTimeout(140 + 17 * (i % 7));
    await player.hold(...thrust);
    await player.page.waitForTimeout(120);
    await player.hold(...thrust, "Space");
    await player.page.waitForTimeout(50);
    await player.hold(...thrust);
    await player.page.waitForTimeout(880 + 13 * (i % 5));
  }
  await player.hold();
}
