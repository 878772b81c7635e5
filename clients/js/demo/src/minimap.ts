import type { Camera } from "./camera.js";
import { drawSmallChart, type Chart } from "./chart.js";
import { colors, worldHeight, worldWidth } from "./constants.js";
import type { DrawnShip } from "./scene.js";

/** As in app.css: in a window that narrow the line of figures reaches across, and the map stands above it. */
const narrowWindow = 640;
const hudHeight = 70;

/** Draws the whole arena small into the window's lower right corner. */
export function drawMinimap(g: CanvasRenderingContext2D, camera: Camera, chart: Chart, ships: readonly DrawnShip[]): void {
  const narrow = camera.width <= narrowWindow;
  const size = narrow ? 96 : 150;
  const x0 = camera.width - size - 16;
  const y0 = camera.height - size - (narrow ? hudHeight : 0) - 16;
  const k = size / Math.max(worldWidth, worldHeight);
  g.fillStyle = "rgb(13 19 36 / 78%)";
  g.strokeStyle = "rgb(126 146 190 / 30%)";
  g.lineWidth = 1;
  g.beginPath();
  g.roundRect(x0 - 0.5, y0 - 0.5, size + 1, size + 1, 8);
  g.fill();
  g.stroke();
  const w = camera.width / camera.scale;
  const h = camera.height / camera.scale;
  g.save();
  g.clip();
  drawSmallChart(g, chart, x0, y0, k);
  g.strokeRect(x0 + (camera.x - w / 2) * k, y0 + (camera.y - h / 2) * k, w * k, h * k);
  g.restore();
  for (const ship of ships) {
    g.fillStyle = ship.mine ? colors.me : ship.color;
    g.beginPath();
    g.arc(x0 + ship.x * k, y0 + ship.y * k, ship.mine ? 3.5 : 2.5, 0, 2 * Math.PI);
    g.fill();
  }
}
