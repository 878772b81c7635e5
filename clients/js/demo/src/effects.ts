interface Spark {
  x: number;
  y: number;
  vx: number;
  vy: number;
  age: number;
  readonly life: number;
  readonly size: number;
  readonly color: string;
}

/** More would not be seen. */
const maxSparks = 400;

/** Short-lived things that only this screen knows: sparks, rings, the red flash of a hit. World units, seconds. */
export class Effects {
  #sparks: Spark[] = [];
  #rings: { readonly x: number; readonly y: number; age: number; readonly color: string }[] = [];
  #hurt = 0;

  /** A shot hit something. */
  hit(x: number, y: number, color: string): void {
    this.#burst(x, y, color, 10, 190, 2.5);
  }

  /** A ship blew up. */
  explode(x: number, y: number, color: string): void {
    this.#burst(x, y, color, 36, 300, 4);
    this.#burst(x, y, "#fff3d6", 14, 160, 3);
    this.#rings.push({ x, y, age: 0, color });
  }

  /** The own ship was hit. */
  hurt(): void {
    this.#hurt = 1;
  }

  /** How red the screen's edge is, 0 to 1. */
  get pain(): number {
    return this.#hurt;
  }

  step(seconds: number): void {
    for (const s of this.#sparks) {
      s.age += seconds;
      s.x += s.vx * seconds;
      s.y += s.vy * seconds;
      s.vx *= 1 - 2 * seconds;
      s.vy *= 1 - 2 * seconds;
    }
    for (const ring of this.#rings) ring.age += seconds;
    this.#sparks = this.#sparks.filter((s) => s.age < s.life);
    this.#rings = this.#rings.filter((ring) => ring.age < 0.6);
    this.#hurt = Math.max(0, this.#hurt - 2.5 * seconds);
  }

  draw(g: CanvasRenderingContext2D): void {
    for (const s of this.#sparks) {
      g.globalAlpha = 1 - s.age / s.life;
      g.fillStyle = s.color;
      g.fillRect(s.x - s.size / 2, s.y - s.size / 2, s.size, s.size);
    }
    for (const ring of this.#rings) {
      g.globalAlpha = 1 - ring.age / 0.6;
      g.strokeStyle = ring.color;
      g.lineWidth = 3;
      g.beginPath();
      g.arc(ring.x, ring.y, 12 + ring.age * 160, 0, 2 * Math.PI);
      g.stroke();
    }
    g.globalAlpha = 1;
  }

  #burst(x: number, y: number, color: string, count: number, speed: number, size: number): void {
    for (let i = 0; i < count && this.#sparks.length < maxSparks; i++) {
      const way = Math.random() * 2 * Math.PI;
      const v = speed * (0.3 + 0.7 * Math.random());
      this.#sparks.push({
        x,
        y,
        vx: v * Math.cos(way),
        vy: v * Math.sin(way),
        age: 0,
        life: 0.3 + 0.5 * Math.random(),
        size,
        color,
      });
    }
  }
}
