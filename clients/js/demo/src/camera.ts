import { viewSpan, worldHeight, worldWidth } from "./constants.js";

/** Where the window looks: a point of the world in its middle, and pixels per world unit. */
export class Camera {
  x = worldWidth / 2;
  y = worldHeight / 2;
  scale = 1;
  width = 0;
  height = 0;
  #placed = false;

  /** Fits the canvas to its window, in device pixels, and returns how many of those make a CSS pixel. */
  fit(canvas: HTMLCanvasElement): number {
    const ratio = Math.min(2, devicePixelRatio || 1);
    this.width = canvas.clientWidth;
    this.height = canvas.clientHeight;
    const w = Math.round(this.width * ratio);
    const h = Math.round(this.height * ratio);
    if (canvas.width !== w || canvas.height !== h) {
      canvas.width = w;
      canvas.height = h;
    }
    this.scale = Math.max(this.width, this.height) / viewSpan;
    return ratio;
  }

  /** Follows a point: at once when it is first seen or far away, else smoothly. */
  follow(x: number, y: number, seconds: number): void {
    const far = Math.hypot(x - this.x, y - this.y) > viewSpan;
    const part = this.#placed && !far ? 1 - Math.exp(-14 * seconds) : 1;
    this.x += (x - this.x) * part;
    this.y += (y - this.y) * part;
    this.#placed = true;
  }

  /** Where a point of the world is in the window, in CSS pixels. */
  toWindow(x: number, y: number): { x: number; y: number } {
    return { x: (x - this.x) * this.scale + this.width / 2, y: (y - this.y) * this.scale + this.height / 2 };
  }

  /** Whether a circle of the world can be seen. */
  sees(x: number, y: number, radius: number): boolean {
    const w = this.width / 2 / this.scale + radius;
    const h = this.height / 2 / this.scale + radius;
    return Math.abs(x - this.x) < w && Math.abs(y - this.y) < h;
  }
}
