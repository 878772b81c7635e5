import type { Camera } from "./camera.js";
import { drawChart, type Chart } from "./chart.js";
import { colors, fullHP, shipRadius, worldHeight, worldWidth } from "./constants.js";
import type { Effects } from "./effects.js";

/** A ship as it is drawn. */
export interface DrawnShip {
  readonly owner: number;
  readonly name: string;
  readonly color: string;
  readonly mine: boolean;
  readonly x: number;
  readonly y: number;
  readonly angle: number;
  readonly hp: number;
  /** How hard the engine burns, 0 to 1. */
  readonly engine: number;
}

export interface DrawnShot {
  readonly id: number;
  readonly owner: number;
  /** Less than 1 while it fades. */
  readonly alpha: number;
  readonly x: number;
  readonly y: number;
  readonly color: string;
  /** Where it was a moment ago: its trail. */
  readonly fromX: number;
  readonly fromY: number;
}

const gridStep = 100;
const starField = Array.from({ length: 260 }, (_, i) => {
  // Any fixed scatter will do; this one needs no stored list.
  const a = Math.sin(i * 12.9898) * 43758.5453;
  const b = Math.sin(i * 78.233) * 12543.2177;
  return { x: a - Math.floor(a), y: b - Math.floor(b), near: (i % 3) + 1 };
});

/** Draws the arena: space, its places, bounds, shots, ships, effects, in this order. */
export function drawScene(
  g: CanvasRenderingContext2D,
  ratio: number,
  camera: Camera,
  what: {
    readonly chart: Chart;
    readonly ships: readonly DrawnShip[];
    readonly shots: readonly DrawnShot[];
    readonly effects: Effects;
  },
): void {
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.fillStyle = colors.space;
  g.fillRect(0, 0, camera.width, camera.height);
  drawStars(g, camera);
  const k = ratio * camera.scale;
  g.setTransform(k, 0, 0, k, ratio * (camera.width / 2) - k * camera.x, ratio * (camera.height / 2) - k * camera.y);
  drawChart(g, what.chart, (x, y, margin) => camera.sees(x, y, margin));
  drawGrid(g, camera);
  for (const shot of what.shots) if (camera.sees(shot.x, shot.y, 60)) drawShot(g, shot);
  for (const ship of what.ships) if (camera.sees(ship.x, ship.y, 80)) drawShip(g, ship);
  what.effects.draw(g);
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  for (const ship of what.ships) if (camera.sees(ship.x, ship.y, 80)) drawLabel(g, camera, ship);
  if (what.effects.pain > 0) drawPain(g, camera, what.effects.pain);
}

/** Stars in three depths, so that motion shows even between the grid's lines. */
function drawStars(g: CanvasRenderingContext2D, camera: Camera): void {
  g.fillStyle = "#b9c6e8";
  for (const star of starField) {
    const depth = 0.08 * star.near * camera.scale;
    const x = wrap(star.x * camera.width - camera.x * depth, camera.width);
    const y = wrap(star.y * camera.height - camera.y * depth, camera.height);
    g.globalAlpha = 0.13 * star.near;
    g.fillRect(x, y, star.near * 0.6 + 0.4, star.near * 0.6 + 0.4);
  }
  g.globalAlpha = 1;
}

function wrap(n: number, size: number): number {
  return n - Math.floor(n / size) * size;
}

function drawGrid(g: CanvasRenderingContext2D, camera: Camera): void {
  const w = camera.width / 2 / camera.scale;
  const h = camera.height / 2 / camera.scale;
  const left = Math.max(0, Math.ceil((camera.x - w) / gridStep) * gridStep);
  const right = Math.min(worldWidth, camera.x + w);
  const top = Math.max(0, Math.ceil((camera.y - h) / gridStep) * gridStep);
  const bottom = Math.min(worldHeight, camera.y + h);
  g.lineWidth = 1 / camera.scale;
  for (const strong of [false, true]) {
    g.strokeStyle = strong ? colors.gridStrong : colors.grid;
    g.beginPath();
    for (let x = left; x <= right; x += gridStep) {
      if ((x % 500 === 0) !== strong) continue;
      g.moveTo(x, Math.max(0, camera.y - h));
      g.lineTo(x, bottom);
    }
    for (let y = top; y <= bottom; y += gridStep) {
      if ((y % 500 === 0) !== strong) continue;
      g.moveTo(Math.max(0, camera.x - w), y);
      g.lineTo(right, y);
    }
    g.stroke();
  }
  g.strokeStyle = colors.edge;
  g.globalAlpha = 0.18;
  g.lineWidth = 14;
  g.strokeRect(-7, -7, worldWidth + 14, worldHeight + 14);
  g.globalAlpha = 0.9;
  g.lineWidth = 2;
  g.strokeRect(0, 0, worldWidth, worldHeight);
  g.globalAlpha = 1;
}

function drawShot(g: CanvasRenderingContext2D, shot: DrawnShot): void {
  g.strokeStyle = shot.color;
  g.lineCap = "round";
  g.globalAlpha = 0.35 * shot.alpha;
  g.lineWidth = 7;
  line(g, shot);
  g.globalAlpha = shot.alpha;
  g.strokeStyle = "#ffffff";
  g.lineWidth = 2.5;
  line(g, shot);
  g.globalAlpha = 1;
}

function line(g: CanvasRenderingContext2D, shot: DrawnShot): void {
  g.beginPath();
  g.moveTo(shot.fromX, shot.fromY);
  g.lineTo(shot.x, shot.y);
  g.stroke();
}

function drawShip(g: CanvasRenderingContext2D, ship: DrawnShip): void {
  const r = shipRadius;
  g.save();
  g.translate(ship.x, ship.y);
  g.rotate(ship.angle);
  if (ship.engine > 0.15) drawFlame(g, r, ship.engine);
  g.beginPath();
  g.moveTo(r * 1.15, 0);
  g.lineTo(-r * 0.85, r * 0.8);
  g.lineTo(-r * 0.5, 0);
  g.lineTo(-r * 0.85, -r * 0.8);
  g.closePath();
  g.fillStyle = ship.color;
  g.fill();
  g.lineWidth = 2;
  g.strokeStyle = "rgb(255 255 255 / 55%)";
  g.stroke();
  g.restore();
}

function drawFlame(g: CanvasRenderingContext2D, r: number, engine: number): void {
  const length = r * engine * (1.3 + 0.5 * Math.random());
  for (const [color, width, part] of [
    ["#ff7a45", 0.36, 1],
    ["#ffe3b0", 0.2, 0.55],
  ] as const) {
    g.fillStyle = color;
    g.globalAlpha = 0.85;
    g.beginPath();
    g.moveTo(-r * 0.55, -r * width);
    g.lineTo(-r * 0.55 - length * part, 0);
    g.lineTo(-r * 0.55, r * width);
    g.fill();
  }
  g.globalAlpha = 1;
}

/** Name and hull above the ship, in the window's own pixels so that text stays sharp. */
function drawLabel(g: CanvasRenderingContext2D, camera: Camera, ship: DrawnShip): void {
  const at = camera.toWindow(ship.x, ship.y);
  const top = at.y - shipRadius * camera.scale - 16;
  g.font = `${ship.mine ? 650 : 500} 13px system-ui, "DejaVu Sans", sans-serif`;
  g.textAlign = "center";
  g.lineWidth = 3;
  g.strokeStyle = colors.space;
  g.strokeText(ship.name, at.x, top);
  g.fillStyle = ship.mine ? colors.me : colors.text;
  g.fillText(ship.name, at.x, top);
  const width = 42;
  g.fillStyle = "rgb(255 255 255 / 16%)";
  g.fillRect(at.x - width / 2, top + 5, width, 3);
  g.fillStyle = ship.hp > fullHP / 3 ? ship.color : colors.edge;
  g.fillRect(at.x - width / 2, top + 5, (width * Math.min(ship.hp, fullHP)) / fullHP, 3);
}

function drawPain(g: CanvasRenderingContext2D, camera: Camera, pain: number): void {
  const { width, height } = camera;
  const shade = g.createRadialGradient(
    width / 2,
    height / 2,
    Math.min(width, height) * 0.35,
    width / 2,
    height / 2,
    Math.max(width, height) * 0.7,
  );
  shade.addColorStop(0, "rgb(255 60 60 / 0%)");
  shade.addColorStop(1, `rgb(255 60 60 / ${Math.round(32 * pain)}%)`);
  g.fillStyle = shade;
  g.fillRect(0, 0, width, height);
}
