import type { Room } from "@skirmish-dev/sdk";
import type { Arena } from "./arena.gen.js";
import { Camera } from "./camera.js";
import { emptyChart, loadChart, type Chart } from "./chart.js";
import { colors, playerColor } from "./constants.js";
import type { Controls } from "./controls.js";
import { Effects } from "./effects.js";
import type { Hud, ScoreLine } from "./hud.js";
import { drawMinimap } from "./minimap.js";
import { Motion } from "./motion.js";
import { Spotlight } from "./spotlight.js";
import { drawScene, type DrawnShip, type DrawnShot } from "./scene.js";

/** Shots are drawn as long as they fly in this time. */
const trailSeconds = 0.05;

/** The parts of the page that a stay in a room works with. */
export interface Page {
  readonly canvas: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
  readonly controls: Controls;
  readonly hud: Hud;
}

/** One player's or spectator's stay in one room: reads the room, draws it, sends what the player does. */
export class Play {
  readonly #room: Room<Arena>;
  readonly #hud: Hud;
  readonly #camera = new Camera();
  readonly #effects = new Effects();
  readonly #controls: Controls;
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #motion = new Motion();
  readonly #names = new Map<number, string>();
  readonly #spotlight = new Spotlight();
  #drawnShips: readonly DrawnShip[] = [];
  #drawnShots: readonly DrawnShot[] = [];
  #mine: DrawnShip | undefined;
  #chart: Chart = emptyChart;
  #killer = "";
  #drawnAt = 0;

  constructor(room: Room<Arena>, page: Page) {
    this.#room = room;
    this.#canvas = page.canvas;
    this.#context = page.context;
    this.#controls = page.controls;
    this.#hud = page.hud;
    this.#hud.clear();
    room.on("hit", (hit) => {
      this.#effects.hit(hit.x, hit.y, this.#color(hit.victim));
      if (hit.victim === room.playerId) this.#effects.hurt();
    });
    room.on("kill", (kill) => {
      this.#effects.explode(kill.x, kill.y, this.#color(kill.victim));
      this.#hud.tell(`${this.#name(kill.attacker)} shot ${this.#name(kill.victim)}`);
      if (kill.victim === room.playerId) this.#killer = this.#name(kill.attacker);
    });
    room.on("said", (said) => this.#hud.tell(`${this.#name(said.player)}: ${said.text}`), { immediate: true });
    room.lifecycle.on("disconnect", ({ reason }) => this.#hud.banner(`${reason} Coming back…`));
    room.lifecycle.on("reconnect", () => {
      this.#hud.banner(undefined);
      this.#unroll();
    });
    this.#unroll();
  }

  /** Gets the map of the server, which may be another one after a restart. Without one there are no places, that is all. */
  #unroll(): void {
    loadChart(this.#room).then(
      (chart) => (this.#chart = chart),
      () => (this.#chart = emptyChart),
    );
  }

  get chart(): Chart {
    return this.#chart;
  }

  /** The own ship as it was last drawn. */
  get mine(): DrawnShip | undefined {
    return this.#mine;
  }

  /** Everything as it was last drawn. */
  get ships(): readonly DrawnShip[] {
    return this.#drawnShips;
  }

  get shots(): readonly DrawnShot[] {
    return this.#drawnShots;
  }

  /** Draws one picture; `now` in milliseconds. */
  draw(now: number): void {
    const seconds = Math.min(0.1, Math.max(0.001, (now - this.#drawnAt) / 1000));
    this.#drawnAt = now;
    const room = this.#room;
    // Keys come first: what they do shows in this very picture.
    const seen = this.#mine;
    const input = this.#controls.read(seen && { ...this.#camera.toWindow(seen.x, seen.y), angle: seen.angle });
    room.setInput(input);
    room.update();
    // Names of players who have left stay: the feed may still tell of them.
    room.tables.players.forEachLatest((player) => this.#names.set(player.id, player.name));

    this.#motion.begin(seconds);
    const { ships, lines, mine } = this.#ships();
    this.#mine = mine;
    this.#drawnShips = ships;
    const shots = (this.#drawnShots = this.#shots());
    const ratio = this.#camera.fit(this.#canvas);
    const watches = room.state === "playing" && room.playerId === 0;
    const followed = watches ? this.#spotlight.on(ships, lines, input.turn) : mine;
    if (followed !== undefined) this.#camera.follow(followed.x, followed.y, seconds);

    this.#effects.step(seconds);
    drawScene(this.#context, ratio, this.#camera, { chart: this.#chart, ships, shots, effects: this.#effects });
    drawMinimap(this.#context, this.#camera, this.#chart, ships);

    if (watches) {
      this.#hud.watching(this.#spotlight.owner === 0 ? "" : this.#name(this.#spotlight.owner));
      this.#hud.vitals(undefined, 0, room.tables.players.size, room.stats.pingMs);
      this.#hud.scores(lines);
      return;
    }
    const alive = mine !== undefined;
    const score = lines.find((line) => line.me)?.score ?? 0;
    this.#hud.vitals(mine?.hp, score, room.tables.players.size, room.stats.pingMs);
    this.#hud.scores(lines);
    if (alive) this.#killer = "";
    this.#hud.down(alive || this.#killer === "" ? undefined : `${this.#killer} shot you. Back in a moment.`);
  }

  #ships(): { ships: DrawnShip[]; lines: ScoreLine[]; mine: DrawnShip | undefined } {
    const room = this.#room;
    const scores = new Map<number, number>();
    const ships: DrawnShip[] = [];
    let mine: DrawnShip | undefined;
    room.tables.ship.forEach((ship, id) => {
      scores.set(ship.owner, ship.score);
      // Without HP it is wreckage that waits for its next life.
      if (ship.hp === 0) return;
      this.#motion.place(id, ship.x, ship.y);
      const drawn: DrawnShip = {
        owner: ship.owner,
        name: this.#name(ship.owner),
        color: this.#color(ship.owner),
        mine: ship.owner === room.playerId,
        x: ship.x,
        y: ship.y,
        angle: ship.angle,
        hp: ship.hp,
        engine: this.#motion.engine(id, ship.angle),
      };
      if (drawn.mine) mine = drawn;
      ships.push(drawn);
    });
    const lines: ScoreLine[] = [];
    room.tables.players.forEachLatest((player) => {
      lines.push({
        player: player.id,
        name: player.name,
        score: scores.get(player.id) ?? 0,
        color: this.#color(player.id),
        me: player.id === room.playerId,
      });
    });
    return { ships, lines, mine };
  }

  #shots(): DrawnShot[] {
    const shots: DrawnShot[] = [];
    this.#room.tables.shot.forEach((shot, id, alpha) => {
      const { vx, vy } = this.#motion.place(id, shot.x, shot.y);
      shots.push({
        id,
        owner: shot.owner,
        alpha,
        x: shot.x,
        y: shot.y,
        color: this.#color(shot.owner),
        fromX: shot.x - vx * trailSeconds,
        fromY: shot.y - vy * trailSeconds,
      });
    });
    return shots;
  }

  #name(player: number): string {
    return this.#names.get(player) || `Player ${player}`;
  }

  #color(player: number): string {
    return player === this.#room.playerId ? colors.me : playerColor(player);
  }
}
