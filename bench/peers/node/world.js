// The worlds of bench/world, for servers that run in Node: the same sizes, speed, rate, walls and inputs.

export const RATE = 20;
export const PERIOD = 1000 / RATE;
export const SPEED = 200;
export const HP = 100;
export const ARENA = { side: 4000, players: 50, others: 50 };
export const CROWD = { side: 11_200, sight: 1000, forget: 1100 }; // side for 1000 players

const CIRCLE = 2 * Math.PI;

export const circle = (angle) => ((angle % CIRCLE) + CIRCLE) % CIRCLE;

export function somewhere(side) {
  return { x: side * Math.random(), y: side * Math.random(), angle: CIRCLE * Math.random(), hp: HP };
}

/** One tick straight on in a square whose walls throw back. Writes each field once: to a schema, a write is a change. */
export function fly(e, turn, side) {
  let angle = e.angle + turn;
  const toX = e.x + (SPEED / RATE) * Math.cos(angle);
  const toY = e.y + (SPEED / RATE) * Math.sin(angle);
  const x = Math.min(Math.max(toX, 0), side);
  const y = Math.min(Math.max(toY, 0), side);
  if (x !== toX) angle = Math.PI - angle;
  if (y !== toY) angle = -angle;
  e.x = x;
  e.y = y;
  if (angle !== e.angle) e.angle = circle(angle);
}

/** Calls f RATE times a second. A timer of Node alone would lose a little each time; this one aims at when it is due. */
export function everyTick(f) {
  let due = performance.now() + PERIOD * Math.random();
  const step = () => {
    f();
    due = Math.max(due + PERIOD, performance.now() - 5 * PERIOD);
    timer = setTimeout(step, due - performance.now());
  };
  let timer = setTimeout(step, due - performance.now());
  return () => clearTimeout(timer);
}

/** The one line that a server prints once it listens. */
export const listens = (port) => console.log(port);
