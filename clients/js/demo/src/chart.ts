import type { Room } from "@skirmish-dev/sdk";
import type { Arena } from "./arena.gen.js";

/** A part of space with a name, to find one's way by. */
export interface Place {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly color: string;
}

/** The arena's map, which the server gives as an asset. */
export interface Chart {
  readonly places: readonly Place[];
}

/** What is drawn while there is no map: the game is played all the same. */
export const emptyChart: Chart = { places: [] };

export async function loadChart(room: Room<Arena>): Promise<Chart> {
  return JSON.parse(await (await room.asset("map")).text()) as Chart;
}

/** Draws the places as the ground of the arena, in its own units. */
export function drawChart(g: CanvasRenderingContext2D, chart: Chart, sees: (x: number, y: number, margin: number) => boolean): void {
  g.textAlign = "center";
  g.font = `600 34px system-ui, "DejaVu Sans", sans-serif`;
  for (const place of chart.places) {
    if (!sees(place.x, place.y, place.radius)) continue;
    disc(g, place.x, place.y, place.radius, place.color, 0.07);
    g.globalAlpha = 0.22;
    g.lineWidth = 2;
    g.strokeStyle = place.color;
    g.stroke();
    g.globalAlpha = 0.3;
    g.fillText(place.name, place.x, place.y);
  }
  g.globalAlpha = 1;
}

/** The same small; `k` is pixels per unit. */
export function drawSmallChart(g: CanvasRenderingContext2D, chart: Chart, x0: number, y0: number, k: number): void {
  for (const place of chart.places) disc(g, x0 + place.x * k, y0 + place.y * k, place.radius * k, place.color, 0.25);
  g.globalAlpha = 1;
}

function disc(g: CanvasRenderingContext2D, x: number, y: number, radius: number, color: string, alpha: number): void {
  g.fillStyle = color;
  g.globalAlpha = alpha;
  g.beginPath();
  g.arc(x, y, radius, 0, 2 * Math.PI);
  g.fill();
}
